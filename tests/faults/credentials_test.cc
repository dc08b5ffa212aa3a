// What upstreams answer to our credentials, and how those get to them.
// REGRESSIONS.md tells where each was met.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "services/concurrency/thread.h"
#include "tests/faults/several_upstreams.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Upstream WithLogin(v1::Upstream settings) {
  SetLogin(settings, "user", "secret");
  return settings;
}

class CredentialsTest : public SeveralUpstreams {
 protected:
  std::unique_ptr<Source> AddPrivate(v1::Upstream settings = AlwaysStale()) {
    auto source = Add(WithLogin(std::move(settings)));
    source->fake().RequireBearer({.username = "user", .password = "secret"});
    return source;
  }
  void Warm(Source& source, const TestImage& image, const std::string& tag) {
    source.Add(image, tag);
    ExpectContent(GetTag(tag), image.manifest);
    ExpectContent(Get(BlobPath(image)), image.blob);
    source.AwaitEntry(BlobPath(image));
  }
  // Whatever token is shown, manifests and blobs are not for us.
  static void Hide(Source& source, int status) {
    FakeAnswer answer = FakeAnswer::Status(
        status, {{"WWW-Authenticate",
                  absl::StrCat("Bearer realm=\"", source.fake().url(),
                               "/token\",service=\"fake\","
                               "scope=\"repository:library/app:pull\","
                               "error=\"insufficient_scope\"")}});
    for (const char* kind : {"/manifests/", "/blobs/", "/tags/"}) {
      source.fake().Answer({"", kind}, answer, FakeRegistry::kAlways);
    }
  }

  // The same, where no token is remembered: who shows none is challenged once
  // for what is asked for under `kind`. A 403 is for those who show one.
  static void HideAndChallenge(Source& source, int status,
                               const std::string& kind) {
    source.fake().ClearAnswers();
    if (status == 403) {
      source.fake().Answer(
          {"", kind},
          FakeAnswer::Status(
              401, {{"WWW-Authenticate",
                     absl::StrCat("Bearer realm=\"", source.fake().url(),
                                  "/token\",service=\"fake\"")}}));
    }
    Hide(source, status);
  }
};

TEST_F(CredentialsTest, WhatIsNotForUsDoesNotHideWhatTheNextHas) {
  for (const int status : {401, 403}) {
    SCOPED_TRACE(status);
    const auto first = AddPrivate();
    const auto second = Add(AlwaysStale());
    const TestImage image = ImageNamed(absl::StrCat("next", status));
    second->Add(image, absl::StrCat("v", status));
    HideAndChallenge(*first, status, "/manifests/");
    ExpectContent(GetTag(absl::StrCat("v", status)), image.manifest);
    EXPECT_GT(first->fake().CountRequests({"", "/token"}), 0);
  }
}

// What the tag led to, as well: the manifest and its layer.
TEST_F(CredentialsTest, WhatIsNotForUsAnyMoreIsNotServedFromTheCache) {
  for (const int status : {401, 403}) {
    SCOPED_TRACE(status);
    const auto first = AddPrivate();
    const TestImage image = ImageNamed(absl::StrCat("image", status));
    const std::string tag = absl::StrCat("v", status);
    Warm(*first, image, tag);
    Hide(*first, status);
    const HttpResponse hidden = GetTag(tag);
    ExpectError(hidden, 404, "MANIFEST_UNKNOWN");
    EXPECT_THAT(hidden.body, HasSubstr(absl::StrCat("granted a token and "
                                                    "answered ",
                                                    status)));
    EXPECT_THAT(hidden.body, HasSubstr("--on-hidden"));
    EXPECT_FALSE(first->HasEntry(TagPath(tag)));
    const int asked = first->requests();
    HideAndChallenge(*first, status, "/manifests/");
    ExpectError(Get(DigestPath(image)), 404, "MANIFEST_UNKNOWN");
    const HttpResponse blob = Get(BlobPath(image));
    ExpectError(blob, 404, "BLOB_UNKNOWN");
    EXPECT_THAT(blob.body, HasSubstr("granted a token"));
    EXPECT_FALSE(first->HasEntry(DigestPath(image)));
    EXPECT_FALSE(first->HasEntry(BlobPath(image)));
    // It was asked, rather than the cache.
    EXPECT_GT(first->requests(), asked);
    first->fake().ClearAnswers();
    ExpectContent(GetTag(tag), image.manifest);
    ExpectContent(Get(BlobPath(image)), image.blob);
  }
}

