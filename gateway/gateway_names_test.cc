// Registries by group and name, with real tokens of a real metadata service,
// over sockets: what is pulled, and that who may not see a registry cannot tell
// its name from one that is nobody's.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/gateway_access_stack.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace cvr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kBase[] = "/v2/virtual_registries/containers/";
constexpr char kScopeBase[] = "virtual_registries/containers/";

// Everything that a client sees of a reply but when it came.
std::string SeenOf(const RawReply& reply) {
  std::string seen = absl::StrCat(reply.status, "\n");
  for (const auto& [name, value] : reply.fields) {
    if (name != "Date") absl::StrAppend(&seen, name, ": ", value, "\n");
  }
  return absl::StrCat(seen, "\n", reply.body);
}

class GatewayNamesTest : public GatewayAccessTest {
 protected:
  void SetUp() override {
    GatewayAccessTest::SetUp();
    MakeGroup("others");
    MakeGroup("others/deep");
    MakeGroup("nested/deep");
    nested_ = MakeRegistry("nested/deep", "hub");
    secret_ = Make(v1::AccessToken::SCOPE_READ).secret();
    stranger_ = Make(v1::AccessToken::SCOPE_READ, 0, "others").secret();
  }

  void MakeGroup(const std::string& name) {
    v1::CreateGroupRequest request;
    request.mutable_group()->set_name(name);
    ASSERT_THAT(stack_->groups().Create(request), testing::IsOk());
  }

  // With an upstream of its own.
  int64_t MakeRegistry(const std::string& group, const std::string& name,
                       bool anonymous_pull = false) {
    v1::Registry registry;
    registry.set_group(group);
    registry.set_name(name);
    registry.set_anonymous_pull(anonymous_pull);
    v1::Upstream upstream;
    upstream.set_group(group);
    upstream.set_name(absl::StrCat("of ", name));
    upstream.set_url(absl::StrCat("https://", name, ".example.com"));
    const auto made = stack_->Bootstrap(registry, upstream);
    EXPECT_THAT(made, testing::IsOk());
    return made.ok() ? made->id() : 0;
  }

  void Rename(int64_t id, const std::string& name) {
    v1::UpdateRegistryRequest request;
    request.set_id(id);
    request.mutable_registry()->set_name(name);
    request.mutable_update_mask()->add_paths("name");
    ASSERT_THAT(stack_->registries().Update(request), testing::IsOk());
  }

  static std::string Url(absl::string_view registry, absl::string_view rest) {
    return absl::StrCat(kBase, registry, "/", rest);
  }
  static std::string ManifestOf(absl::string_view registry) {
    return Url(registry, "library/alpine/manifests/3.20");
  }
  // A short-lived token for alpine of that registry.
  std::string Token(absl::string_view registry, const std::string& fields) {
    return TokenIn(LoginFor(ScopeFor(registry), fields));
  }
  static std::string ScopeFor(absl::string_view registry) {
    return absl::StrCat("repository:", kScopeBase, registry,
                        "/library/alpine:pull");
  }

  // Every endpoint of a registry, all of alpine's.
  std::vector<std::string> Endpoints() {
    const std::string digest = "sha256:" + std::string(64, 'a');
    return {"library/alpine/manifests/3.20",
            "library/alpine/manifests/3.20?ns=docker.io",
            "library/alpine/manifests/3.20?ns=quay.io",
            "library/alpine/manifests/" + manifest_.ToString(),
            "library/alpine/manifests/" + digest,
            "library/alpine/blobs/" + layer_.ToString(),
            "library/alpine/blobs/" + digest,
            "library/alpine/tags/list",
            "library/alpine/tags/list?n=1&last=a",
            "library/alpine/referrers/" + digest,
            "_catalog",
            "_catalog?n=1",
            "_catalog?last=x",
            "library/alpine/_catalog"};
  }

