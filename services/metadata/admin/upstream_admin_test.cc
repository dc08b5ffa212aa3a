#include "services/metadata/admin/upstream_admin.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/admin/upstream_admin_fixture.h"
#include "services/metadata/resources/uid.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(UpstreamAdminTest, ComesBackAsCreatedWithWhatIsOutputOnly) {
  v1::Upstream given = NewUpstream("https://ghcr.io");
  given.set_name("github");
  given.set_display_name("GitHub");
  given.set_description("packages");
  given.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  given.mutable_cache_policy()->mutable_stale_ttl()->set_seconds(120);
  given.add_source_namespaces("ghcr.io");
  given.add_trusted_token_realms("auth.example.com");
  given.set_disabled(true);
  given.set_id(99);
  given.set_uid("mine");
  given.set_username("somebody");
  given.add_attachments()->set_id(5);
  const auto created = CreateUpstream(given);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->id(), 1);
  EXPECT_EQ(created->uid(), UidOf("upstream", 1, created->create_time()));
  EXPECT_EQ(created->group(), "default");
  EXPECT_EQ(created->name(), "github");
  EXPECT_EQ(created->display_name(), "GitHub");
  EXPECT_EQ(created->username(), "");
  EXPECT_EQ(created->cache_policy().stale_ttl().seconds(), 120);
  EXPECT_TRUE(created->disabled());
  EXPECT_TRUE(created->has_create_time());
  EXPECT_FALSE(created->has_credentials_update_time());
  EXPECT_EQ(created->attachments_size(), 0);
  EXPECT_EQ(GetUpstream(1)->SerializeAsString(), created->SerializeAsString());
}

TEST_F(UpstreamAdminTest, WhatCountsIsAnsweredBesideWhatWasGiven) {
  v1::Upstream given = NewUpstream("https://ghcr.io");
  given.mutable_cache_policy()->mutable_tag_ttl();
  given.mutable_limits()->set_rate_reserve_percent(0);
  const auto created = CreateUpstream(given);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->cache_policy().SerializeAsString(),
            given.cache_policy().SerializeAsString());
  EXPECT_EQ(created->limits().SerializeAsString(),
            given.limits().SerializeAsString());
  const v1::CachePolicy& policy = created->effective_cache_policy();
  ASSERT_TRUE(policy.has_tag_ttl());
  EXPECT_EQ(policy.tag_ttl().seconds(), 0);
  EXPECT_EQ(policy.stale_ttl().seconds(), 315'576'000'000);
  EXPECT_EQ(policy.tag_list_ttl().seconds(), 60);
  EXPECT_EQ(policy.referrers_ttl().seconds(), 300);
  EXPECT_EQ(policy.negative_ttls().manifest_not_found().seconds(), 60);
  EXPECT_EQ(policy.negative_ttls().blob_not_found().seconds(), 60);
  EXPECT_EQ(policy.negative_ttls().refused().seconds(), 30);
  const v1::UpstreamLimits& limits = created->effective_limits();
  EXPECT_EQ(limits.concurrent_requests(), 64);
  EXPECT_EQ(limits.failures_to_open(), 5);
  EXPECT_EQ(limits.open_ttl().seconds(), 30);
  ASSERT_TRUE(limits.has_rate_reserve_percent());
  EXPECT_EQ(limits.rate_reserve_percent(), 0);
}

TEST_F(UpstreamAdminTest, NamesAreUniqueInTheirGroup) {
  const auto exists =
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists);
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  v1::Upstream hub = NewUpstream("https://a");
  hub.set_name("hub");
  ASSERT_THAT(CreateUpstream(hub), IsOk());
  hub.set_url("https://b");
  const auto refused = CreateUpstream(hub);
  EXPECT_THAT(refused, exists);
  EXPECT_EQ(ResourceOf(refused.status())->name, "1");
  hub.set_group("acme");
  ASSERT_THAT(CreateUpstream(hub), IsOk());
  ASSERT_THAT(CreateUpstream("https://c"), IsOk());
  v1::Upstream change;
  change.set_id(3);
  change.set_name("hub");
  EXPECT_THAT(UpdateUpstream(change, {"name"}), exists);
  // A name is free when its upstream is gone, or is called otherwise.
  change.set_id(1);
  change.set_name("other");
  ASSERT_THAT(UpdateUpstream(change, {"name"}), IsOk());
  change.set_id(3);
  change.set_name("hub");
  ASSERT_THAT(UpdateUpstream(change, {"name"}), IsOk());
  ASSERT_THAT(DeleteUpstream(3), IsOk());
  hub.set_group("default");
  EXPECT_THAT(CreateUpstream(hub), IsOk());
}