TEST_F(CredentialsTest, WhatOthersHaveIsServedInTheirNameOnly) {
  const auto first = AddPrivate();
  const auto second = Add(AlwaysStale());
  const TestImage image = ImageNamed("image");
  Warm(*first, image, "v1");
  Hide(*first, 403);
  ExpectError(GetTag("v1"), 404, "MANIFEST_UNKNOWN");
  HideAndChallenge(*first, 403, "/blobs/");
  ExpectError(Get(BlobPath(image)), 404, "BLOB_UNKNOWN");
  second->Add(image, "v1");
  ExpectContent(GetTag("v1"), image.manifest);
  ExpectContent(Get(BlobPath(image)), image.blob);
  EXPECT_TRUE(second->HasEntry(TagPath("v1")));
  EXPECT_FALSE(first->HasEntry(TagPath("v1")));
  // Its copy is not touched by what the first says.
  ExpectContent(Get(DigestPath(image)), image.manifest);
}

TEST_F(CredentialsTest, WhatIsNotForUsMayStopThePull) {
  v1::Upstream settings = AlwaysStale();
  auto& on_hidden = *settings.mutable_failure_policy()->mutable_hidden();
  on_hidden.set_cached(v1::FailurePolicy::FAILURE_ACTION_STOP);
  on_hidden.set_tag(v1::FailurePolicy::FAILURE_ACTION_STOP);
  on_hidden.set_digest(v1::FailurePolicy::FAILURE_ACTION_STOP);
  const auto first = AddPrivate(settings);
  const auto second = Add(AlwaysStale());
  const TestImage image = ImageNamed("image");
  second->Add(image, "v1");
  Hide(*first, 401);
  const HttpResponse stopped = GetTag("v1");
  ExpectError(stopped, 403, "DENIED");
  EXPECT_THAT(stopped.body, HasSubstr("--on-hidden tag=next"));
  for (const std::string& path : {DigestPath(image), BlobPath(image)}) {
    const HttpResponse by_digest = Get(path);
    ExpectError(by_digest, 403, "DENIED");
    EXPECT_THAT(by_digest.body, HasSubstr("--on-hidden digest=next"));
  }
  // But for a HEAD ahead of its turn, when the first is slow.
  EXPECT_EQ(second->fake().CountRequests({"GET", ""}), 0);
}

TEST_F(CredentialsTest, WhatIsNotForUsAnyMoreMayBeServedStale) {
  v1::Upstream settings = AlwaysStale();
  settings.mutable_failure_policy()->mutable_hidden()->set_cached(
      v1::FailurePolicy::FAILURE_ACTION_SERVE_STALE);
  const auto first = AddPrivate(settings);
  const TestImage image = ImageNamed("image");
  Warm(*first, image, "v1");
  Hide(*first, 403);
  ExpectContent(GetTag("v1"), image.manifest);
  EXPECT_TRUE(first->HasEntry(TagPath("v1")));
}

TEST_F(CredentialsTest, ExplainTellsWhatIsNotForUsAndTheSwitch) {
  for (const bool stops : {false, true}) {
    SCOPED_TRACE(stops);
    v1::Upstream settings = AlwaysStale(Remembering(absl::Hours(1)));
    if (stops) {
      settings.mutable_failure_policy()->mutable_hidden()->set_tag(
          v1::FailurePolicy::FAILURE_ACTION_STOP);
    }
    const auto first = AddPrivate(settings);
    const auto second = Add(AlwaysStale());
    const std::string tag = stops ? "stops" : "goes-on";
    Hide(*first, 401);
    EXPECT_EQ(GetTag(tag).status, stops ? 403 : 404);
    const v1::ExplainResponse told =
        installation().Explain(registry_, TagPath(tag));
    ASSERT_EQ(told.considered_size(), 2);
    EXPECT_EQ(told.considered(0).verdict(),
              v1::ExplainResponse::Considered::VERDICT_KNOWN_HIDDEN);
    EXPECT_THAT(
        told.considered(0).why(),
        HasSubstr(
            stops ? "--on-hidden tag=next would continue with the next upstream"
                  : "--on-hidden tag=stop would end the pull"));
    EXPECT_THAT(told.outcome(), HasSubstr(stops ? "answers 403" : "asks"));
    const int asked = first->requests();
    EXPECT_EQ(GetTag(tag).status, stops ? 403 : 404);
    EXPECT_EQ(first->requests(), asked);
    installation().Detach(registry_, first->id());
    installation().Detach(registry_, second->id());
  }
}

// Anonymous callers, too: an image that was public is so no more.
TEST_F(CredentialsTest, WhatIsNotPublicAnyMoreIsNotServedFromTheCache) {
  const auto upstream = Add(AlwaysStale());
  upstream->fake().RequireBearer({});
  const TestImage image = ImageNamed("image");
  Warm(*upstream, image, "v1");
  Hide(*upstream, 401);
  ExpectError(GetTag("v1"), 404, "MANIFEST_UNKNOWN");
  ExpectError(Get(DigestPath(image)), 404, "MANIFEST_UNKNOWN");
  ExpectError(Get(BlobPath(image)), 404, "BLOB_UNKNOWN");
}

