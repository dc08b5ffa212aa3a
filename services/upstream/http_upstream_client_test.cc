#include "services/upstream/http_upstream_client.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/thread.h"
#include "services/upstream/build_upstream_client.h"
#include "tests/support/fake_registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"

namespace cvr {
namespace {

using testing::FakeAnswer;
using testing::FakeRegistry;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using ::testing::StartsWith;
using testing::StatusIs;

constexpr char kType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kManifest[] = R"({"schemaVersion":2,"config":{},"layers":[]})";
constexpr char kBasic[] = "Basic dXNlcjpzZWNyZXQ=";  // user:secret

class ManualClock : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = absl::FromUnixSeconds(1700000000);
};

class Sink : public UpstreamBlobSink {
 public:
  absl::Status OnHeader(const UpstreamBlobHeader& given) override {
    header = given;
    return absl::OkStatus();
  }
  absl::Status OnBytes(absl::string_view piece) override {
    bytes.append(piece.data(), piece.size());
    return absl::OkStatus();
  }
  UpstreamBlobHeader header;
  std::string bytes;
};

// A client with one upstream, and another registry for what is elsewhere.
class HttpUpstreamClientTest : public ::testing::Test {
 protected:
  HttpUpstreamClientTest() {
    registry_.AddManifest("a/b", "t", kType, kManifest);
    access_.id = 1;
    access_.name = "fake";
    access_.url = registry_.url();
  }

  void HoldCredentials() {
    access_.username = "user";
    access_.password = "secret";
  }

  absl::StatusOr<UpstreamManifest> Get(const std::string& reference = "t") {
    return client_->GetManifest(access_, repository_,
                                *Reference::Parse(reference));
  }
  absl::StatusOr<Descriptor> Head(const std::string& reference = "t") {
    return client_->HeadManifest(access_, repository_,
                                 *Reference::Parse(reference));
  }
  absl::Status GetBlob(const Digest& digest, Sink& sink,
                       const UpstreamBlobPart& part = {}) {
    return client_->GetBlob(access_, repository_, digest, part, sink);
  }
  // The other registry by another name, so by another origin.
  std::string ElsewhereUrl() const {
    return absl::StrCat("http://localhost:", elsewhere_.port());
  }
  static std::vector<std::string> Authorizations(const FakeRegistry& registry,
                                                 const std::string& target) {
    std::vector<std::string> values;
    for (const auto& request : registry.requests({"", target})) {
      values.push_back(request.Header("Authorization"));
    }
    return values;
  }

  FakeRegistry registry_;
  FakeRegistry elsewhere_;
  ManualClock clock_;
  const Repository repository_ = *Repository::Parse("a/b");
  UpstreamAccess access_;
  const std::unique_ptr<UpstreamClient> client_ = BuildUpstreamClient(
      {.allow_private_addresses = true, .proxies = {}}, clock_);
};

// --- What is asked for.

TEST_F(HttpUpstreamClientTest, RequestsCarryWhatRegistriesNeed) {
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  Sink sink;
  ASSERT_THAT(Get(), IsOk());
  ASSERT_THAT(GetBlob(blob, sink), IsOk());

  for (const auto& request : registry_.requests()) {
    EXPECT_EQ(request.Header("Accept-Encoding"), "identity");
    EXPECT_THAT(request.Header("User-Agent"),
                StartsWith("container-virtual-registry/"));
    EXPECT_EQ(request.Header("Authorization"), "");
  }
  EXPECT_EQ(registry_.requests()[0].Header("Accept"),
            "application/vnd.oci.image.index.v1+json, "
            "application/vnd.docker.distribution.manifest.list.v2+json, "
            "application/vnd.oci.image.manifest.v1+json, "
            "application/vnd.docker.distribution.manifest.v2+json, "
            "application/json, */*");
}

TEST_F(HttpUpstreamClientTest, BlobsAreNeverAskedForByHead) {
  Sink sink;
  ASSERT_THAT(GetBlob(registry_.AddBlob("a/b", "bytes"), sink), IsOk());
  EXPECT_EQ(registry_.CountRequests({"HEAD", ""}), 0);
  EXPECT_EQ(registry_.CountRequests({"GET", "/blobs/"}), 1);
}

// --- Authentication.

TEST_F(HttpUpstreamClientTest, CredentialsBuyATokenThatIsUsedAgain) {
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

TEST_F(HttpUpstreamClientTest, ScopeIsOursWhenTheChallengeHasNone) {
  registry_.RequireBearer({.scope_in_challenge = false});
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(HttpUpstreamClientTest, AccessTokenIsATokenToo) {
  registry_.RequireBearer({.token_member = "access_token"});
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(HttpUpstreamClientTest, TokenIsRenewedBeforeItExpires) {
  registry_.RequireBearer({.expires_in_seconds = 300});
  EXPECT_THAT(Get(), IsOk());
  clock_.now += absl::Seconds(239);
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 1);
  clock_.now += absl::Seconds(1);
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 2);
}

TEST_F(HttpUpstreamClientTest, TokenLivesAMinuteWhenNobodySays) {
  registry_.RequireBearer({.expires_in_seconds = std::nullopt});
  EXPECT_THAT(Get(), IsOk());
  clock_.now += absl::Seconds(47);
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 1);
  clock_.now += absl::Seconds(1);
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 2);
}