TEST_F(UpstreamAdminTest, TheSameUrlWithTheSameCredentialsMayBeForbidden) {
  const auto exists =
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists);
  ASSERT_THAT(CreateUnique(NewUpstream("https://ghcr.io")), IsOk());
  EXPECT_THAT(CreateUnique(NewUpstream("https://GHCR.io/v2/")), exists);
  ASSERT_THAT(CreateUnique(WithCredentials("https://ghcr.io", "a", "1")),
              IsOk());
  auto same = WithCredentials("https://ghcr.io", "a", "1");
  same.set_name("same");
  EXPECT_THAT(CreateUnique(same), exists);
  ASSERT_THAT(CreateUnique(WithCredentials("https://ghcr.io", "a", "2")),
              IsOk());
  ASSERT_THAT(CreateUnique(WithCredentials("https://ghcr.io", "b", "1")),
              IsOk());
  // And is fine without a word.
  EXPECT_THAT(CreateUpstream(same), IsOk());
}

TEST_F(UpstreamAdminTest, OtherGroupsMayHaveTheSameUpstream) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateUpstream("https://ghcr.io"), IsOk());
  EXPECT_THAT(CreateUpstream(NewUpstream("https://ghcr.io", "acme")), IsOk());
  EXPECT_THAT(CreateUpstream(NewUpstream("https://ghcr.io", "nobody")),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(UpstreamAdminTest, AnUpdateMakesNoDuplicateOfATargetIfAskedTo) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(CreateUpstream("https://b"), IsOk());
  v1::UpdateUpstreamRequest request;
  request.set_id(2);
  request.mutable_upstream()->set_url("https://a/");
  request.set_unique_target(true);
  EXPECT_THAT(
      stack_->upstreams().Update(request),
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists));
  EXPECT_EQ(GetUpstream(2)->url(), "https://b");
  request.set_unique_target(false);
  EXPECT_THAT(stack_->upstreams().Update(request), IsOk());
}

TEST_F(UpstreamAdminTest, ADuplicateRefusedLeavesNoTrace) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(CreateUpstream("https://a"), Not(IsOk()));
  EXPECT_EQ(CreateUpstream("https://b")->id(), 2);
}

TEST_F(UpstreamAdminTest, UpdateChangesWhatTheMaskNames) {
  v1::Upstream given = NewUpstream("https://a");
  given.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  given.mutable_cache_policy()->mutable_stale_ttl()->set_seconds(70);
  ASSERT_THAT(CreateUpstream(given), IsOk());
  clock_.Advance(absl::Minutes(1));
  v1::Upstream change = Change();
  change.set_name("new");
  change.set_description("ignored");
  const auto updated = UpdateUpstream(change, {"name", "cache_policy.tag_ttl"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->name(), "new");
  EXPECT_EQ(updated->description(), "");
  EXPECT_FALSE(updated->cache_policy().has_tag_ttl());
  EXPECT_EQ(updated->cache_policy().stale_ttl().seconds(), 70);
  EXPECT_EQ(updated->url(), "https://a");
  EXPECT_EQ(updated->update_time().seconds(),
            updated->create_time().seconds() + 60);
}

TEST_F(UpstreamAdminTest, WithoutAMaskWhatIsSetIsChanged) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change = Change();
  change.set_description("d");
  ASSERT_THAT(UpdateUpstream(change, {}), IsOk());
  EXPECT_EQ(GetUpstream(1)->description(), "d");
  EXPECT_EQ(GetUpstream(1)->url(), "https://a");
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
  // Who has read it whole does not have the password.
  v1::Upstream whole = *GetUpstream(1);
  whole.clear_description();
  ASSERT_THAT(UpdateUpstream(whole, {"*"}), IsOk());
  EXPECT_EQ(GetUpstream(1)->description(), "");
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
}

