// Whom the client shows what: authentication, redirects, certificates.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "services/upstream/http_upstream_client_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr {
namespace {

using testing::FakeAnswer;
using testing::FakeRegistry;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

using HttpUpstreamClientTrustTest = HttpUpstreamClientFixture;

// --- Authentication.

TEST_F(HttpUpstreamClientTrustTest, CredentialsBuyATokenThatIsUsedAgain) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});

  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(registry_, "/manifests/"),
              ::testing::ElementsAre("", "Bearer token-1", "Bearer token-1"));
  EXPECT_THAT(Authorizations(registry_, "/token"),
              ::testing::ElementsAre(kBasic));
  EXPECT_THAT(registry_.requests({"", "/token"})[0].target,
              HasSubstr("service=fake&scope=repository%3Aa%2Fb%3Apull"));
}

TEST_F(HttpUpstreamClientTrustTest, ScopeIsOursWhenTheChallengeHasNone) {
  registry_.RequireBearer({.scope_in_challenge = false});
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(HttpUpstreamClientTrustTest, AccessTokenIsATokenToo) {
  registry_.RequireBearer({.token_member = "access_token"});
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(HttpUpstreamClientTrustTest, TokenIsRenewedBeforeItExpires) {
  registry_.RequireBearer({.expires_in_seconds = 300});
  EXPECT_THAT(Get(), IsOk());
  clock_.Advance(absl::Seconds(239));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 1);
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 2);
}

TEST_F(HttpUpstreamClientTrustTest, TokenLivesAMinuteWhenNobodySays) {
  registry_.RequireBearer({.expires_in_seconds = std::nullopt});
  EXPECT_THAT(Get(), IsOk());
  clock_.Advance(absl::Seconds(47));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 1);
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 2);
}

TEST_F(HttpUpstreamClientTrustTest, RevokedTokenIsExchangedOnce) {
  registry_.RequireBearer({});
  EXPECT_THAT(Get(), IsOk());
  registry_.RevokeTokens();
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(registry_, "/manifests/"),
              ::testing::ElementsAre("", "Bearer token-1", "Bearer token-1", "",
                                     "Bearer token-2"));
}

TEST_F(HttpUpstreamClientTrustTest, ChallengesWithoutEndAreNotFollowed) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  registry_.Answer(
      {"", "/manifests/"},
      FakeAnswer::Status(401, {{"WWW-Authenticate",
                                absl::StrCat("Bearer realm=\"", registry_.url(),
                                             "/token\"")}}),
      FakeRegistry::kAlways);

  // The token proves that the credentials are good.
  EXPECT_THAT(Get(),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_EQ(registry_.CountRequests({"", "/manifests/"}), 2);
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 1);
}

TEST_F(HttpUpstreamClientTrustTest, ConcurrentRequestsShareOneExchange) {
  registry_.RequireBearer({});
  FakeAnswer held;
  held.gate = std::make_shared<testing::Gate>();
  registry_.Answer({"", "/token"}, held);
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 4; ++i) {
      threads.push_back(std::make_unique<Thread>(
          "puller", [&] { EXPECT_THAT(Get(), IsOk()); }));
    }
    registry_.AwaitRequests({"", "/manifests/"}, 4);
    held.gate->AwaitArrivals();
    held.gate->Open();
  }
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 1);
}

TEST_F(HttpUpstreamClientTrustTest, CredentialsAreNotMixedUp) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  EXPECT_THAT(Get(), IsOk());
  access_.password = "wrong";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamRefused));
}

TEST_F(HttpUpstreamClientTrustTest, BasicChallengeGetsTheCredentials) {
  HoldCredentials();
  registry_.RequireBasic("user", "secret");
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(registry_, "/manifests/"),
              ::testing::ElementsAre("", kBasic, kBasic));
  access_.password = "wrong";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamRefused));
  access_.username = access_.password = "";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamRefused));
}

TEST_F(HttpUpstreamClientTrustTest, UntrustedRealmIsAskedAnonymously) {
  HoldCredentials();
  registry_.RequireBearer({.token_service = &elsewhere_,
                           .realm = ElsewhereUrl() + "/token",
                           .username = "user",
                           .password = "secret"});

  const auto refused = Get();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied,
                                Reason::kUpstreamRefused));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("localhost"));
  EXPECT_THAT(Authorizations(elsewhere_, "/token"), ::testing::ElementsAre(""));

  access_.trusted_token_realms = {"localhost"};
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(elsewhere_, "/token"),
              ::testing::ElementsAre("", kBasic));
}

