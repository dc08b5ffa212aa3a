#include "services/policy/pull_rules.h"

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::Optional;

constexpr auto kAllow = Rule::Action::kAllow;
constexpr auto kDeny = Rule::Action::kDeny;
constexpr auto kRepository = Rule::Target::kRepository;
constexpr auto kTag = Rule::Target::kTag;

Rule Of(Rule::Action action, Rule::Target target, const char* wildcard) {
  return {action, target, *Pattern::Wildcard(wildcard)};
}

TEST(RuleSetTest, WithoutRulesAllIsAllowed) {
  const RuleSet rules;
  EXPECT_TRUE(rules.AllowsRepository("library/alpine"));
  EXPECT_TRUE(rules.AllowsTag("latest"));
  EXPECT_FALSE(rules.HasTagRules());
}

TEST(RuleSetTest, AnyDenyExcludes) {
  const RuleSet rules({Of(kAllow, kRepository, "library/*"),
                       Of(kDeny, kRepository, "*/secret")});
  EXPECT_TRUE(rules.AllowsRepository("library/alpine"));
  EXPECT_FALSE(rules.AllowsRepository("library/secret"));
  EXPECT_THAT(rules.WhyExcluded(kRepository, "library/secret"),
              Optional(std::string("deny repository '*/secret'")));
}

TEST(RuleSetTest, OneOfTheAllowsMustMatch) {
  const RuleSet rules({Of(kAllow, kTag, "v*"), Of(kAllow, kTag, "latest")});
  EXPECT_TRUE(rules.AllowsTag("v1"));
  EXPECT_TRUE(rules.AllowsTag("latest"));
  EXPECT_FALSE(rules.AllowsTag("edge"));
  EXPECT_THAT(rules.WhyExcluded(kTag, "edge"),
              Optional(std::string("no tag allow rule matches")));
}

TEST(RuleSetTest, TargetsAreIndependent) {
  const RuleSet rules(
      {Of(kDeny, kTag, "*-rc*"), Of(kAllow, kRepository, "team/*")});
  EXPECT_TRUE(rules.AllowsTag("team"));
  EXPECT_FALSE(rules.AllowsTag("v1-rc1"));
  EXPECT_TRUE(rules.AllowsRepository("team/app-rc1"));
  EXPECT_TRUE(rules.HasTagRules());
  ASSERT_EQ(rules.TagRules().rules().size(), 1u);
  EXPECT_EQ(rules.TagRules().rules()[0].ToString(), "deny tag '*-rc*'");
}

TEST(RuleTest, TellsARegexApart) {
  const Rule rule{kDeny, kTag, *Pattern::Regex("v[0-9]+")};
  EXPECT_EQ(rule.ToString(), "deny tag regex 'v[0-9]+'");
}

}  // namespace
}  // namespace cvr
