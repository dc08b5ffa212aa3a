#include "gateway/access/token_scope.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

// Registry 7 is at the root, registry 8 is `acme/team`.
RouteOptions Options() {
  return {7, [](absl::string_view path) -> absl::StatusOr<LocatedRegistry> {
            if (absl::StartsWith(path, "acme/team")) {
              return LocatedRegistry{8, 2};
            }
            return absl::NotFoundError("none");
          }};
}

// What a login's query asks for, as scopes.
std::string Asked(absl::string_view query) {
  const auto form = Form::Parse(query);
  if (!form.ok()) return "bad form";
  return absl::StrJoin(*ParseScopes(*form, Options()), " ",
                       [](std::string* out, const TokenAccess& access) {
                         absl::StrAppend(out, access.registry_id, "=",
                                         ScopeFor(access));
                       });
}

TEST(TokenScopeTest, ReadsWhatClientsSend) {
  const std::string v = "virtual_registries/containers/";
  struct Case {
    std::string query;
    std::string asked;
  };
  for (const Case& c : std::vector<Case>{
           {"", ""},
           {"service=x&account=y", ""},
           {"scope=repository:a:pull", "7=repository:a:pull"},
           {"scope=repository:a/b:push,pull", "7=repository:a/b:pull"},
           {"scope=repository:a:*", "7=repository:a:pull"},
           {"scope=repository:a:push", ""},
           {"scope=repository:" + v + "3/a/b:pull",
            "3=repository:" + v + "3/a/b:pull"},
           {"scope=repository:a:pull&scope=repository:b:pull",
            "7=repository:a:pull 7=repository:b:pull"},
           {"scope=repository:a:pull+repository:b:pull%20registry:catalog:*",
            "7=repository:a:pull 7=repository:b:pull 0=registry:catalog:*"},
           // The same twice is one.
           {"scope=repository:a:pull&scope=repository:a:pull,push",
            "7=repository:a:pull"},
           // What there is not here is left out, not refused.
           {"scope=repository(plugin):a:pull", ""},
           {"scope=repository:host:5000/a:pull", ""},
           {"scope=registry:catalog:pull", ""},
           {"scope=repository:A:pull", ""},
           {"scope=repository:" + v + "x/a:pull", ""},
           // By name; one that is of no registry asks for what nobody has.
           {"scope=repository:" + v + "acme/team/a/b:pull",
            "8=repository:" + v + "acme/team/a/b:pull"},
           {"scope=repository:" + v + "acme/meat/a:pull",
            absl::StrCat(kNoRegistry, "=repository:", v, "acme/meat/a:pull")},
           // One thing by two names.
           {"scope=repository:" + v + "acme/team/a:pull&scope=repository:" + v +
                "8/a:pull",
            "8=repository:" + v + "acme/team/a:pull"},
           {"scope=repository:" + v + "3:pull", ""},
           {"scope=repository:a/../b:pull", ""},
           {"scope=repository:a%3Fns=b:pull", ""},
           {"scope=repository::pull&scope=:&scope=::&scope=a&scope=", ""},
       }) {
    EXPECT_EQ(Asked(c.query), c.asked) << c.query;
  }
}

TEST(TokenScopeTest, AreBounded) {
  std::string query;
  for (int i = 0; i < 200; ++i) {
    absl::StrAppend(&query, "scope=repository:a", i, ":pull&");
  }
  EXPECT_EQ(ParseScopes(*Form::Parse(query), {7})->size(),
            limits::kTokenAccessMax);
}

// Each name is a question to another service.
TEST(TokenScopeTest, QuestionsAboutNamesAreBounded) {
  const std::string v = "virtual_registries/containers/";
  int asked = 0;
  const RouteOptions options{
      0, [&](absl::string_view) -> absl::StatusOr<LocatedRegistry> {
        ++asked;
        return absl::NotFoundError("none");
      }};
  std::string query = "scope=";
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&query, "repository:", v, "acme/x", i, "/a:pull+",
                    "repository:", v, "acme/x/a:pull+");
  }
  EXPECT_EQ(ParseScopes(*Form::Parse(query), options)->size(), 1);
  EXPECT_EQ(asked, limits::kTokenAccessMax);
}

