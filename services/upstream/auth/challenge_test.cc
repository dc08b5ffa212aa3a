#include "services/upstream/auth/challenge.h"

#include <string>

#include "gmock/gmock.h"

namespace cvr {
namespace {

using ::testing::SizeIs;

TEST(ChallengeTest, DockerHub) {
  const auto challenges = ParseChallenges(
      R"(Bearer realm="https://auth.docker.io/token",)"
      R"(service="registry.docker.io",scope="repository:library/alpine:pull")");
  ASSERT_THAT(challenges, SizeIs(1));
  EXPECT_EQ(challenges[0].scheme, "bearer");
  EXPECT_EQ(challenges[0].Parameter("realm"), "https://auth.docker.io/token");
  EXPECT_EQ(challenges[0].Parameter("service"), "registry.docker.io");
  EXPECT_EQ(challenges[0].Parameter("scope"), "repository:library/alpine:pull");
  EXPECT_EQ(challenges[0].Parameter("error"), "");
}

TEST(ChallengeTest, CommasAndEscapesInsideQuotes) {
  const auto challenges = ParseChallenges(
      R"(Bearer scope="repository:a:pull,push",realm="say \"hi\\", x=1)");
  ASSERT_THAT(challenges, SizeIs(1));
  EXPECT_EQ(challenges[0].Parameter("scope"), "repository:a:pull,push");
  EXPECT_EQ(challenges[0].Parameter("realm"), R"(say "hi\)");
  EXPECT_EQ(challenges[0].Parameter("x"), "1");
}

TEST(ChallengeTest, SeveralChallengesInOneHeader) {
  const auto challenges = ParseChallenges(
      R"(Negotiate, NTLM YWJj==, BASIC Realm = "x, y" , bearer realm=t)");
  ASSERT_THAT(challenges, SizeIs(4));
  EXPECT_EQ(challenges[0].scheme, "negotiate");
  EXPECT_EQ(challenges[1].token68, "YWJj==");
  EXPECT_EQ(challenges[2].scheme, "basic");
  EXPECT_EQ(challenges[2].Parameter("realm"), "x, y");
  EXPECT_EQ(challenges[3].Parameter("realm"), "t");
}

TEST(ChallengeTest, FirstOfARepeatedParameterCounts) {
  EXPECT_EQ(ParseChallenges("Bearer realm=a, REALM=b")[0].Parameter("realm"),
            "a");
}

TEST(ChallengeTest, NonsenseIsPassedOver) {
  EXPECT_THAT(ParseChallenges(""), SizeIs(0));
  EXPECT_THAT(ParseChallenges(" ,, ,"), SizeIs(0));
  EXPECT_THAT(ParseChallenges("=\"x, Basic realm=y\""), SizeIs(0));
  const auto open = ParseChallenges("Bearer realm=\"never ends, Basic");
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].Parameter("realm"), "never ends, Basic");
  const auto after = ParseChallenges("(((, Basic realm=\"y\"");
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(after[0].Parameter("realm"), "y");
  EXPECT_EQ(ParseChallenges("Bearer realm=\"x\\")[0].Parameter("realm"), "x\\");
}

}  // namespace
}  // namespace cvr