TEST_F(UpstreamAdminTest, AChangeCanBeTried) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(stack_->client().Record(
                  RecordOf(1, "/app/manifests/1", Digest::OfBytes("x"))),
              IsOk());
  v1::UpdateUpstreamRequest request;
  request.set_id(1);
  request.mutable_upstream()->set_url("https://b");
  request.set_validate_only(true);
  const auto tried = stack_->upstreams().Update(request);
  ASSERT_THAT(tried, IsOk());
  EXPECT_EQ(tried->url(), "https://b");
  EXPECT_EQ(GetUpstream(1)->url(), "https://a");
  EXPECT_THAT(*Entries(1), SizeIs(1));
  request.mutable_upstream()->set_url("b");
  EXPECT_THAT(stack_->upstreams().Update(request),
              StatusIs(absl::StatusCode::kInvalidArgument));
  v1::CreateUpstreamRequest create;
  *create.mutable_upstream() = NewUpstream("https://c");
  create.set_validate_only(true);
  EXPECT_EQ(stack_->upstreams().Create(create)->id(), 0);
  EXPECT_EQ(CreateUpstream("https://c")->id(), 2);
  v1::DeleteUpstreamRequest remove;
  remove.set_id(1);
  remove.set_validate_only(true);
  ASSERT_THAT(stack_->upstreams().Delete(remove), IsOk());
  EXPECT_THAT(GetUpstream(1), IsOk());
}

TEST_F(UpstreamAdminTest, AnUpdateCreatesWhatItsKeyNamesIfItMay) {
  v1::UpdateUpstreamRequest request;
  request.mutable_key()->set_group("default");
  request.mutable_key()->set_name("hub");
  request.mutable_upstream()->set_url("https://a");
  SetCredentials("robot", "hunter2", *request.mutable_upstream());
  EXPECT_THAT(stack_->upstreams().Update(request),
              StatusIs(absl::StatusCode::kNotFound));
  request.set_allow_missing(true);
  request.mutable_upstream()->set_group("acme");
  EXPECT_THAT(stack_->upstreams().Update(request),
              StatusIs(absl::StatusCode::kInvalidArgument));
  request.mutable_upstream()->clear_group();
  request.mutable_upstream()->set_etag("seen");
  EXPECT_THAT(stack_->upstreams().Update(request),
              StatusIs(absl::StatusCode::kAborted, Reason::kEtagMismatch));
  request.mutable_upstream()->clear_etag();
  const auto made = stack_->upstreams().Update(request);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->name(), "hub");
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
  // Somebody else was faster: it is changed.
  request.mutable_upstream()->set_description("d");
  ASSERT_THAT(stack_->upstreams().Update(request), IsOk());
  EXPECT_EQ(GetUpstream(1)->description(), "d");
}

