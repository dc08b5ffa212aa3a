#include "services/metadata/admin/upstream_admin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class UpstreamAdminTest : public MetadataFixture {
 protected:
  static v1::Upstream WithCredentials(const std::string& url,
                                      const std::string& username,
                                      const std::string& password) {
    v1::Upstream upstream = NewUpstream(url);
    upstream.set_username(username);
    upstream.set_password(password);
    return upstream;
  }

  // `user:password`, as the blob service gets them.
  std::string CredentialsOf(int64_t id) {
    const auto access = stack_->client().GetUpstreamAccess(id);
    if (!access.ok()) return access.status().ToString();
    return access->username + ":" + access->password;
  }

  absl::StatusOr<v1::ListUpstreamsResponse> List(
      const v1::ListUpstreamsRequest& request) {
    return stack_->upstreams().List(request, Caller::System());
  }
};

TEST_F(UpstreamAdminTest, ComesBackAsCreatedWithWhatIsOutputOnly) {
  v1::Upstream given = NewUpstream("https://ghcr.io");
  given.set_name("GitHub");
  given.set_description("packages");
  given.mutable_cache_validity()->set_seconds(60);
  given.mutable_max_stale()->set_seconds(120);
  given.add_source_namespaces("ghcr.io");
  given.add_trusted_token_realms("auth.example.com");
  given.set_disabled(true);
  given.set_id(99);
  given.add_registry_upstreams()->set_id(5);
  const auto created = CreateUpstream(given);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->id(), 1);
  EXPECT_EQ(created->group(), "default");
  EXPECT_EQ(created->name(), "GitHub");
  EXPECT_EQ(created->max_stale().seconds(), 120);
  EXPECT_TRUE(created->disabled());
  EXPECT_TRUE(created->has_create_time());
  EXPECT_EQ(created->registry_upstreams_size(), 0);
  EXPECT_EQ(GetUpstream(1)->SerializeAsString(), created->SerializeAsString());
}

TEST_F(UpstreamAdminTest, SecretsAreNeverAnswered) {
  v1::Upstream given = WithCredentials("https://ghcr.io", "robot", "hunter2");
  given.mutable_tls()->set_client_certificate_pem(
      "-----BEGIN CERTIFICATE-----\n");
  given.mutable_tls()->set_client_key_pem("-----BEGIN PRIVATE KEY-----\n");
  const auto created = CreateUpstream(given);
  ASSERT_THAT(created, IsOk());
  const auto got = GetUpstream(1);
  const auto listed = List({});
  const auto updated = UpdateUpstream(*created, {"description"});
  ASSERT_THAT(listed, IsOk());
  ASSERT_THAT(updated, IsOk());
  for (const auto& answer : {*created, *got, listed->upstreams(0), *updated}) {
    EXPECT_EQ(answer.username(), "robot");
    EXPECT_EQ(answer.password(), "");
    EXPECT_EQ(answer.tls().client_key_pem(), "");
    EXPECT_NE(answer.tls().client_certificate_pem(), "");
  }
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
  EXPECT_EQ(stack_->client().GetUpstreamAccess(1)->tls.client_key_pem,
            "-----BEGIN PRIVATE KEY-----\n");
}

TEST_F(UpstreamAdminTest, TheSameUrlWithTheSameCredentialsExistsOnce) {
  const auto exists = StatusIs(absl::StatusCode::kAlreadyExists);
  ASSERT_THAT(CreateUpstream("https://ghcr.io"), IsOk());
  EXPECT_THAT(CreateUpstream("https://GHCR.io/v2/"), exists);
  ASSERT_THAT(CreateUpstream(WithCredentials("https://ghcr.io", "a", "1")),
              IsOk());
  EXPECT_THAT(CreateUpstream(WithCredentials("https://ghcr.io", "a", "1")),
              exists);
  ASSERT_THAT(CreateUpstream(WithCredentials("https://ghcr.io", "a", "2")),
              IsOk());
  ASSERT_THAT(CreateUpstream(WithCredentials("https://ghcr.io", "b", "1")),
              IsOk());
}