TEST_F(HttpUpstreamClientTest, RevokedTokenIsExchangedOnce) {
  registry_.RequireBearer({});
  EXPECT_THAT(Get(), IsOk());
  registry_.RevokeTokens();
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(registry_, "/manifests/"),
              ::testing::ElementsAre("", "Bearer token-1", "Bearer token-1",
                                     "Bearer token-2"));
}

TEST_F(HttpUpstreamClientTest, ChallengesWithoutEndAreNotFollowed) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  registry_.Answer(
      {"", "/manifests/"},
      FakeAnswer::Status(401, {{"WWW-Authenticate",
                                absl::StrCat("Bearer realm=\"", registry_.url(),
                                             "/token\"")}}),
      FakeRegistry::kAlways);

  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamDenied));
  EXPECT_EQ(registry_.CountRequests({"", "/manifests/"}), 2);
  EXPECT_EQ(registry_.CountRequests({"", "/token"}), 1);
}

TEST_F(HttpUpstreamClientTest, ConcurrentRequestsShareOneExchange) {
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

TEST_F(HttpUpstreamClientTest, CredentialsAreNotMixedUp) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  EXPECT_THAT(Get(), IsOk());
  access_.password = "wrong";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamDenied));
}

TEST_F(HttpUpstreamClientTest, BasicChallengeGetsTheCredentials) {
  HoldCredentials();
  registry_.RequireBasic("user", "secret");
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(registry_, "/manifests/"),
              ::testing::ElementsAre("", kBasic, kBasic));
  access_.password = "wrong";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamDenied));
  access_.username = access_.password = "";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamDenied));
}

TEST_F(HttpUpstreamClientTest, UntrustedRealmIsAskedAnonymously) {
  HoldCredentials();
  registry_.RequireBearer({.token_service = &elsewhere_,
                           .realm = ElsewhereUrl() + "/token",
                           .username = "user",
                           .password = "secret"});

  const auto refused = Get();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied,
                                Reason::kUpstreamDenied));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("localhost"));
  EXPECT_THAT(Authorizations(elsewhere_, "/token"), ::testing::ElementsAre(""));

  access_.trusted_token_realms = {"localhost"};
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(Authorizations(elsewhere_, "/token"),
              ::testing::ElementsAre("", kBasic));
}