TEST_F(HttpUpstreamClientTrustTest,
       RedirectOfTheRealmDoesNotGetTheCredentials) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  registry_.Answer({"", "/token"},
                   FakeAnswer::Redirect(ElsewhereUrl() + "/token"));
  elsewhere_.Answer({}, FakeAnswer::Status(200, {}, R"({"token":"stolen"})"));

  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(Authorizations(elsewhere_, "/token"), ::testing::ElementsAre(""));
}

// Docker Hub and Quay answer 401 for what does not exist, GHCR's token service
// refuses the token.
TEST_F(HttpUpstreamClientTrustTest, WhatNobodyIsShownIsNotFoundToTheAnonymous) {
  registry_.RequireBearer(
      {.username = "user", .password = "secret", .anonymous_gets_token = true});
  EXPECT_THAT(Get(),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  registry_.RequireBearer({.username = "user", .password = "secret"});
  access_.id = 2;
  EXPECT_THAT(Get(),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_TRUE(IsHidden(Get().status()));
  KeepingSink sink;
  EXPECT_THAT(GetBlob(Digest::OfBytes(""), sink),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  // With credentials the same is a denial.
  access_.username = "other";
  access_.password = "wrong";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamRefused));
}

TEST_F(HttpUpstreamClientTrustTest, DenialByTheSinkIsNotTakenForTheUpstreams) {
  class DenyingSink : public KeepingSink {
   public:
    absl::Status OnHeader(const UpstreamBlobHeader&) override { return mine; }
    const absl::Status mine = errors::UpstreamRefused("mine", "only");
  };
  registry_.RequireBearer({});
  DenyingSink sink;
  EXPECT_EQ(GetBlob(registry_.AddBlob("a/b", "bytes"), sink), sink.mine);
}

TEST_F(HttpUpstreamClientTrustTest, FailingTokenServiceIsNotADenial) {
  registry_.RequireBearer({});
  registry_.Answer({"", "/token"}, FakeAnswer::Status(503));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamUnavailable));
  registry_.Answer({"", "/token"},
                   FakeAnswer::Status(429, {{"Retry-After", "9"}}));
  const auto limited = Get();
  EXPECT_THAT(limited, StatusIs(absl::StatusCode::kResourceExhausted,
                                Reason::kUpstreamRateLimited));
  EXPECT_EQ(RetryAfterOf(limited.status()), absl::Seconds(9));
  for (const std::string answer :
       {"", "<html>", "{}", R"({"token":""})", R"({"token":7})", "[]",
        R"({"token":"a\r\nX-Injected: b"})"}) {
    registry_.Answer({"", "/token"}, FakeAnswer::Status(200, {}, answer));
    EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                                Reason::kUpstreamInvalid))
        << answer;
  }
  registry_.Answer(
      {"", "/token"},
      FakeAnswer::Status(200, {},
                         std::string(limits::kTokenAnswerBytesMax + 1, ' ')));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
  EXPECT_THAT(Get(), IsOk());
}

// --- Redirects.

TEST_F(HttpUpstreamClientTrustTest, RedirectsAreFollowed) {
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  for (const int status : {301, 302, 303, 307, 308}) {
    registry_.Answer({"", "/v2/a/b/blobs/"},
                     FakeAnswer::Redirect("/cdn/blob?sig=x%2Fy", status));
    registry_.Answer({"", "/cdn/"}, FakeAnswer::Status(200, {}, "bytes"));
    KeepingSink sink;
    EXPECT_THAT(GetBlob(blob, sink), IsOk()) << status;
    EXPECT_EQ(sink.bytes, "bytes");
  }
  EXPECT_EQ(registry_.requests({"", "/cdn/"})[0].target, "/cdn/blob?sig=x%2Fy");
}

TEST_F(HttpUpstreamClientTrustTest, RedirectsWithoutEndAreNot) {
  registry_.Answer({}, FakeAnswer::Redirect("/v2/again"),
                   FakeRegistry::kAlways);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
  EXPECT_EQ(registry_.requests().size(), 6);
}

TEST_F(HttpUpstreamClientTrustTest, RedirectToNowhereIsInvalid) {
  for (const std::string location : {"", "file:///etc/passwd", "http://"}) {
    registry_.Answer({}, FakeAnswer::Redirect(location));
    EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                                Reason::kUpstreamInvalid))
        << location;
  }
}

