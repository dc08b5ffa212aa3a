#include "services/metadata/conversion/stored_policy.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
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
  EXPECT_EQ(found.open_ttl, UpstreamLimits().open_ttl);
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
  EXPECT_EQ(found.open_ttl, absl::Seconds(7));
  EXPECT_EQ(found.rate_reserve_percent, 8);
}

TEST(StoredPolicyTest, AReserveOfNothingIsNotTheDefault) {
  stored::UpstreamLimits message;
  message.set_rate_reserve_percent(0);
  EXPECT_EQ(FromStored(message).rate_reserve_percent, 0);
}

// What earlier revisions allowed.
TEST(StoredPolicyTest, LimitsCountWithinTheirBounds) {
  stored::UpstreamLimits message;
  message.set_concurrent_requests(10'000);
  message.set_failures_to_open(10'000);
  message.mutable_open_for()->set_seconds(86'400);
  UpstreamLimits found = FromStored(message);
  EXPECT_EQ(found.concurrent_requests, 1000);
  EXPECT_EQ(found.failures_to_open, 1000);
  EXPECT_EQ(found.open_ttl, absl::Hours(1));
  message.mutable_open_for()->set_seconds(0);
  EXPECT_EQ(FromStored(message).open_ttl, absl::Seconds(1));
}

std::string Text(const google::protobuf::Message& message) {
  return message.ShortDebugString();
}

TEST(CachePolicyTest, IsThatOfTheRow) {
  stored::UpstreamResource row;
  EXPECT_FALSE(CachePolicyOf(row).has_value());
  row.mutable_cache_policy()->mutable_tag_ttl();
  row.mutable_cache_policy()->mutable_stale_ttl()->set_seconds(5);
  // Left over in it: what was there before does not count any more.
  row.mutable_cache_validity()->set_seconds(7);
  row.set_refresh_ahead(true);
  ASSERT_TRUE(CachePolicyOf(row).has_value());
  EXPECT_EQ(Text(*CachePolicyOf(row)), Text(row.cache_policy()));
}

// In them 0 meant for ever in two places, and nothing at all in the others.
TEST(CachePolicyTest, OfEarlierRowsIsTranslated) {
  stored::UpstreamResource row;
  row.mutable_cache_validity();
  row.add_tag_validities()->mutable_tag()->set_wildcard("v*");
  row.mutable_tag_validities(0)->mutable_cache_validity();
  row.add_tag_validities()->mutable_tag()->set_regex("r.*");
  row.mutable_tag_validities(1)->mutable_cache_validity()->set_seconds(3);
  row.mutable_max_stale();
  row.mutable_tags_validity();
  row.mutable_referrers_validity()->set_seconds(4);
  row.mutable_absence_ttls()->mutable_refused();
  row.set_refresh_ahead(true);
  stored::CachePolicy wanted;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        tag_ttl { seconds: 315576000000 }
        tag_ttl_overrides {
          tag { wildcard: "v*" }
          ttl { seconds: 315576000000 }
        }
        tag_ttl_overrides {
          tag { regex: "r.*" }
          ttl { seconds: 3 }
        }
        stale_ttl {}
        tag_list_ttl {}
        referrers_ttl { seconds: 4 }
        negative_ttls { refused {} }
        refresh_ahead: true
      )pb",
      &wanted));
  ASSERT_TRUE(CachePolicyOf(row).has_value());
  EXPECT_EQ(Text(*CachePolicyOf(row)), Text(wanted));
}

TEST(CachePolicyTest, DefaultsAreFilledInWhereNothingIsSaid) {
  stored::CachePolicy wanted;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        tag_ttl { seconds: 86400 }
        stale_ttl { seconds: 315576000000 }
        tag_list_ttl { seconds: 60 }
        referrers_ttl { seconds: 300 }
        negative_ttls {
          manifest_not_found { seconds: 60 }
          blob_not_found { seconds: 60 }
          refused { seconds: 30 }
        }
      )pb",
      &wanted));
  EXPECT_EQ(Text(EffectiveCachePolicyOf({})), Text(wanted));
  stored::UpstreamResource row;
  auto& policy = *row.mutable_cache_policy();
  policy.mutable_tag_ttl();
  policy.mutable_stale_ttl();
  policy.mutable_tag_list_ttl();
  policy.mutable_referrers_ttl();
  policy.mutable_negative_ttls()->mutable_manifest_not_found();
  policy.mutable_negative_ttls()->mutable_blob_not_found();
  policy.mutable_negative_ttls()->mutable_refused();
  EXPECT_EQ(Text(EffectiveCachePolicyOf(row)), Text(policy));
}

TEST(CachePolicyTest, TheLongestDurationIsForEver) {
  google::protobuf::Duration duration;
  EXPECT_EQ(TtlOf(duration), absl::ZeroDuration());
  duration.set_seconds(315'575'999'999);
  EXPECT_EQ(TtlOf(duration), absl::Seconds(315'575'999'999));
  duration.set_seconds(315'576'000'000);
  EXPECT_EQ(TtlOf(duration), absl::InfiniteDuration());
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
  wanted.refused.cached = Action::kServeStale;
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