  // What does not exist, in place of what does: equally long, so that lengths
  // must be equal as well.
  void ExpectAlike(const std::string& hidden, const std::string& missing,
                   const std::string& credentials, int status) {
    ASSERT_EQ(hidden.size(), missing.size());
    for (const char* const method : {"GET", "HEAD", "PUT"}) {
      for (const std::string& endpoint : Endpoints()) {
        SCOPED_TRACE(absl::StrCat(method, " ", endpoint));
        const RawReply of_hidden =
            Request(method, Url(hidden, endpoint), credentials);
        const RawReply of_missing =
            Request(method, Url(missing, endpoint), credentials);
        EXPECT_EQ(absl::StrReplaceAll(SeenOf(of_hidden), {{hidden, missing}}),
                  SeenOf(of_missing));
        if (method[0] == 'G' && !absl::StrContains(endpoint, "last=x")) {
          EXPECT_EQ(of_hidden.status, status) << of_hidden.body;
        }
      }
    }
  }

  int64_t nested_ = 0;
  std::string secret_;
  std::string stranger_;
};

TEST_F(GatewayNamesTest, ANameAnswersAsTheIdDoes) {
  for (const char* const path :
       {"library/alpine/manifests/3.20", "library/alpine/tags/list"}) {
    const RawReply by_id = Get(Url("1", path), Basic(secret_));
    RawReply by_name = Get(Url("default/private", path), Basic(secret_));
    EXPECT_EQ(by_id.status, by_name.status) << by_name.body;
    EXPECT_EQ(by_id.Field("Docker-Content-Digest"),
              by_name.Field("Docker-Content-Digest"));
  }
  EXPECT_EQ(Get(ManifestOf("default/private"), Basic(secret_)).body,
            manifest_bytes_);
  EXPECT_EQ(
      Get(Url("default/private", "library/alpine/blobs/" + layer_.ToString()),
          Basic(secret_))
          .body,
      layer_bytes_);
  const std::string nested =
      Make(v1::AccessToken::SCOPE_READ, 0, "nested/deep").secret();
  EXPECT_EQ(Get(ManifestOf("nested/deep/hub"), Basic(nested)).body,
            manifest_bytes_);
}

// Status, every header and body, for whoever may not see it.
TEST_F(GatewayNamesTest, WhatMayNotBeSeenIsLikeWhatIsNotThere) {
  const std::string other_token = Bearer(Token("1", Basic(secret_)));
  // That a secret is wrong is answered in other words once it is known.
  EXPECT_EQ(Get(ManifestOf("1"), Basic("cvr_wrong")).status, 401);
  for (const auto& [hidden, missing] :
       std::vector<std::pair<std::string, std::string>>{
           {"default/private", "default/etavirp"},
           {"nested/deep/hub", "nested/deep/bun"},
           {"nested/deep/hub", "deeply/deep/hub"}}) {
    SCOPED_TRACE(missing);
    ExpectAlike(hidden, missing, "", 401);
    ExpectAlike(hidden, missing, Basic("cvr_wrong"), 401);
    ExpectAlike(hidden, missing, Basic(stranger_), 404);
    // The client asks for what it was told to, and gets nothing.
    const std::string scoped = Bearer(Token(hidden, Basic(stranger_)));
    ExpectAlike(hidden, missing, scoped, 401);
    ExpectAlike(hidden, missing, Bearer(Token(hidden, "")), 401);
  }
  ExpectAlike("nested/deep/hub", "nested/deep/bun", other_token, 401);
}

// Neither does the token endpoint tell them apart.
TEST_F(GatewayNamesTest, ScopesForWhatMayNotBeSeenAreNotGranted) {
  const auto granted = [&](absl::string_view registry,
                           const std::string& fields) {
    const RawReply reply = LoginFor(ScopeFor(registry), fields);
    EXPECT_EQ(reply.status, 200);
    return std::string(nlohmann::json::parse(reply.body)["scope"]);
  };
  EXPECT_EQ(granted("default/private", Basic(secret_)),
            ScopeFor("default/private"));
  for (const std::string& fields : {std::string(), Basic(stranger_)}) {
    EXPECT_EQ(granted("default/private", fields), "");
    EXPECT_EQ(granted("default/nothing", fields), "");
  }
  EXPECT_EQ(granted("default/nothing", Basic(secret_)), "");
}

TEST_F(GatewayNamesTest, ChallengesNameTheScopeAsItWasTyped) {
  for (const char* const name : {"default/private", "default/nothing"}) {
    EXPECT_THAT(Get(ManifestOf(name)).Field("WWW-Authenticate"),
                HasSubstr(absl::StrCat("scope=\"", ScopeFor(name), "\"")));
  }
}