TEST_F(CredentialsTest, CredentialsThatAreRefusedStopThePull) {
  const auto first = AddPrivate();
  const auto second = Add(AlwaysStale());
  second->Add(ImageNamed("image"), "v1");
  first->fake().RequireBearer({.username = "user", .password = "another"});
  const HttpResponse denied = GetTag("v1");
  ExpectError(denied, 403, "DENIED");
  EXPECT_THAT(denied.body, HasSubstr("--on-refused tag=next"));
  // But for a HEAD ahead of its turn, when the first is slow.
  EXPECT_EQ(second->fake().CountRequests({"GET", ""}), 0);
}

// As nvcr.io: an expired token gets a challenge that leads nowhere.
TEST_F(CredentialsTest, AnExpiredTokenIsForgottenAndItsChallengeNotFollowed) {
  for (const int status : {401, 403}) {
    SCOPED_TRACE(status);
    const auto first = AddPrivate();
    const std::string tag = absl::StrCat("v", status);
    const TestImage image = ImageNamed(tag);
    first->Add(image, tag);
    ExpectContent(GetTag(tag), image.manifest);
    first->fake().RevokeTokens();
    first->fake().Answer(
        {"HEAD", "/manifests/"},
        FakeAnswer::Status(status,
                           {{"WWW-Authenticate",
                             "Bearer realm=\"http://127.0.0.1:1/gone\""}}));
    ExpectContent(GetTag(tag), image.manifest);
    EXPECT_TRUE(first->HasEntry(TagPath(tag)));
  }
}

TEST_F(CredentialsTest, ARealmMayBeRelative) {
  for (const char* realm : {"/token", "token", "//"}) {
    SCOPED_TRACE(realm);
    const auto first = AddPrivate();
    const TestImage image = ImageNamed(realm);
    first->Add(image, "v1");
    first->fake().RequireBearer(
        {.realm = realm, .username = "user", .password = "secret"});
    if (std::string(realm) == "//") {
      EXPECT_EQ(GetTag("v1").status, 502);
      continue;
    }
    ExpectContent(Get(DigestPath(image)), image.manifest);
  }
}

// A registry of one manifest for who sends `authorization`, by plain sockets:
// the fake's library takes no lines of more than 8 KiB.
class LongHeadRegistry {
 public:
  LongHeadRegistry(std::string authorization, std::string manifest)
      : authorization_(std::move(authorization)),
        manifest_(std::move(manifest)),
        listening_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listening_, any, size), 0);
    EXPECT_EQ(listen(listening_, 8), 0);
    EXPECT_EQ(getsockname(listening_, any, &size), 0);
    port_ = ntohs(address.sin_port);
    server_ = std::make_unique<Thread>("registry", [this] { Serve(); });
  }
  ~LongHeadRegistry() {
    shutdown(listening_, SHUT_RDWR);
    server_.reset();
    close(listening_);
  }
  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_); }

 private:
  void Serve() {
    for (int fd; (fd = accept(listening_, nullptr, nullptr)) >= 0; close(fd)) {
      std::string head;
      char buffer[4096];
      for (ssize_t count; !absl::StrContains(head, "\r\n\r\n") &&
                          (count = read(fd, buffer, sizeof(buffer))) > 0;) {
        head.append(buffer, count);
      }
      const bool knows = absl::StrContains(
          head, absl::StrCat("Authorization: ", authorization_, "\r\n"));
      const std::string reply = absl::StrCat(
          knows ? "HTTP/1.1 200 OK\r\nContent-Type: "
                : "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                  "Content-Type: ",
          kManifestType, "\r\nConnection: close\r\nContent-Length: ",
          knows ? manifest_.size() : 0, "\r\n\r\n", knows ? manifest_ : "");
      EXPECT_EQ(write(fd, reply.data(), reply.size()),
                static_cast<ssize_t>(reply.size()));
    }
  }

  const std::string authorization_;
  const std::string manifest_;
  const int listening_;
  int port_ = 0;
  std::unique_ptr<Thread> server_;
};

// As long as tokens and JSON keys of clouds are, and longer.
TEST_F(CredentialsTest, PasswordsOf16KiBAreShown) {
  const std::string password =
      absl::StrCat("{\n\"key\": \"", std::string(16 * 1024 - 12, 'k'), "\"}");
  const TestImage image = ImageNamed("image");
  const LongHeadRegistry registry(
      absl::StrCat("Basic ",
                   absl::Base64Escape(absl::StrCat("_json_key:", password))),
      image.manifest);
  v1::Upstream settings;
  settings.set_url(registry.url());
  SetLogin(settings, "_json_key", password);
  const int64_t id = installation().CreateUpstream(settings);
  installation().Attach(registry_, id);
  ExpectContent(GetTag("v1"), image.manifest);
  installation().DeleteUpstream(id);
}

