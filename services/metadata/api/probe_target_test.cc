#include "services/metadata/api/probe_target.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

UpstreamAccess Stored() {
  UpstreamAccess access;
  access.id = 7;
  access.group = "acme";
  access.name = "stored";
  access.url = "https://one.example/v2/";
  access.username = "user";
  access.password = "secret";
  access.trusted_token_realms = {"auth.example"};
  return access;
}

v1::Upstream Changes(const std::string& url, const std::string& username = "",
                     const std::string& password = "") {
  v1::Upstream changes;
  changes.set_group("acme");
  changes.set_url(url);
  if (username.empty() && password.empty()) return changes;
  auto& basic = *changes.mutable_credentials()->mutable_basic();
  basic.set_username(username);
  basic.set_password(password);
  return changes;
}

// The field that is wrong; empty when nothing is.
std::string Wrong(const UpstreamAccess& stored, const v1::Upstream& changes) {
  const auto target = ProbeTarget(stored, changes);
  if (target.ok()) return "";
  EXPECT_EQ(target.status().code(), absl::StatusCode::kInvalidArgument);
  const auto violations = FieldViolationsOf(target.status());
  return violations.empty() ? "none is named" : violations[0].field;
}

TEST(ProbeTargetTest, WithoutChangesItIsWhatIsStored) {
  const auto target = ProbeTarget(Stored(), {});
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->id, 7);
  EXPECT_EQ(target->url, Stored().url);
  EXPECT_EQ(target->username, "user");
  EXPECT_EQ(target->password, "secret");
  EXPECT_EQ(target->trusted_token_realms, Stored().trusted_token_realms);
}

TEST(ProbeTargetTest, SameUrlInOtherWordsKeepsTheCredentials) {
  for (const char* const username : {"", "user"}) {
    const auto target =
        ProbeTarget(Stored(), Changes("https://ONE.example:443", username));
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(target->password, "secret");
  }
}

TEST(ProbeTargetTest, AnotherUrlIsTriedWithoutCredentials) {
  for (const char* const url :
       {"https://two.example", "http://one.example", "https://one.example:1",
        "https://one.example/path"}) {
    const auto target = ProbeTarget(Stored(), Changes(url));
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(target->username, "") << url;
    EXPECT_EQ(target->password, "") << url;
    // The username alone does not bring the password along.
    EXPECT_EQ(Wrong(Stored(), Changes(url, "user")),
              "upstream.credentials.basic.password")
        << url;
  }
}

TEST(ProbeTargetTest, StoredPasswordIsOfTheStoredUsernameOnly) {
  EXPECT_EQ(Wrong(Stored(), Changes("", "other")),
            "upstream.credentials.basic.password");
  EXPECT_EQ(Wrong(Stored(), Changes("", "", "new")),
            "upstream.credentials.basic.username");
  const auto target = ProbeTarget(Stored(), Changes("", "other", "new"));
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->username, "other");
  EXPECT_EQ(target->password, "new");
}

TEST(ProbeTargetTest, PasswordsNeedBeNoText) {
  v1::Upstream changes = Changes("", "other");
  auto& basic = *changes.mutable_credentials()->mutable_basic();
  basic.set_password_bytes("\xff");
  const auto target = ProbeTarget(Stored(), changes);
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->password, "\xff");
  basic.set_password("two");
  EXPECT_EQ(Wrong(Stored(), changes),
            "upstream.credentials.basic.password_bytes");
}

TEST(ProbeTargetTest, ClientCertificateIsForTheStoredUrl) {
  UpstreamAccess stored = Stored();
  stored.tls.client_certificate_pem =
      "-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n";
  stored.tls.client_key_pem =
      "-----BEGIN PRIVATE KEY-----\neA==\n-----END PRIVATE KEY-----\n";
  const auto same = ProbeTarget(stored, {});
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->tls.client_key_pem, stored.tls.client_key_pem);
  EXPECT_EQ(same->tls.client_certificate_pem,
            stored.tls.client_certificate_pem);
  // The stored certificate stands for its key; another one does not.
  v1::Upstream changes;
  changes.mutable_tls()->set_client_certificate_pem(
      stored.tls.client_certificate_pem);
  const auto repeated = ProbeTarget(stored, changes);
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_EQ(repeated->tls.client_key_pem, stored.tls.client_key_pem);
  changes.mutable_tls()->set_client_certificate_pem(
      "-----BEGIN CERTIFICATE-----\neQ==\n-----END CERTIFICATE-----\n");
  EXPECT_NE(Wrong(stored, changes), "");
  const auto other = ProbeTarget(stored, Changes("https://two.example"));
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->tls.client_certificate_pem, "");
  EXPECT_EQ(other->tls.client_key_pem, "");
}

TEST(ProbeTargetTest, NamesWhatIsWrongAsInTheRequest) {
  EXPECT_EQ(Wrong({}, Changes("")), "upstream.url");
  EXPECT_EQ(Wrong({}, Changes("ftp://one.example")), "upstream.url");
  EXPECT_EQ(Wrong({}, Changes("https://u:p@one.example")), "upstream.url");
  EXPECT_EQ(Wrong({}, Changes("https://one.example")), "");
}

}  // namespace
}  // namespace cvr