TEST_F(GatewayNamesTest, ErrorsNameTheRegistryAsItWasTyped) {
  const std::string writer = Make(v1::AccessToken::SCOPE_MANAGE).secret();
  const RawReply denied = Get(ManifestOf("default/private"), Basic(writer));
  EXPECT_EQ(denied.status, 403);
  EXPECT_THAT(denied.body, HasSubstr("virtual registry 'default/private'"));
  const RawReply missing = Get(ManifestOf("default/nothing"), Basic(secret_));
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("'default/nothing/library/alpine'"));
  EXPECT_THAT(missing.body, Not(HasSubstr("9223372036854775807")));
  const RawReply elsewhere =
      Get(Url("default/private", "library/alpine/manifests/3.20?ns=quay.io"),
          Basic(secret_));
  EXPECT_EQ(elsewhere.status, 404);
  EXPECT_THAT(elsewhere.body,
              HasSubstr("registry default/private has no upstream with the "
                        "source namespace 'quay.io'"));
}

// A token is for a registry, whatever that is called.
TEST_F(GatewayNamesTest, ATokenFollowsItsRegistryAndNotTheName) {
  const std::string token = Bearer(Token("default/private", Basic(secret_)));
  ASSERT_EQ(Get(ManifestOf("default/private"), token).status, 200);
  EXPECT_EQ(Get(ManifestOf("1"), token).status, 200);
  Rename(1, "renamed");
  const RawReply old_name = Get(ManifestOf("default/private"), token);
  EXPECT_EQ(old_name.status, 401);
  EXPECT_THAT(old_name.Field("WWW-Authenticate"),
              HasSubstr("error=\"insufficient_scope\""));
  EXPECT_EQ(Get(ManifestOf("default/private"), Basic(secret_)).status, 404);
  EXPECT_EQ(Get(ManifestOf("default/renamed"), token).status, 200);
  // Who has the old name now is another.
  MakeRegistry("default", "private");
  EXPECT_EQ(Get(ManifestOf("default/private"), token).status, 401);
  EXPECT_EQ(Get(ManifestOf("default/private"), Basic(secret_)).status, 200);
  EXPECT_EQ(Get(ManifestOf("default/renamed"), token).status, 200);
}

// A metadata service that is asked about names in vain.
class Nameless : public Resolver {
 public:
  explicit Nameless(Resolver& resolver) : resolver_(resolver) {}

  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override {
    return resolver_.Resolve(request);
  }
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller& caller, int64_t registry_id,
      const CachedRepository& start_after, int max) override {
    return resolver_.ListRepositories(caller, registry_id, start_after, max);
  }
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view) override {
    return absl::UnavailableError("away");
  }

 private:
  Resolver& resolver_;
};

TEST_F(GatewayNamesTest, ATokenKnowsItsNameWhileTheMetadataServiceIsAway) {
  const std::string mine = Bearer(Token("default/private", Basic(secret_)));
  const std::string not_mine =
      Bearer(Token("default/private", Basic(stranger_)));
  Nameless away(stack_->resolver());
  Gateway::Options options = Options();
  options.clock = &clock_;
  options.access.auth = &stack_->auth();
  options.access.authenticator.service = "gw";
  gateway_ = std::make_unique<Gateway>(away, registry_, std::move(options));
  ASSERT_THAT(gateway_->Start(), testing::IsOk());
  EXPECT_EQ(Get(ManifestOf("default/private"), mine).body, manifest_bytes_);
  // Of all else nothing is known, and so nothing is told.
  EXPECT_EQ(Get(ManifestOf("default/etavirp"), mine).status, 503);
  EXPECT_EQ(Get(ManifestOf("nested/deep/hub"), mine).status, 503);
  EXPECT_EQ(
      Get(Url("default/private", "library/other/manifests/1"), mine).status,
      401);
  EXPECT_EQ(Get(ManifestOf("default/private"), not_mine).status, 503);
  EXPECT_EQ(Get(ManifestOf("default/etavirp"), not_mine).status, 503);
  EXPECT_EQ(Get(ManifestOf("default/private"), Basic(secret_)).status, 503);
  gateway_.reset();
}

