#include "services/metadata/conversion/stored_policy.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using Action = FailurePolicy::Action;

TEST(StoredPolicyTest, WhatIsAbsentIsTheDefault) {
  EXPECT_EQ(FromStored(stored::FailurePolicy()), FailurePolicy());
  const UpstreamLimits found = FromStored(stored::UpstreamLimits());
  EXPECT_EQ(found.concurrent_requests, limits::kConcurrentRequestsDefault);
  EXPECT_EQ(found.failures_to_open, limits::kFailuresToOpenDefault);
  EXPECT_EQ(found.open_for, UpstreamLimits().open_for);
  EXPECT_EQ(found.rate_reserve_percent, limits::kRateReservePercentDefault);
}

TEST(StoredPolicyTest, LimitsAreTakenOver) {
  stored::UpstreamLimits message;
  message.set_concurrent_requests(3);
  message.set_failures_to_open(4);
  message.mutable_open_for()->set_seconds(7);
  message.set_rate_reserve_percent(8);
  const UpstreamLimits found = FromStored(message);
  EXPECT_EQ(found.concurrent_requests, 3);
  EXPECT_EQ(found.failures_to_open, 4);
  EXPECT_EQ(found.open_for, absl::Seconds(7));
  EXPECT_EQ(found.rate_reserve_percent, 8);
}

TEST(StoredPolicyTest, ActionsAreTakenOver) {
  stored::FailurePolicy message;
  message.mutable_unavailable()->set_cached(stored::FailurePolicy::ACTION_STOP);
  message.mutable_rate_limited()->set_tag(stored::FailurePolicy::ACTION_NEXT);
  message.mutable_denied()->set_cached(
      stored::FailurePolicy::ACTION_SERVE_STALE);
  message.mutable_hidden()->set_digest(stored::FailurePolicy::ACTION_STOP);
  FailurePolicy wanted;
  wanted.unavailable.cached = Action::kStop;
  wanted.rate_limited.tag = Action::kNext;
  wanted.denied.cached = Action::kServeStale;
  wanted.hidden.digest = Action::kStop;
  EXPECT_EQ(FromStored(message), wanted);
}

TEST(StoredPolicyTest, RulesAreTakenOver) {
  stored::UpstreamResource upstream;
  stored::Rule* rule = upstream.add_rules();
  rule->set_action(stored::Rule::ACTION_ALLOW);
  rule->set_target(stored::Rule::TARGET_REPOSITORY);
  rule->mutable_pattern()->set_wildcard("library/*");
  rule = upstream.add_rules();
  rule->set_action(stored::Rule::ACTION_DENY);
  rule->set_target(stored::Rule::TARGET_TAG);
  rule->mutable_pattern()->set_regex("dev-.*");
  const auto rules = FromStored(upstream.rules());
  ASSERT_THAT(rules, IsOk());
  EXPECT_TRUE(rules->AllowsRepository("library/nginx"));
  EXPECT_FALSE(rules->AllowsRepository("other/nginx"));
  EXPECT_TRUE(rules->AllowsTag("1.0"));
  EXPECT_FALSE(rules->AllowsTag("dev-1"));
}

TEST(StoredPolicyTest, ARuleThatMakesNoSenseIsRefused) {
  stored::UpstreamResource upstream;
  stored::Rule& rule = *upstream.add_rules();
  rule.mutable_pattern()->set_wildcard("*");
  rule.set_target(stored::Rule::TARGET_TAG);
  EXPECT_EQ(FromStored(upstream.rules()).status().code(),
            absl::StatusCode::kInvalidArgument);
  rule.set_action(stored::Rule::ACTION_DENY);
  EXPECT_THAT(FromStored(upstream.rules()), IsOk());
  rule.clear_target();
  EXPECT_EQ(FromStored(upstream.rules()).status().code(),
            absl::StatusCode::kInvalidArgument);
  rule.set_target(stored::Rule::TARGET_TAG);
  rule.clear_pattern();
  EXPECT_EQ(FromStored(upstream.rules()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cvr::testing