TEST_F(UpstreamAdminTest, EveryFieldOfTheMaskIsApplied) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  v1::Upstream change = Change();
  change.set_name("n");
  change.set_display_name("N");
  change.set_description("d");
  change.set_url("https://b");
  SetCredentials("u", "p", change);
  change.mutable_tls()->set_insecure_skip_verify(true);
  change.add_source_namespaces("docker.io");
  change.add_trusted_token_realms("auth.docker.io");
  change.set_disabled(true);
  auto& policy = *change.mutable_cache_policy();
  policy.mutable_tag_ttl()->set_seconds(1);
  policy.add_tag_ttl_overrides()->mutable_tag()->set_wildcard("v*");
  policy.mutable_tag_ttl_overrides(0)->mutable_ttl();
  policy.mutable_stale_ttl()->set_seconds(2);
  policy.mutable_tag_list_ttl()->set_seconds(5);
  policy.mutable_referrers_ttl()->set_seconds(6);
  policy.mutable_negative_ttls()->mutable_refused()->set_seconds(3);
  policy.set_refresh_ahead(true);
  auto& rule = *change.add_rules();
  rule.set_action(v1::Rule::RULE_ACTION_DENY);
  rule.set_target(v1::Rule::RULE_TARGET_TAG);
  rule.mutable_pattern()->set_wildcard("x");
  change.mutable_failure_policy()->mutable_refused()->set_tag(
      v1::FailurePolicy::FAILURE_ACTION_NEXT);
  change.mutable_limits()->set_failures_to_open(4);
  const auto updated = UpdateUpstream(
      change, {"name", "display_name", "description", "url", "credentials",
               "tls", "source_namespaces", "trusted_token_realms", "disabled",
               "cache_policy", "rules", "failure_policy", "limits"});
  ASSERT_THAT(updated, IsOk());
  v1::Upstream expected = change;
  expected.clear_credentials();
  expected.set_username("u");
  expected.set_has_password(true);
  // What the server adds, wherever it comes from.
  expected.set_uid(updated->uid());
  expected.set_group("default");
  *expected.mutable_credentials_update_time() =
      updated->credentials_update_time();
  *expected.mutable_effective_cache_policy() =
      updated->effective_cache_policy();
  *expected.mutable_effective_limits() = updated->effective_limits();
  *expected.mutable_create_time() = updated->create_time();
  *expected.mutable_update_time() = updated->update_time();
  expected.set_etag(updated->etag());
  EXPECT_EQ(updated->SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(CredentialsOf(1), "u:p");
}