TEST(TokenScopeTest, WithoutAnAnswerAboutANameThereIsNoLogin) {
  const RouteOptions options{
      0, [](absl::string_view) { return absl::UnavailableError("away"); }};
  const auto ask = [&](const std::string& name) {
    const auto form = Form::Parse("scope=repository:" + name + ":pull");
    return ParseScopes(*form, options).status();
  };
  const std::string v = "virtual_registries/containers/";
  EXPECT_EQ(ask(v + "acme/team/a"), absl::UnavailableError("away"));
  EXPECT_TRUE(ask(v + "7/a").ok());
  EXPECT_TRUE(ask(v + "acme/team/A").ok());
}

TEST(TokenScopeTest, ATokenKnowsTheNameThatItWasIssuedFor) {
  const std::string v = "virtual_registries/containers/";
  const auto located = [&](const std::string& scopes, const char* path) {
    const auto form = Form::Parse(scopes);
    const auto found = LocateIn(*ParseScopes(*form, Options()), path);
    return found.ok() ? absl::StrCat(found->id, "/", found->path_parts)
                      : "none";
  };
  const std::string scope = "scope=repository:" + v + "acme/team/a/b:pull";
  EXPECT_EQ(located(scope, "acme/team/a"), "8/2");
  EXPECT_EQ(located(scope, "acme/team"), "8/2");
  EXPECT_EQ(located(scope, "acme/teams/a"), "none");
  EXPECT_EQ(located(scope, "acme/meat/a"), "none");
  for (const std::string& other :
       {"scope=repository:" + v + "8/a/b:pull",
        std::string("scope=repository:a/b:pull"),
        std::string("scope=registry:catalog:*"), std::string()}) {
    EXPECT_EQ(located(other, "acme/team/a"), "none") << other;
  }
}

TEST(TokenScopeTest, ATokenOpensItsRepositoryAndNoOther) {
  const std::string v = "virtual_registries/containers/";
  const auto opens = [](absl::string_view scope, absl::string_view target) {
    const auto form = Form::Parse(absl::StrCat("scope=", scope));
    const auto parsed = ParseTarget(target, Options());
    return Opens(*ParseScopes(*form, Options()), parsed->route);
  };
  const std::string scope = "repository:" + v + "3/a/b:pull";
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const std::string& endpoint :
       {std::string("manifests/1"), "manifests/" + digest, "blobs/" + digest,
        "referrers/" + digest, std::string("tags/list?n=1"),
        std::string("manifests/1?ns=docker.io")}) {
    EXPECT_TRUE(opens(scope, "/v2/" + v + "3/a/b/" + endpoint)) << endpoint;
    for (const char* const other : {"3/a/c/", "3/a/", "3/a/b/c/", "4/a/b/"}) {
      EXPECT_FALSE(opens(scope, "/v2/" + v + other + endpoint)) << endpoint;
    }
    EXPECT_FALSE(opens(scope, "/v2/a/b/" + endpoint)) << endpoint;
    EXPECT_FALSE(opens("", "/v2/" + v + "3/a/b/" + endpoint)) << endpoint;
    EXPECT_TRUE(opens("repository:a/b:pull", "/v2/a/b/" + endpoint));
    // The same registry by its name, and another.
    const std::string named = "repository:" + v + "acme/team/a:pull";
    EXPECT_TRUE(opens(named, "/v2/" + v + "acme/team/a/" + endpoint));
    EXPECT_TRUE(opens(named, "/v2/" + v + "8/a/" + endpoint));
    EXPECT_FALSE(opens(named, "/v2/" + v + "acme/meat/a/" + endpoint));
    EXPECT_FALSE(opens(named, "/v2/" + v + "acme/team/b/" + endpoint));
    // The root registry is the one that has this number, too.
    EXPECT_TRUE(opens("repository:a/b:pull", "/v2/" + v + "7/a/b/" + endpoint));
  }
  for (const std::string& catalog :
       {std::string("/v2/_catalog"), "/v2/" + v + "3/_catalog?n=1"}) {
    EXPECT_FALSE(opens(scope, catalog));
    EXPECT_TRUE(opens("registry:catalog:*", catalog));
  }
  EXPECT_TRUE(opens("", "/v2/"));
  EXPECT_TRUE(opens("", "/v2"));
}

}  // namespace
}  // namespace cvr