TEST_F(UpstreamAdminTest, OtherGroupsMayHaveTheSameUpstream) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateUpstream("https://ghcr.io"), IsOk());
  EXPECT_THAT(CreateUpstream(NewUpstream("https://ghcr.io", "acme")), IsOk());
  EXPECT_THAT(CreateUpstream(NewUpstream("https://ghcr.io", "nobody")),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(UpstreamAdminTest, AnUpdateMayNotMakeADuplicate) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  auto second = CreateUpstream("https://b");
  ASSERT_THAT(second, IsOk());
  second->set_url("https://a/");
  EXPECT_THAT(UpdateUpstream(*second, {"url"}),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(GetUpstream(2)->url(), "https://b");
}

TEST_F(UpstreamAdminTest, ADuplicateRefusedLeavesNoTrace) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(CreateUpstream("https://a"), Not(IsOk()));
  EXPECT_EQ(CreateUpstream("https://b")->id(), 2);
}

TEST_F(UpstreamAdminTest, UpdateChangesWhatTheMaskNames) {
  v1::Upstream given = NewUpstream("https://a");
  given.mutable_cache_validity()->set_seconds(60);
  ASSERT_THAT(CreateUpstream(given), IsOk());
  clock_.Advance(absl::Minutes(1));
  v1::Upstream change;
  change.set_id(1);
  change.set_name("new");
  change.set_description("ignored");
  const auto updated = UpdateUpstream(change, {"name", "cache_validity"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->name(), "new");
  EXPECT_EQ(updated->description(), "");
  EXPECT_FALSE(updated->has_cache_validity());
  EXPECT_EQ(updated->url(), "https://a");
  EXPECT_EQ(updated->update_time().seconds(),
            updated->create_time().seconds() + 60);
}

TEST_F(UpstreamAdminTest, EveryFieldOfTheMaskIsApplied) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.set_name("n");
  change.set_description("d");
  change.set_url("https://b");
  change.set_username("u");
  change.set_password("p");
  change.mutable_cache_validity()->set_seconds(1);
  change.mutable_max_stale()->set_seconds(2);
  change.mutable_tls()->set_insecure_skip_verify(true);
  change.add_source_namespaces("docker.io");
  change.add_trusted_token_realms("auth.docker.io");
  change.set_disabled(true);
  change.add_tag_validities()->mutable_tag()->set_wildcard("v*");
  change.mutable_tag_validities(0)->mutable_cache_validity();
  auto& rule = *change.add_rules();
  rule.set_action(v1::Rule::DENY);
  rule.set_target(v1::Rule::TAG);
  rule.mutable_pattern()->set_wildcard("x");
  change.mutable_failure_policy()->mutable_refused()->set_tag(
      v1::FailurePolicy::NEXT);
  change.mutable_absence_ttls()->mutable_refused()->set_seconds(3);
  change.mutable_limits()->set_failures_to_open(4);
  change.mutable_tags_validity()->set_seconds(5);
  change.mutable_referrers_validity()->set_seconds(6);
  change.set_refresh_ahead(true);
  const auto updated = UpdateUpstream(
      change,
      {"name", "description", "url", "username", "password", "cache_validity",
       "max_stale", "tls", "source_namespaces", "trusted_token_realms",
       "disabled", "tag_validities", "rules", "failure_policy", "absence_ttls",
       "limits", "tags_validity", "referrers_validity", "refresh_ahead"});
  ASSERT_THAT(updated, IsOk());
  v1::Upstream expected = change;
  expected.clear_password();
  expected.set_group("default");
  *expected.mutable_create_time() = updated->create_time();
  *expected.mutable_update_time() = updated->update_time();
  expected.set_etag(updated->etag());
  EXPECT_EQ(updated->SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(CredentialsOf(1), "u:p");
}

TEST_F(UpstreamAdminTest, PartsOfTlsCanBeUpdatedWithoutSendingTheKeyAgain) {
  v1::Upstream given = NewUpstream("https://a");
  given.mutable_tls()->set_client_certificate_pem(
      "-----BEGIN CERTIFICATE-----\n");
  given.mutable_tls()->set_client_key_pem("-----BEGIN PRIVATE KEY-----\n");
  ASSERT_THAT(CreateUpstream(given), IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.mutable_tls()->set_ca_bundle_pem("-----BEGIN CERTIFICATE-----\nca");
  change.mutable_tls()->set_insecure_skip_verify(true);
  ASSERT_THAT(
      UpdateUpstream(change, {"tls.ca_bundle_pem", "tls.insecure_skip_verify"}),
      IsOk());
  const auto tls = stack_->client().GetUpstreamAccess(1)->tls;
  EXPECT_EQ(tls.ca_bundle_pem, "-----BEGIN CERTIFICATE-----\nca");
  EXPECT_EQ(tls.client_key_pem, "-----BEGIN PRIVATE KEY-----\n");
  EXPECT_TRUE(tls.insecure_skip_verify);
  change.mutable_tls()->set_client_certificate_pem("");
  EXPECT_THAT(UpdateUpstream(change, {"tls.client_certificate_pem"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  change.mutable_tls()->set_client_key_pem("");
  EXPECT_THAT(UpdateUpstream(
                  change, {"tls.client_certificate_pem", "tls.client_key_pem"}),
              IsOk());
}

TEST_F(UpstreamAdminTest, PartsOfPoliciesCanBeUpdatedAlone) {
  v1::Upstream given = NewUpstream("https://a");
  given.mutable_limits()->set_failures_to_open(4);
  given.mutable_limits()->mutable_open_for()->set_seconds(9);
  given.mutable_failure_policy()->mutable_refused()->set_tag(
      v1::FailurePolicy::NEXT);
  ASSERT_THAT(CreateUpstream(given), IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.mutable_limits()->set_concurrent_requests(3);
  change.mutable_failure_policy()->mutable_refused()->set_cached(
      v1::FailurePolicy::SERVE_STALE);
  const auto updated =
      UpdateUpstream(change, {"limits.concurrent_requests", "limits.open_for",
                              "failure_policy.refused.cached"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->limits().failures_to_open(), 4);
  EXPECT_EQ(updated->limits().concurrent_requests(), 3);
  EXPECT_FALSE(updated->limits().has_open_for());  // Back to the default.
  EXPECT_EQ(updated->failure_policy().denied().tag(), v1::FailurePolicy::NEXT);
  EXPECT_EQ(updated->failure_policy().denied().cached(),
            v1::FailurePolicy::SERVE_STALE);
  EXPECT_THAT(UpdateUpstream(change, {"limits.nonsense"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(UpstreamAdminTest, MasksMustNameKnownFields) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  const auto upstream = *GetUpstream(1);
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(UpdateUpstream(upstream, {}), invalid);
  for (const char* path : {"group", "id", "create_time", "*", "nonsense", ""}) {
    EXPECT_THAT(UpdateUpstream(upstream, {path}), invalid) << path;
  }
  EXPECT_THAT(UpdateUpstream(NewUpstream("https://a"), {"name"}),
              StatusIs(absl::StatusCode::kNotFound));
}

// Credentials must not follow a URL to a host of somebody's choice.
TEST_F(UpstreamAdminTest, AnotherUrlDropsTheCredentials) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.set_url("http://a");
  ASSERT_THAT(UpdateUpstream(change, {"url"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), ":");
}

// What the old host gave must not be shown as the new one's.
TEST_F(UpstreamAdminTest, AnotherUrlPurgesTheCacheUnlessItIsToBeKept) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  v1::UpdateUpstreamRequest request;
  request.mutable_upstream()->set_id(1);
  request.mutable_update_mask()->add_paths("url");
  const auto entries = [&] {
    const auto stats = stack_->caches().Stats({}, Caller::System());
    EXPECT_THAT(stats, IsOk());
    return stats->upstreams(0).entries();
  };
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
  auto change = WithCredentials("", "robot", "hunter2");
  change.set_id(1);
  ASSERT_THAT(UpdateUpstream(change, {"username", "password"}), IsOk());
  EXPECT_EQ(entries(), 1);
}

TEST_F(UpstreamAdminTest, HalfOfNewCredentialsDropsThemWithAnotherUrl) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.set_url("https://b");
  change.set_username("other");
  ASSERT_THAT(UpdateUpstream(change, {"url", "username"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), ":");
}

TEST_F(UpstreamAdminTest, BothAnewGoWithAnotherUrl) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  ASSERT_THAT(UpdateUpstream(
                  [] {
                    auto change = WithCredentials("https://b", "r2", "h3");
                    change.set_id(1);
                    return change;
                  }(),
                  {"url", "username", "password"}),
              IsOk());
  EXPECT_EQ(CredentialsOf(1), "r2:h3");
}

TEST_F(UpstreamAdminTest, TheSameUrlWrittenOtherwiseKeepsTheCredentials) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.set_url("https://a/v2/");
  ASSERT_THAT(UpdateUpstream(change, {"url"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
}

TEST_F(UpstreamAdminTest, CredentialsCanBeTakenAwayTogetherOnly) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change;
  change.set_id(1);
  EXPECT_THAT(UpdateUpstream(change, {"password"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(UpdateUpstream(change, {"username", "password"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), ":");
}

TEST_F(UpstreamAdminTest, ListsByIdInPagesWithFilters) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  for (int i = 1; i <= 7; ++i) {
    auto upstream =
        NewUpstream(absl::StrCat("https://h", i), i % 2 == 0 ? "acme" : "");
    upstream.set_name(i == 7 ? "LAST" : absl::StrCat("up", i));
    ASSERT_THAT(CreateUpstream(upstream), IsOk());
  }
  const auto ids = [&](v1::ListUpstreamsRequest request) {
    std::vector<int64_t> ids;
    do {
      const auto page = List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& upstream : page->upstreams()) {
        ids.push_back(upstream.id());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  };
  v1::ListUpstreamsRequest request;
  for (const int page_size : {0, 1, 2, 3, 7, 8}) {
    request.set_page_size(page_size);
    EXPECT_THAT(ids(request), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  }
  request.set_page_size(2);
  request.set_group("acme");
  EXPECT_THAT(ids(request), ElementsAre(2, 4, 6));
  request.set_group("");
  request.set_name_contains("last");
  EXPECT_THAT(ids(request), ElementsAre(7));
  request.set_name_contains("nothing");
  EXPECT_THAT(ids(request), IsEmpty());
}

TEST_F(UpstreamAdminTest, TheLastPageHasNoToken) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(CreateUpstream("https://b"), IsOk());
  v1::ListUpstreamsRequest request;
  request.set_page_size(2);
  EXPECT_EQ(List(request)->next_page_token(), "");
  request.set_page_size(1);
  EXPECT_NE(List(request)->next_page_token(), "");
}

TEST_F(UpstreamAdminTest, ListsARegistrysUpstreamsByPosition) {
  ASSERT_THAT(CreateRegistry("r"), IsOk());
  for (const char* url : {"https://a", "https://b", "https://c"}) {
    const auto upstream = CreateUpstream(url);
    ASSERT_THAT(Attach(1, upstream->id()), IsOk());
  }
  ASSERT_THAT(CreateUpstream("https://unattached"), IsOk());
  ASSERT_THAT(Move(1, 3, 1), IsOk());
  v1::ListUpstreamsRequest request;
  request.set_registry_id(1);
  request.set_page_size(2);
  const auto first = List(request);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(first->upstreams(), SizeIs(2));
  EXPECT_EQ(first->upstreams(0).id(), 3);
  EXPECT_EQ(first->upstreams(1).id(), 1);
  EXPECT_EQ(first->upstreams(0).registry_upstreams(0).position(), 1);
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(second->upstreams(), SizeIs(1));
  EXPECT_EQ(second->upstreams(0).id(), 2);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(UpstreamAdminTest, TokensAreForTheListTheyCameFrom) {
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(CreateUpstream("https://b"), IsOk());
  v1::ListUpstreamsRequest request;
  request.set_page_size(1);
  request.set_page_token(List(request)->next_page_token());
  request.set_group("default");
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(List(request), invalid);
  request.set_page_token("rubbish");
  EXPECT_THAT(List(request), invalid);
  request.set_page_token("");
  request.set_page_size(-1);
  EXPECT_THAT(List(request), invalid);
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
  EXPECT_THAT(*Entries(2), IsEmpty());
  EXPECT_THAT(*Entries(), SizeIs(2));
  EXPECT_THAT(DeleteUpstream(2), IsOk());
  EXPECT_THAT(DeleteUpstream(0), IsOk());
  EXPECT_THAT(DeleteUpstream(-1), IsOk());
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
    *request.mutable_upstream() = NewUpstream(absl::StrCat("https://h", i));
    const auto made = stack_->upstreams().Create(request);
    ASSERT_THAT(made, IsOk());
    EXPECT_EQ(made->group(), "acme");
    ASSERT_EQ(made->registry_upstreams_size(), 1);
    EXPECT_EQ(made->registry_upstreams(0).registry_id(), 1);
    EXPECT_EQ(made->registry_upstreams(0).position(), i);
  }
  *request.mutable_upstream() = NewUpstream("https://h6");
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
  const auto all = stack_->upstreams().List({}, Caller::System());
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->upstreams_size(), 5);
}

}  // namespace
}  // namespace cvr::testing