TEST_F(UpstreamAdminTest, PartsOfPoliciesCanBeUpdatedAlone) {
  v1::Upstream given = NewUpstream("https://a");
  given.mutable_limits()->set_failures_to_open(4);
  given.mutable_limits()->mutable_open_ttl()->set_seconds(9);
  given.mutable_failure_policy()->mutable_refused()->set_tag(
      v1::FailurePolicy::FAILURE_ACTION_NEXT);
  ASSERT_THAT(CreateUpstream(given), IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.mutable_limits()->set_concurrent_requests(3);
  change.mutable_failure_policy()->mutable_refused()->set_cached(
      v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE);
  const auto updated =
      UpdateUpstream(change, {"limits.concurrent_requests", "limits.open_ttl",
                              "failure_policy.refused.cached"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->limits().failures_to_open(), 4);
  EXPECT_EQ(updated->limits().concurrent_requests(), 3);
  EXPECT_FALSE(updated->limits().has_open_ttl());  // Back to the default.
  EXPECT_EQ(updated->failure_policy().refused().tag(),
            v1::FailurePolicy::FAILURE_ACTION_NEXT);
  EXPECT_EQ(updated->failure_policy().refused().cached(),
            v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE);
  EXPECT_THAT(UpdateUpstream(change, {"limits.nonsense"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(UpstreamAdminTest, MasksMustNameKnownFields) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  v1::Upstream upstream = *GetUpstream(1);
  upstream.set_group("acme");
  upstream.mutable_create_time()->set_seconds(1);
  upstream.set_uid("mine");
  upstream.set_username("somebody");
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  for (const char* path :
       {"group", "uid", "username", "create_time", "nonsense", ""}) {
    EXPECT_THAT(UpdateUpstream(upstream, {path}), invalid) << path;
  }
  EXPECT_THAT(UpdateUpstream(upstream, {"*", "name"}), invalid);
  EXPECT_THAT(UpdateUpstream(NewUpstream("https://a"), {"name"}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(UpstreamAdminTest, AnotherUrlPurgesTheCacheUnlessItIsToBeKept) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  v1::UpdateUpstreamRequest request;
  request.set_id(1);
  request.mutable_update_mask()->add_paths("url");
  const auto entries = [&] { return Entries(1)->size(); };
  const auto record = [&] {
    ASSERT_THAT(stack_->client().Record(
                    RecordOf(1, "/app/manifests/1", Digest::OfBytes("x"))),
                IsOk());
    ASSERT_EQ(entries(), 1);
  };
  record();
  // Only spelt otherwise.
  request.mutable_upstream()->set_url("https://a/");
  ASSERT_THAT(stack_->upstreams().Update(request), IsOk());
  EXPECT_EQ(entries(), 1);
  request.mutable_upstream()->set_url("https://b");
  request.set_keep_cache(true);
  ASSERT_THAT(stack_->upstreams().Update(request), IsOk());
  EXPECT_EQ(entries(), 1);
  request.mutable_upstream()->set_url("https://c");
  request.set_keep_cache(false);
  ASSERT_THAT(stack_->upstreams().Update(request), IsOk());
  EXPECT_EQ(entries(), 0);
  record();
  // A new password is for the same registry.
  v1::Upstream change = Change();
  SetCredentials("robot", "hunter2", change);
  ASSERT_THAT(UpdateUpstream(change, {"credentials"}), IsOk());
  EXPECT_EQ(entries(), 1);
}

TEST_F(UpstreamAdminTest, DeletingTakesItOutOfEveryRegistryWithItsCache) {
  const Digest digest = Digest::OfBytes("m");
  ASSERT_THAT(CreateRegistry("r"), IsOk());
  ASSERT_THAT(CreateRegistry("s"), IsOk());
  for (const char* url : {"https://a", "https://b", "https://c"}) {
    const auto upstream = CreateUpstream(url);
    ASSERT_THAT(Attach(1, upstream->id()), IsOk());
    ASSERT_THAT(Attach(2, upstream->id()), IsOk());
    ASSERT_THAT(stack_->client().Record(RecordOf(
                    upstream->id(), "/library/alpine/manifests/3.20", digest)),
                IsOk());
  }
  ASSERT_THAT(DeleteUpstream(2), IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(1, 3));
  EXPECT_THAT(UpstreamsOf(2), ElementsAre(1, 3));
  EXPECT_THAT(GetUpstream(2), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_TRUE(
      Eventually([&] { return Entries(2)->empty() && Entries()->size() == 2; },
                 "its cache entries are removed"));
  const auto missing =
      StatusIs(absl::StatusCode::kNotFound, Reason::kResourceNotFound);
  EXPECT_THAT(DeleteUpstream(2), missing);
  EXPECT_THAT(DeleteUpstream(0), missing);
  EXPECT_THAT(DeleteUpstream(-1), missing);
  v1::DeleteUpstreamRequest request;
  request.set_id(2);
  request.set_allow_missing(true);
  EXPECT_THAT(stack_->upstreams().Delete(request), IsOk());
}

TEST_F(UpstreamAdminTest, IdsAreNeverGivenTwice) {
  ASSERT_EQ(CreateUpstream("https://a")->id(), 1);
  ASSERT_THAT(DeleteUpstream(1), IsOk());
  EXPECT_EQ(CreateUpstream("https://a")->id(), 2);
}

TEST_F(UpstreamAdminTest, IsMadeInARegistryOrNotAtAll) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateRegistry("r", "acme"), IsOk());
  v1::CreateUpstreamRequest request;
  request.set_registry_id(1);
  for (int i = 1; i <= 5; ++i) {
    *request.mutable_upstream() =
        NewUpstream(absl::StrCat("https://h", i), "acme");
    const auto made = stack_->upstreams().Create(request);
    ASSERT_THAT(made, IsOk());
    EXPECT_EQ(made->group(), "acme");
    ASSERT_EQ(made->attachments_size(), 1);
    EXPECT_EQ(made->attachments(0).registry_id(), 1);
    EXPECT_EQ(made->attachments(0).position(), i);
  }
  *request.mutable_upstream() = NewUpstream("https://h6", "acme");
  const auto full = stack_->upstreams().Create(request);
  EXPECT_THAT(full, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(LimitOf(full.status()), 5);
  request.set_registry_id(9);
  EXPECT_THAT(stack_->upstreams().Create(request),
              StatusIs(absl::StatusCode::kNotFound));
  request.set_registry_id(1);
  request.mutable_upstream()->set_group("default");
  EXPECT_THAT(stack_->upstreams().Create(request),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto all = List({});
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->upstreams_size(), 5);
}

}  // namespace
}  // namespace cvr::testing