TEST_F(GatewayNamesTest, WhatIsForEverybodyIsSoByName) {
  MakeRegistry("others/deep", "public", /*anonymous_pull=*/true);
  EXPECT_EQ(Get(ManifestOf("others/deep/public")).body, manifest_bytes_);
  EXPECT_EQ(Get(ManifestOf("others/deep/public"),
                Bearer(Token("others/deep/public", "")))
                .status,
            200);
}

// --- With the lists that an upstream has.

using Names = std::vector<std::string>;

class GatewayNamedListsTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    registry_.AddName("acme/web/hub", InMemoryRegistry::kRegistryId);
  }
};

TEST_F(GatewayNamedListsTest, ListsAreCalledAsTheyWereAskedFor) {
  registry_.PutTags("library/alpine", {"a", "b", "c"});
  const std::string name = absl::StrCat(kScopeBase,
                                        "acme/web/hub/library/"
                                        "alpine");
  const RawReply tags = Get(absl::StrCat("/v2/", name, "/tags/list?n=2"));
  EXPECT_EQ(tags.status, 200);
  EXPECT_EQ(nlohmann::json::parse(tags.body)["name"], name);
  EXPECT_EQ(tags.Field("Link"), absl::StrCat("</v2/", name,
                                             "/tags/list?n=2&last=b>; "
                                             "rel=\"next\""));

  for (const char* const repository : {"a", "b/c", "d"}) {
    registry_.AddRepository(InMemoryRegistry::kRegistryId, repository);
    registry_.AddRepository(InMemoryRegistry::kOtherRegistryId, repository);
  }
  const std::string prefix = absl::StrCat(kScopeBase, "acme/web/hub/");
  const std::string catalog = absl::StrCat("/v2/", prefix, "_catalog");
  const RawReply first = Get(catalog + "?n=2");
  EXPECT_EQ(nlohmann::json::parse(first.body)["repositories"],
            (Names{prefix + "a", prefix + "b/c"}));
  const std::string link = first.Field("Link");
  EXPECT_THAT(link, ::testing::StartsWith("<" + catalog + "?n=2&last="));
  const RawReply second = Get(link.substr(1, link.find('>') - 1));
  EXPECT_EQ(nlohmann::json::parse(second.body)["repositories"],
            (Names{prefix + "d"}));
  EXPECT_EQ(second.Field("Link"), "<none>");
  // Of this catalog's form are its names only.
  EXPECT_EQ(Get(catalog + "?last=virtual_registries/containers/1/a").status,
            400);
  // All together they go by their ids.
  EXPECT_EQ(nlohmann::json::parse(Get("/v2/_catalog?n=1").body)["repositories"],
            (Names{"virtual_registries/containers/1/a"}));
}

// The name is looked up each time, and once a request.
TEST_F(GatewayNamedListsTest, ANameCostsOneQuestion) {
  const std::string url =
      absl::StrCat(kBase, "acme/web/hub/library/alpine/manifests/3.20");
  EXPECT_EQ(Get(url).status, 200);
  EXPECT_EQ(Get(url).status, 200);
  EXPECT_EQ(registry_.locates(), 2);
  EXPECT_EQ(Get(ManifestUrl("3.20")).status, 200);
  EXPECT_EQ(registry_.locates(), 2);
}

TEST_F(GatewayNamedListsTest, WithoutTheMetadataServiceItIsAskedForLater) {
  const std::string url =
      absl::StrCat(kBase, "acme/web/hub/library/alpine/manifests/3.20");
  registry_.set_locate_error(absl::UnavailableError("away"));
  const RawReply reply = Get(url);
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.Field("Retry-After"), "<none>");
  EXPECT_THAT(reply.body, Not(HasSubstr("away")));
}

// As a restart of the metadata service.
TEST_F(GatewayNamedListsTest, ARequestIsHeldUntilTheNameCanBeLookedUp) {
  const std::string url =
      absl::StrCat(kBase, "acme/web/hub/library/alpine/manifests/3.20");
  Gateway::Options options = Options();
  options.outage_wait = absl::Minutes(1);
  int looks = 0;
  options.readiness = [&]() -> absl::Status {
    if (++looks < 3) return absl::UnavailableError("away");
    registry_.set_locate_error(absl::OkStatus());
    return absl::OkStatus();
  };
  StartGateway(std::move(options));
  registry_.set_locate_error(absl::UnavailableError("away"));
  EXPECT_EQ(Get(url).status, 200);
}

}  // namespace
}  // namespace cvr