TEST_F(HttpUpstreamClientTrustTest, AuthorizationStaysAtItsOrigin) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  elsewhere_.Answer({}, FakeAnswer::Status(200, {}, "bytes"));
  KeepingSink first;
  ASSERT_THAT(GetBlob(blob, first), IsOk());

  registry_.Answer({"", "/blobs/"},
                   FakeAnswer::Redirect(ElsewhereUrl() + "/b"));
  KeepingSink second;
  EXPECT_THAT(GetBlob(blob, second), IsOk());
  EXPECT_THAT(Authorizations(elsewhere_, "/b"), ::testing::ElementsAre(""));
  // The other port of the same host is another origin as well.
  elsewhere_.Answer({}, FakeAnswer::Status(200, {}, "bytes"));
  registry_.Answer({"", "/blobs/"},
                   FakeAnswer::Redirect(elsewhere_.url() + "/c"));
  KeepingSink third;
  EXPECT_THAT(GetBlob(blob, third), IsOk());
  EXPECT_THAT(Authorizations(elsewhere_, "/c"), ::testing::ElementsAre(""));
}

// registry.k8s.io sends manifests to regional registries that challenge again.
TEST_F(HttpUpstreamClientTrustTest, ChallengeElsewhereIsAnsweredAnonymously) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  ASSERT_THAT(Get(), IsOk());
  elsewhere_.AddManifest("mirror/b", "t", kType, kManifest);
  elsewhere_.RequireBearer({});
  registry_.Answer(
      {"", "/manifests/"},
      FakeAnswer::Redirect(ElsewhereUrl() + "/v2/mirror/b/manifests/t"));

  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(elsewhere_, "/token"), ::testing::ElementsAre(""));
  EXPECT_THAT(Authorizations(elsewhere_, "/manifests/"),
              ::testing::ElementsAre("", "Bearer token-1"));
  // Basic would be the credentials themselves.
  elsewhere_.RequireBasic("user", "secret");
  registry_.Answer(
      {"", "/manifests/"},
      FakeAnswer::Redirect(ElsewhereUrl() + "/v2/mirror/b/manifests/t"));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(Authorizations(elsewhere_, "/manifests/").back(), "");
}

TEST_F(HttpUpstreamClientTrustTest, InsideIsOutOfReachForRedirectsAndRealms) {
  registry_.Answer({}, FakeAnswer::Redirect("http://169.254.169.254/latest/"));
  EXPECT_THAT(Get(),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied));
  registry_.Answer(
      {}, FakeAnswer::Status(
              401, {{"WWW-Authenticate",
                     "Bearer realm=\"http://169.254.169.254/token\""}}));
  EXPECT_THAT(Get(),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied));
}

TEST_F(HttpUpstreamClientTrustTest,
       UnverifiedContentIsNotTakenFromHttpAfterHttps) {
  const testing::TestAuthority authority;
  const auto issued = authority.Issue();
  FakeRegistry secure(
      {.tls = FakeRegistry::Tls{issued.certificate_pem, issued.key_pem, ""}});
  access_.url = secure.url();
  access_.tls.ca_bundle_pem = authority.certificate_pem();
  secure.Answer({},
                FakeAnswer::Redirect(registry_.url() + "/v2/a/b/manifests/t"),
                FakeRegistry::kAlways);

  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
  EXPECT_THAT(Head(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  EXPECT_TRUE(registry_.requests().empty());
  // A digest proves the bytes, wherever they are from.
  EXPECT_THAT(Get(Digest::OfBytes(kManifest).ToString()), IsOk());
}

TEST_F(HttpUpstreamClientTrustTest, ClientCertificateStaysAtTheUpstreamsHost) {
  const testing::TestAuthority authority;
  const auto server = authority.Issue();
  const auto client = authority.Issue();
  FakeRegistry secure(
      {.tls = FakeRegistry::Tls{server.certificate_pem, server.key_pem,
                                authority.certificate_pem()}});
  secure.AddManifest("a/b", "t", kType, kManifest);
  access_.url = secure.url();
  access_.tls = {authority.certificate_pem(), client.certificate_pem,
                 client.key_pem};
  EXPECT_THAT(Get(), IsOk());
  // The same server by another name asks in vain.
  secure.Answer({}, FakeAnswer::Redirect(absl::StrCat(
                        "https://localhost:", secure.port(), "/elsewhere")));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(secure.CountRequests({"", "/elsewhere"}), 0);
}

}  // namespace
}  // namespace cvr
