// What becomes of the credentials of upstreams.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/admin/upstream_admin.h"
#include "services/metadata/admin/upstream_admin_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

TEST_F(UpstreamAdminTest, SecretsAreNeverAnswered) {
  v1::Upstream given = WithCredentials("https://ghcr.io", "robot", "hunter2");
  given.set_name("ghcr");
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
    EXPECT_FALSE(answer.has_credentials());
    EXPECT_EQ(answer.username(), "robot");
    EXPECT_TRUE(answer.has_password());
    EXPECT_TRUE(answer.tls().has_client_key());
    EXPECT_EQ(answer.tls().client_key_pem(), "");
    EXPECT_NE(answer.tls().client_certificate_pem(), "");
    EXPECT_EQ(answer.SerializeAsString().find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
  EXPECT_EQ(stack_->client().GetUpstreamAccess(1)->tls.client_key_pem,
            "-----BEGIN PRIVATE KEY-----\n");
}

TEST_F(UpstreamAdminTest, ItIsToldWhenCredentialsWereLastSet) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "1")),
              IsOk());
  const auto set_at = [&] {
    return GetUpstream(1)->credentials_update_time().seconds();
  };
  EXPECT_EQ(set_at(), absl::ToUnixSeconds(clock_.Now()));
  const int64_t first = set_at();
  clock_.Advance(absl::Minutes(1));
  v1::Upstream change = Change();
  change.set_description("d");
  ASSERT_THAT(UpdateUpstream(change, {"description"}), IsOk());
  EXPECT_EQ(set_at(), first);
  SetCredentials("robot", "1", change);
  ASSERT_THAT(UpdateUpstream(change, {"credentials"}), IsOk());
  EXPECT_EQ(set_at(), first + 60);
  clock_.Advance(absl::Minutes(1));
  change.mutable_tls()->set_client_certificate_pem(
      "-----BEGIN CERTIFICATE-----");
  change.mutable_tls()->set_client_key_pem("-----BEGIN PRIVATE KEY-----");
  ASSERT_THAT(UpdateUpstream(change, {"tls"}), IsOk());
  EXPECT_EQ(set_at(), first + 120);
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

TEST_F(UpstreamAdminTest, AnotherUrlDropsTheCredentials) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change;
  change.set_id(1);
  change.set_url("http://a");
  ASSERT_THAT(UpdateUpstream(change, {"url"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), ":");
}

TEST_F(UpstreamAdminTest, HalfOfNewCredentialsDropsThemWithAnotherUrl) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change = Change();
  change.set_url("https://b");
  SetCredentials("other", "", change);
  ASSERT_THAT(UpdateUpstream(change, {"url", "credentials.basic.username"}),
              IsOk());
  EXPECT_EQ(CredentialsOf(1), ":");
}

TEST_F(UpstreamAdminTest, CredentialsGivenAnewGoWithAnotherUrl) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change = Change();
  change.set_url("https://b");
  SetCredentials("r2", "h3", change);
  ASSERT_THAT(UpdateUpstream(change, {"url", "credentials"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "r2:h3");
  change.set_url("https://c");
  SetCredentials("r4", "h5", change);
  ASSERT_THAT(UpdateUpstream(change, {}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "r4:h5");
}

TEST_F(UpstreamAdminTest, TheSameUrlWrittenOtherwiseKeepsTheCredentials) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change = Change();
  change.set_url("https://a/v2/");
  ASSERT_THAT(UpdateUpstream(change, {"url"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
}

TEST_F(UpstreamAdminTest, CredentialsAreRemovedByTheMask) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  v1::Upstream change = Change();
  EXPECT_THAT(UpdateUpstream(change, {"credentials.basic.password"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(CredentialsOf(1), "robot:hunter2");
  // A kind that is not known here is not taken for none.
  change.mutable_credentials();
  EXPECT_THAT(UpdateUpstream(change, {"credentials"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  change.clear_credentials();
  const auto removed = UpdateUpstream(change, {"credentials"});
  ASSERT_THAT(removed, IsOk());
  EXPECT_EQ(removed->username(), "");
  EXPECT_FALSE(removed->has_password());
  EXPECT_EQ(CredentialsOf(1), ":");
}

TEST_F(UpstreamAdminTest, CredentialsCanBeTakenAwayByTheirPartsTogetherOnly) {
  ASSERT_THAT(CreateUpstream(WithCredentials("https://a", "robot", "hunter2")),
              IsOk());
  const std::string username = "credentials.basic.username";
  const std::string password = "credentials.basic.password";
  EXPECT_THAT(UpdateUpstream(Change(), {username}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(UpdateUpstream(Change(), {username, password}), IsOk());
  EXPECT_EQ(CredentialsOf(1), ":");
  // As one who writes empty texts.
  ASSERT_THAT(CreateUpstream(WithCredentials("https://b", "robot", "hunter2")),
              IsOk());
  v1::Upstream change;
  change.set_id(2);
  SetCredentials("", "", change);
  EXPECT_THAT(UpdateUpstream(change, {username, password}), IsOk());
  EXPECT_EQ(CredentialsOf(2), ":");
}

}  // namespace
}  // namespace cvr::testing