TEST_F(HttpUpstreamClientTest, RedirectOfTheRealmDoesNotGetTheCredentials) {
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
TEST_F(HttpUpstreamClientTest, WhatNobodyIsShownIsNotFoundToTheAnonymous) {
  registry_.RequireBearer(
      {.username = "user", .password = "secret", .anonymous_gets_token = true});
  EXPECT_THAT(Get(),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  registry_.RequireBearer({.username = "user", .password = "secret"});
  access_.id = 2;
  EXPECT_THAT(Get(),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  Sink sink;
  EXPECT_THAT(GetBlob(Digest::OfBytes(""), sink),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  // With credentials the same is a denial.
  access_.username = "other";
  access_.password = "wrong";
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kPermissionDenied,
                              Reason::kUpstreamDenied));
}

TEST_F(HttpUpstreamClientTest, DenialByTheSinkIsNotTakenForTheUpstreams) {
  class DenyingSink : public Sink {
   public:
    absl::Status OnHeader(const UpstreamBlobHeader&) override { return mine; }
    const absl::Status mine = errors::UpstreamDenied("mine", "only");
  };
  registry_.RequireBearer({});
  DenyingSink sink;
  EXPECT_EQ(GetBlob(registry_.AddBlob("a/b", "bytes"), sink), sink.mine);
}

TEST_F(HttpUpstreamClientTest, FailingTokenServiceIsNotADenial) {
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

TEST_F(HttpUpstreamClientTest, RedirectsAreFollowed) {
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  for (const int status : {301, 302, 303, 307, 308}) {
    registry_.Answer({"", "/v2/a/b/blobs/"},
                     FakeAnswer::Redirect("/cdn/blob?sig=x%2Fy", status));
    registry_.Answer({"", "/cdn/"}, FakeAnswer::Status(200, {}, "bytes"));
    Sink sink;
    EXPECT_THAT(GetBlob(blob, sink), IsOk()) << status;
    EXPECT_EQ(sink.bytes, "bytes");
  }
  EXPECT_EQ(registry_.requests({"", "/cdn/"})[0].target, "/cdn/blob?sig=x%2Fy");
}

TEST_F(HttpUpstreamClientTest, RedirectsWithoutEndAreNot) {
  registry_.Answer({}, FakeAnswer::Redirect("/v2/again"),
                   FakeRegistry::kAlways);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
  EXPECT_EQ(registry_.requests().size(), 6);
}

TEST_F(HttpUpstreamClientTest, RedirectToNowhereIsInvalid) {
  for (const std::string location : {"", "file:///etc/passwd", "http://"}) {
    registry_.Answer({}, FakeAnswer::Redirect(location));
    EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                                Reason::kUpstreamInvalid))
        << location;
  }
}

TEST_F(HttpUpstreamClientTest, AuthorizationStaysAtItsOrigin) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  elsewhere_.Answer({}, FakeAnswer::Status(200, {}, "bytes"));
  Sink first;
  ASSERT_THAT(GetBlob(blob, first), IsOk());

  registry_.Answer({"", "/blobs/"},
                   FakeAnswer::Redirect(ElsewhereUrl() + "/b"));
  Sink second;
  EXPECT_THAT(GetBlob(blob, second), IsOk());
  EXPECT_THAT(Authorizations(elsewhere_, "/b"), ::testing::ElementsAre(""));
  // The other port of the same host is another origin as well.
  elsewhere_.Answer({}, FakeAnswer::Status(200, {}, "bytes"));
  registry_.Answer({"", "/blobs/"},
                   FakeAnswer::Redirect(elsewhere_.url() + "/c"));
  Sink third;
  EXPECT_THAT(GetBlob(blob, third), IsOk());
  EXPECT_THAT(Authorizations(elsewhere_, "/c"), ::testing::ElementsAre(""));
}