// Bytes that are no text, by every way that passwords come in.
class PasswordBytesTest : public SeveralUpstreams {
 protected:
  // An upstream that wants the password, with an image.
  std::unique_ptr<FakeRegistry> NewFake() {
    auto fake = std::make_unique<FakeRegistry>();
    fake->RequireBasic("robot", password_);
    image_.AddTo(*fake, "library/app", "v1");
    return fake;
  }
  // `create` makes the upstream of a URL in a registry.
  void ExpectPull(const std::function<void(int64_t registry,
                                           const std::string& url)>& create) {
    fakes_.push_back(NewFake());
    const int64_t registry = installation().CreateRegistry();
    create(registry, fakes_.back()->url());
    ExpectContent(installation().Get(registry, TagPath("v1")), image_.manifest);
  }
  void SetLoginBytes(v1::Upstream& upstream) const {
    auto& basic = *upstream.mutable_credentials()->mutable_basic();
    basic.set_username("robot");
    basic.set_password_bytes(password_);
  }
  // A script with the password in the file `password`.
  void Cvr(const std::string& script) {
    installation().Write("password", password_ + "\n");
    installation().Shell(script);
  }

  const std::string password_ = "caf\xe9 \xff\xfe\r\n\x01\x7f:\"'$\\ \xc3\xa9";
  const TestImage image_ = ImageNamed("image");
  std::vector<std::unique_ptr<FakeRegistry>> fakes_;
};

TEST_F(PasswordBytesTest, OverGrpc) {
  ExpectPull([&](int64_t registry, const std::string& url) {
    v1::Upstream upstream;
    upstream.set_url(url);
    SetLoginBytes(upstream);
    installation().Attach(registry, installation().CreateUpstream(upstream));
  });
  ExpectPull([&](int64_t registry, const std::string& url) {
    v1::Upstream upstream;
    upstream.set_url(url);
    const int64_t id = installation().CreateUpstream(upstream);
    upstream.set_id(id);
    SetLoginBytes(upstream);
    installation().UpdateUpstream(upstream, {"credentials"});
    installation().Attach(registry, id);
  });
}

TEST_F(PasswordBytesTest, OverRestInAForm) {
  std::string escaped;
  for (const char c : password_) {
    absl::StrAppendFormat(&escaped, "%%%02X", static_cast<unsigned char>(c));
  }
  ExpectPull([&](int64_t registry, const std::string& url) {
    const HttpResponse made = installation().Rest(
        "POST",
        absl::StrCat("virtual_registries/container/registries/", registry,
                     "/upstreams"),
        "application/x-www-form-urlencoded",
        absl::StrCat("name=by-form&url=", url,
                     "&username=robot&password=", escaped));
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_THAT(made.body, Not(HasSubstr("password")));
  });
  const HttpResponse refused = installation().Rest(
      "POST",
      absl::StrCat("virtual_registries/container/registries/", registry_,
                   "/upstreams"),
      "application/json",
      "{\"url\":\"http://h\",\"username\":\"u\",\"password\":\"\xff\"}");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("x-www-form-urlencoded"));
}

TEST_F(PasswordBytesTest, WithTheCommandLine) {
  const std::string create = "$CVR upstream create ";
  for (const std::string& source :
       {std::string("--password-file password"),
        std::string("--password-stdin < password")}) {
    SCOPED_TRACE(source);
    ExpectPull([&](int64_t registry, const std::string& url) {
      Cvr(absl::StrCat(create, "by-cli-", registry, " --registry ", registry,
                       " --url ", url, " --username robot ", source));
    });
  }
  ExpectPull([&](int64_t registry, const std::string& url) {
    Cvr(absl::StrCat("CVR_UPSTREAM_PASSWORD=\"$(cat password)\" ", create,
                     "by-variable --registry ", registry, " --url ", url,
                     " --username robot"));
  });
}

TEST_F(PasswordBytesTest, FromADeclaration) {
  for (const std::string& source : {std::string("password_file: password"),
                                    std::string("password_env: SECRET")}) {
    SCOPED_TRACE(source);
    ExpectPull([&](int64_t registry, const std::string& url) {
      const std::string name = absl::StrCat("declared-", registry);
      installation().Write(
          "declared.yaml",
          absl::StrCat("groups:\n  - name: default\n    upstreams:\n      - "
                       "name: ",
                       name, "\n        url: ", url,
                       "\n        credentials:\n          basic:\n"
                       "            username: robot\n            ",
                       source, "\n"));
      Cvr("SECRET=\"$(cat password)\" $CVR apply -f declared.yaml");
      installation().Attach(registry, installation().UpstreamNamed(name));
    });
  }
}

}  // namespace
}  // namespace cvr::testing
