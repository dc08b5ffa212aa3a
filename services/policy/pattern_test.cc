#include "services/policy/pattern.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

TEST(WildcardTest, StarStandsForAnythingSlashesIncluded) {
  const Pattern pattern = *Pattern::Wildcard("library/*");
  EXPECT_TRUE(pattern.Matches("library/alpine"));
  EXPECT_TRUE(pattern.Matches("library/a/b"));
  EXPECT_TRUE(pattern.Matches("library/"));
  EXPECT_FALSE(pattern.Matches("mylibrary/alpine"));
  EXPECT_FALSE(pattern.Matches("library"));
}

TEST(WildcardTest, OtherCharactersStandForThemselves) {
  const Pattern pattern = *Pattern::Wildcard("v*.*.?");
  EXPECT_TRUE(pattern.Matches("v1.2.3"));
  EXPECT_TRUE(pattern.Matches("v1.20.3"));
  EXPECT_FALSE(pattern.Matches("v1.2.30"));
  EXPECT_FALSE(pattern.Matches("v1x2x3"));
  EXPECT_TRUE(Pattern::Wildcard("a+(b)[c]\\d")->Matches("a+(b)[c]\\d"));
}

TEST(RegexTest, MatchesTheWholeName) {
  const Pattern pattern = *Pattern::Regex("v[0-9]+|latest");
  EXPECT_TRUE(pattern.Matches("v12"));
  EXPECT_TRUE(pattern.Matches("latest"));
  EXPECT_FALSE(pattern.Matches("v12-rc1"));
  EXPECT_FALSE(pattern.Matches("the-latest"));
}

TEST(RegexTest, SaysWhatIsWrong) {
  const auto pattern = Pattern::Regex("v[0-9");
  EXPECT_EQ(pattern.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(pattern.status().message()),
              ::testing::HasSubstr("missing ]"));
}

TEST(PatternTest, RefusesWhatIsEmptyOrTooLong) {
  const std::string longest(limits::kPatternCharsMax, 'a');
  for (const auto make : {&Pattern::Wildcard, &Pattern::Regex}) {
    EXPECT_FALSE(make("").ok());
    EXPECT_TRUE(make(longest).ok());
    EXPECT_FALSE(make(longest + "a").ok());
  }
}

}  // namespace
}  // namespace cvr