// registry.k8s.io sends manifests to regional registries that challenge again.
TEST_F(HttpUpstreamClientTest, ChallengeElsewhereIsAnsweredAnonymously) {
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

TEST_F(HttpUpstreamClientTest, InsideIsOutOfReachForRedirectsAndRealms) {
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

TEST_F(HttpUpstreamClientTest, UnverifiedContentIsNotTakenFromHttpAfterHttps) {
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

TEST_F(HttpUpstreamClientTest, ClientCertificateStaysAtTheUpstreamsHost) {
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

// --- What may be wrong with an answer.

TEST_F(HttpUpstreamClientTest, DigestThatTheUpstreamSaysIsVerified) {
  FakeAnswer lie;
  lie.headers = {
      {"Docker-Content-Digest", Digest::OfBytes("other").ToString()}};
  registry_.Answer({}, lie, 3);
  const std::string digest = Digest::OfBytes(kManifest).ToString();
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kContentMismatch));
  EXPECT_THAT(Get(digest), StatusIs(absl::StatusCode::kUnavailable,
                                    Reason::kContentMismatch));
  EXPECT_THAT(Head(digest), StatusIs(absl::StatusCode::kUnavailable,
                                     Reason::kContentMismatch));
  lie.headers = {{"Docker-Content-Digest", "md5:abc"}};
  registry_.Answer({}, lie);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, DigestNeedNotBeSaid) {
  FakeAnswer silent;
  silent.without_headers = {"Docker-Content-Digest", "ETag"};
  registry_.Answer({}, silent, 3);
  const Digest digest = Digest::OfBytes(kManifest);
  const auto manifest = Get();
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->target.digest, digest);
  EXPECT_EQ(manifest->etag, "");
  // But then a HEAD of a tag says nothing.
  EXPECT_THAT(Head(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  EXPECT_THAT(Head(digest.ToString()), IsOk());
}

TEST_F(HttpUpstreamClientTest, HugeManifestIsRefused) {
  const std::string huge(limits::kManifestBytesMax + 1, ' ');
  FakeAnswer answer = FakeAnswer::Status(200, {}, huge);
  registry_.Answer({}, answer);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
  answer.chunked = true;
  registry_.Answer({}, answer);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, WebPageIsNoManifest) {
  registry_.Answer({}, FakeAnswer::Status(200, {{"Content-Type", "text/html"}},
                                          "<html>Please log in</html>"));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, EncodedManifestIsRefused) {
  FakeAnswer encoded;
  encoded.headers = {{"Content-Encoding", "gzip"}};
  registry_.Answer({}, encoded);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, EncodedBlobComesAsItIs) {
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  FakeAnswer encoded;
  encoded.headers = {{"Content-Encoding", "gzip"}};
  registry_.Answer({}, encoded);
  Sink sink;
  EXPECT_THAT(GetBlob(blob, sink), IsOk());
  EXPECT_EQ(sink.bytes, "bytes");
}

TEST_F(HttpUpstreamClientTest, ContentTypeLosesItsParameters) {
  FakeAnswer answer;
  answer.headers = {{"Content-Type", absl::StrCat(kType, "; charset=utf-8")}};
  registry_.Answer({}, answer, 2);
  EXPECT_EQ(Get()->target.media_type, kType);
  EXPECT_EQ(Head()->media_type, kType);
}

TEST_F(HttpUpstreamClientTest, StatusesMeanWhatTheHeaderSays) {
  const auto code_of = [&](int status) {
    registry_.Answer({}, FakeAnswer::Status(status));
    const auto answer = Get();
    return std::pair(answer.status().code(), ReasonOf(answer.status()));
  };
  using absl::StatusCode;
  EXPECT_EQ(code_of(404),
            std::pair(StatusCode::kNotFound, Reason::kManifestUnknown));
  for (const int status : {401, 403}) {
    EXPECT_EQ(code_of(status), std::pair(StatusCode::kPermissionDenied,
                                         Reason::kUpstreamDenied));
  }
  for (const int status : {408, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(code_of(status), std::pair(StatusCode::kUnavailable,
                                         Reason::kUpstreamUnavailable));
  }
  for (const int status : {202, 204, 206, 304, 400, 405, 406, 410, 416, 418}) {
    EXPECT_EQ(code_of(status),
              std::pair(StatusCode::kUnavailable, Reason::kUpstreamInvalid))
        << status;
  }
}

TEST_F(HttpUpstreamClientTest, BusyUpstreamMaySayWhenToComeBack) {
  registry_.Answer({}, FakeAnswer::Status(503, {{"Retry-After", "9"}}));
  EXPECT_EQ(RetryAfterOf(Get().status()), absl::Seconds(9));
  registry_.Answer(
      {},
      FakeAnswer::Status(
          429, {{"Retry-After", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT",
                                                 clock_.now + absl::Seconds(30),
                                                 absl::UTCTimeZone())}}));
  EXPECT_EQ(RetryAfterOf(Get().status()), absl::Seconds(30));
}

TEST_F(HttpUpstreamClientTest, PartMustBeTheOneAskedFor) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  for (const std::string range :
       {"bytes 4-9/10", "bytes 5-8/10", "bytes 5-9/9", "", "bytes */10"}) {
    FakeAnswer wrong;
    wrong.headers = {{"Content-Range", range}};
    registry_.Answer({}, wrong);
    Sink sink;
    EXPECT_THAT(
        GetBlob(blob, sink, {.offset = 5}),
        StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid))
        << range;
    EXPECT_EQ(sink.bytes, "");
  }
  Sink past_the_end;
  EXPECT_THAT(
      GetBlob(blob, past_the_end, {.offset = 10}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, PartOfUnknownTotalIsTaken) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer answer;
  answer.headers = {{"Content-Range", "bytes 5-9/*"}};
  registry_.Answer({}, answer);
  Sink sink;
  EXPECT_THAT(GetBlob(blob, sink, {.offset = 5}), IsOk());
  EXPECT_EQ(sink.header.size_bytes, std::nullopt);
  EXPECT_EQ(sink.bytes, "56789");
}

TEST_F(HttpUpstreamClientTest, BodyMustFillThePartItAnnounces) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer fewer;
  fewer.body = "567";
  registry_.Answer({}, fewer);
  Sink sink;
  EXPECT_THAT(
      GetBlob(blob, sink, {.offset = 5}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  FakeAnswer more;
  more.body = "56789ABC";
  registry_.Answer({}, more);
  Sink other;
  EXPECT_THAT(
      GetBlob(blob, other, {.offset = 5}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientTest, SizeMayBeUnknown) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer chunked;
  chunked.chunked = true;
  registry_.Answer({}, chunked, 2);
  Sink sink;
  EXPECT_THAT(GetBlob(blob, sink), IsOk());
  EXPECT_EQ(sink.header.size_bytes, std::nullopt);
  EXPECT_EQ(sink.bytes, "0123456789");
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(HttpUpstreamClientTest, PartMayGoBeyondAllNumbers) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  Sink sink;
  EXPECT_THAT(GetBlob(blob, sink, {.offset = 5, .length = UINT64_MAX}), IsOk());
  EXPECT_EQ(sink.bytes, "56789");
}

TEST_F(HttpUpstreamClientTest, WeakEtagIsNoPromise) {
  const Digest blob = registry_.AddBlob("a/b", "0123456789");
  FakeAnswer weak;
  weak.headers = {{"ETag", "W/\"x\""}};
  registry_.Answer({}, weak, 2);
  Sink sink;
  EXPECT_THAT(GetBlob(blob, sink), IsOk());
  EXPECT_EQ(sink.header.etag, "");
  EXPECT_EQ(Get()->etag, "x");
}

// --- What people read.

TEST_F(HttpUpstreamClientTest, MessagesNameHostsAndNoSecrets) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  const Digest blob = registry_.AddBlob("a/b", "bytes");
  registry_.Answer({"", "/blobs/"},
                   FakeAnswer::Redirect(
                       absl::StrCat(ElsewhereUrl(), "/b?Signature=sesame")));
  elsewhere_.Answer({}, FakeAnswer::Status(403));
  Sink sink;
  const std::string message(GetBlob(blob, sink).message());
  EXPECT_THAT(message,
              HasSubstr(absl::StrCat("localhost:", elsewhere_.port())));
  EXPECT_THAT(message, Not(HasSubstr("sesame")));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace cvr
