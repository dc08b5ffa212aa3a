#include "gateway/token_scope.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

// What a login's query asks for, as scopes; registry 7 is at the root.
std::string Asked(absl::string_view query) {
  const auto form = Form::Parse(query);
  if (!form.ok()) return "bad form";
  return absl::StrJoin(ParseScopes(*form, {7}), " ",
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
  EXPECT_EQ(ParseScopes(*Form::Parse(query), {7}).size(),
            limits::kTokenAccessMax);
}

TEST(TokenScopeTest, ATokenOpensItsRepositoryAndNoOther) {
  const std::string v = "virtual_registries/containers/";
  const auto opens = [](absl::string_view scope, absl::string_view target) {
    const auto form = Form::Parse(absl::StrCat("scope=", scope));
    return Opens(ParseScopes(*form, {7}), target, {7});
  };
  const std::string scope = "repository:" + v + "3/a/b:pull";
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const std::string& endpoint :
       {std::string("manifests/1"), "manifests/" + digest, "blobs/" + digest,
        "referrers/" + digest, std::string("tags/list?n=1"),
        std::string("manifests/1?ns=docker.io")}) {
    EXPECT_TRUE(opens(scope, "/v2/" + v + "3/a/b/" + endpoint)) << endpoint;
    EXPECT_TRUE(opens(scope, "http://h/v2/" + v + "3/a/b/" + endpoint));
    for (const char* const other : {"3/a/c/", "3/a/", "3/a/b/c/", "4/a/b/"}) {
      EXPECT_FALSE(opens(scope, "/v2/" + v + other + endpoint)) << endpoint;
    }
    EXPECT_FALSE(opens(scope, "/v2/a/b/" + endpoint)) << endpoint;
    EXPECT_FALSE(opens("", "/v2/" + v + "3/a/b/" + endpoint)) << endpoint;
    EXPECT_TRUE(opens("repository:a/b:pull", "/v2/a/b/" + endpoint));
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
