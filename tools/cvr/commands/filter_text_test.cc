#include "tools/cvr/commands/filter_text.h"

#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(FilterTextTest, TermsAreJoinedWithAnd) {
  FilterText filter;
  EXPECT_EQ(filter.ToString(), "");
  filter.AddEqual("name", "ci");
  filter.AddNumber("id", 0);
  filter.AddContains("path", "alpine");
  filter.AddTerms("done = false");
  EXPECT_EQ(filter.ToString(),
            "name = \"ci\" AND id = 0 AND path : \"alpine\" AND done = false");
}

TEST(FilterTextTest, NothingGivenAddsNoTerm) {
  FilterText filter;
  filter.AddEqual("name", "");
  filter.AddContains("name", "");
  filter.AddTerms("");
  EXPECT_EQ(filter.ToString(), "");
}

TEST(FilterTextTest, ValuesCannotEndTheirQuotes) {
  FilterText filter;
  filter.AddEqual("name", "a\" AND name = \"b\\");
  EXPECT_EQ(filter.ToString(), "name = \"a\\\" AND name = \\\"b\\\\\"");
}

}  // namespace
}  // namespace cvr
