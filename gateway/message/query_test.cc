#include "gateway/message/query.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;

std::string Value(absl::string_view query) {
  const auto value = QueryValue(query, "x");
  if (!value.ok()) return std::string(ReasonName(ReasonOf(value.status())));
  return value->value_or("<none>");
}

TEST(QueryTest, ValuesAreDecodedOnce) {
  EXPECT_EQ(Value("x=1"), "1");
  EXPECT_EQ(Value("a=2&x=1&b"), "1");
  EXPECT_EQ(Value("%78=1"), "1");
  EXPECT_EQ(Value("x=a%2Fb%2526"), "a/b%26");
  // As in media types; spaces have no place here.
  EXPECT_EQ(Value("x=image/svg+xml"), "image/svg+xml");
  EXPECT_EQ(Value("x=image/svg%2Bxml"), "image/svg+xml");
  EXPECT_EQ(Value("x=a=b"), "a=b");
  EXPECT_EQ(Value("x=1&x=1&x="), "1");
  for (const char* none : {"", "&", "x", "x=", "xx=1", "=x", "X=1", "a=x"}) {
    EXPECT_EQ(Value(none), "<none>") << none;
  }
}

TEST(QueryTest, UnreadableValuesAreErrors) {
  for (const char* bad :
       {"x=%", "x=%2", "x=%zz", "x=a%20b", "x=%00", "x=\xff", "x=1&x=2"}) {
    EXPECT_EQ(Value(bad), "FIELD_INVALID") << bad;
  }
}

TEST(QueryTest, PagesAreReadOrRefused) {
  const auto page = ParsePageRequest("n=20&last=a%2Bb");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->n, 20);
  EXPECT_EQ(page->last, "a+b");
  EXPECT_EQ(ParsePageRequest("n=&last=")->n, std::nullopt);
  EXPECT_EQ(ParsePageRequest("n=0")->n, 0);
  EXPECT_EQ(ParsePageRequest("n=007")->n, 7);
  EXPECT_EQ(ParsePageRequest("n=99999999999999999999999")->n,
            std::numeric_limits<uint64_t>::max());
  for (const char* bad : {"n=-1", "n=+1", "n=1.0", "n=x", "n=0x10", "n=1&n=2",
                          "last=%0a", "n=%201"}) {
    EXPECT_EQ(ReasonOf(ParsePageRequest(bad).status()), Reason::kFieldInvalid)
        << bad;
  }
}

TEST(QueryTest, LinksLeadToWhatFollows) {
  EXPECT_EQ(NextPageLink("/v2/a/tags/list", {5, "b"}, ""),
            "</v2/a/tags/list?n=5&last=b>; rel=\"next\"");
  EXPECT_EQ(NextPageLink("/v2/_catalog", {{}, "a/b>;+&\"\x7f"}, "localhost:80"),
            "</v2/_catalog?last=a%2Fb%3E%3B%2B%26%22%7F&ns=localhost%3A80>; "
            "rel=\"next\"");
}

}  // namespace
}  // namespace cvr
