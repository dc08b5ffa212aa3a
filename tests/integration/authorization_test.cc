// Who may administer what, over the wire and through every method that there
// is: found by reflection, so that none is forgotten.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "tests/integration/authorization_table.h"
#include "tests/integration/system_test.h"
#include "tests/support/admin_channel.h"
#include "tests/support/http_client.h"
#include "tests/support/planted_secrets.h"
#include "tests/support/reflection_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

class AuthorizationTest : public SystemTest {
 protected:
  AuthorizationTest() {
    AddImage(upstream_, "library/alpine", "1", {100});
    MakeGroup();
  }

  // As `secret`'s owner.
  absl::StatusOr<std::string> Call(const std::string& secret,
                                   const std::string& method,
                                   const std::string& request) {
    ReflectionClient client(AdminChannel(system_.grpc(), secret));
    return client.Call("cvr.v1." + method, request);
  }

  json Must(const std::string& method, const std::string& request) {
    const auto answer = Call(system_.admin_secret(), method, request);
    EXPECT_THAT(answer, IsOk()) << method << " " << request;
    return answer.ok() ? json::parse(*answer) : json::object();
  }

  std::string MakeToken(const json& token) {
    return Must("AccessTokenService/CreateAccessToken",
                json{{"access_token", token}}.dump())["secret"];
  }

  // Two registries, each with an upstream of its own. An entry of the first
  // one is made by a pull, and an operation by a purge of the second one.
  void MakeGroup() {
    Must("GroupService/CreateGroup", R"({"group":{"name":"acme"}})");
    for (const std::string name : {"R", "Q"}) {
      const std::string registry =
          Must("RegistryService/CreateRegistry",
               json{{"registry",
                     {{"group", "acme"},
                      {"name", name},
                      {"anonymous_pull", name == "R"}}}}
                   .dump())["id"];
      const json upstream =
          Must("UpstreamService/CreateUpstream",
               json{{"registry_id", registry},
                    {"upstream",
                     {{"group", "acme"},
                      {"name", name},
                      {"credentials",
                       {{"basic",
                         {{"username", name}, {"password", kPlantedSecret}}}}},
                      {"url", upstream_.url()}}}}
                   .dump());
      ids_[name == "R" ? "P" : "O"] = upstream["attachments"][0]["id"];
      ids_[name] = registry;
      ids_[name == "R" ? "U" : "V"] = upstream["id"];
    }
    ids_["E"] = PullEntry();
    Must("RegistryService/UpdateRegistry",
         Filled(R"({"id":R,"update_mask":"anonymousPull"})"));
    ids_["T"] = Must("CacheService/PurgeUpstreamCache",
                     Filled(R"({"upstream_id":V})"))["id"];
  }

  // The id of the entry that the pull of a tag makes.
  std::string PullEntry() {
    EXPECT_EQ(HttpGet(system_.http(),
                      absl::StrCat("/v2/virtual_registries/containers/",
                                   ids_["R"], "/library/alpine/manifests/1"))
                  .status,
              200);
    std::string id;
    EXPECT_TRUE(Eventually(
        [&] {
          const json entries = Must("CacheEntryService/ListCacheEntries",
                                    Filled(R"({"upstream_id":U})"));
          if (!entries.contains("cache_entries")) return false;
          id = entries["cache_entries"][0]["id"];
          return true;
        },
        "the tag is recorded"));
    return id;
  }

  std::string Filled(std::string request) const {
    for (const auto& [name, id] : ids_) {
      request = absl::StrReplaceAll(
          request, {{":" + name, ":" + id}, {"[" + name, "[" + id}});
    }
    return request;
  }

  Told ToldOf(const std::string& secret, const AuthorizationRow& row) {
    const auto answer = Call(secret, row.method, Filled(row.request));
    if (!answer.ok()) {
      EXPECT_NE(ReasonOf(answer.status()), Reason::kNone)
          << row.method << " " << answer.status();
    }
    switch (answer.status().code()) {
      case absl::StatusCode::kUnauthenticated:
        return Told::kLogin;
      case absl::StatusCode::kPermissionDenied:
        return Told::kDenied;
      case absl::StatusCode::kNotFound:
        return Told::kGone;
      default:
        return Told::kDone;
    }
  }

  std::map<std::string, std::string> ids_;
};

TEST_P(AuthorizationTest, ScopesByGroupsByRegistriesByMethods) {
  const json registry = {ids_["R"]};
  const std::vector<std::string> secrets = {
      MakeToken(
          {{"name", "reader"}, {"group", "acme"}, {"scopes", {"SCOPE_READ"}}}),
      MakeToken({{"name", "writer"},
                 {"group", "acme"},
                 {"scopes", {"SCOPE_MANAGE"}}}),
      MakeToken({{"name", "for a registry"},
                 {"group", "acme"},
                 {"registry_ids", registry},
                 {"scopes", {"SCOPE_READ", "SCOPE_MANAGE"}}}),
      MakeToken({{"name", "stranger"},
                 {"group", "default"},
                 {"scopes", {"SCOPE_READ", "SCOPE_MANAGE"}}}),
      system_.admin_secret()};
  for (const AuthorizationRow& row : AuthorizationTable()) {
    for (size_t i = 0; i < secrets.size(); ++i) {
      EXPECT_EQ(ToldOf(secrets[i], row), row.told[i])
          << row.method << " " << row.request << " by caller " << i;
    }
  }
}

TEST_P(AuthorizationTest, EveryMethodIsInTheTableAndAsksForALogin) {
  std::set<std::string> tested;
  for (const AuthorizationRow& row : AuthorizationTable())
    tested.insert(row.method);
  const std::string revoked = MakeToken(
      {{"name", "r"}, {"all_groups", true}, {"scopes", {"SCOPE_ADMIN"}}});
  const auto tokens =
      Must("AccessTokenService/ListAccessTokens", R"({"group":"-"})");
  Must("AccessTokenService/RevokeAccessToken",
       json{{"id", tokens["access_tokens"].back()["id"]}}.dump());
  const std::string wrong =
      "cvr_000000000000000000000000000000000000000000000000z";
  int methods = 0;
  for (const std::string& address : {system_.grpc(), system_.blob_grpc()}) {
    ReflectionClient knowing(AdminChannel(address, ""));
    const auto services = knowing.ListServices();
    ASSERT_THAT(services, IsOk());
    for (const std::string& name : *services) {
      // Not cvr.internal.v1: no token opens what is for processes of ours.
      if (!absl::StartsWith(name, "cvr.v1.")) continue;
      const auto service = knowing.FindService(name);
      ASSERT_THAT(service, IsOk()) << name;
      for (int i = 0; i < (*service)->method_count(); ++i) {
        const std::string method = (*service)->method(i)->name();
        EXPECT_EQ(tested.count(name.substr(7) + "/" + method), 1)
            << name << "/" << method << " is not in the table";
        for (const std::string& secret : {std::string(), wrong, revoked}) {
          ReflectionClient client(AdminChannel(address, secret));
          EXPECT_THAT(client.Call(name + "/" + method, "{}"),
                      StatusIs(absl::StatusCode::kUnauthenticated))
              << name << "/" << method << " with '" << secret << "'";
        }
        ++methods;
      }
    }
  }
  EXPECT_GE(methods, 65);
}

TEST_P(AuthorizationTest, ListsShowWhatTheCallerMaySee) {
  const std::string narrow = MakeToken({{"name", "narrow"},
                                        {"group", "acme"},
                                        {"registry_ids", {ids_["R"]}},
                                        {"scopes", {"SCOPE_READ"}}});
  const auto list = [&](const std::string& secret, const std::string& method,
                        const char* request = R"({"group":"-"})") {
    const auto answer = Call(secret, method, request);
    EXPECT_THAT(answer, IsOk()) << method;
    const json page = json::parse(answer.ok() ? *answer : "{}");
    for (const json& items : page) {
      if (items.is_array()) return items.size();
    }
    return size_t{0};
  };
  EXPECT_EQ(list(narrow, "RegistryService/ListRegistries"), 1);
  EXPECT_EQ(list(narrow, "UpstreamService/ListUpstreams"), 1);
  EXPECT_EQ(list(narrow, "CacheEntryService/ListCacheEntries", "{}"), 1);
  EXPECT_EQ(list(narrow, "GroupService/ListGroups", "{}"), 1);
  const std::string stranger = MakeToken(
      {{"name", "s"}, {"group", "default"}, {"scopes", {"SCOPE_READ"}}});
  EXPECT_EQ(list(stranger, "CacheEntryService/ListCacheEntries", "{}"), 0);
  EXPECT_EQ(list(stranger, "RegistryService/ListRegistries"), 1);
  EXPECT_EQ(list(system_.admin_secret(), "RegistryService/ListRegistries"), 3);
}

TEST_P(AuthorizationTest, WhatIsHiddenIsDeletedByNobodyElse) {
  const std::string stranger = MakeToken(
      {{"name", "s"}, {"group", "default"}, {"scopes", {"SCOPE_MANAGE"}}});
  const json registry = {{"id", ids_["R"]}};
  EXPECT_THAT(Call(stranger, "RegistryService/DeleteRegistry", registry.dump()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Call(stranger, "RegistryService/DeleteRegistry",
                   Filled(R"({"id":R,"allow_missing":true})")),
              IsOk());
  EXPECT_EQ(Must("RegistryService/GetRegistry", registry.dump())["name"], "R");
}

TEST_P(AuthorizationTest, WhatIsHiddenCannotBeAttached) {
  const std::string narrow = MakeToken({{"name", "narrow"},
                                        {"group", "acme"},
                                        {"registry_ids", {ids_["R"]}},
                                        {"scopes", {"SCOPE_MANAGE"}}});
  EXPECT_THAT(Call(narrow, "AttachmentService/CreateAttachment",
                   Filled(R"({"registry_id":R,"upstream_id":V})")),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Call(narrow, "AttachmentService/SetAttachments",
                   Filled(R"({"registry_id":R,"upstream_ids":[V]})")),
              StatusIs(absl::StatusCode::kNotFound));
  const json attached = Must("AttachmentService/ListAttachments",
                             Filled(R"({"registry_id":R})"))["attachments"];
  ASSERT_EQ(attached.size(), 1);
  EXPECT_EQ(attached[0]["upstream_id"], ids_["U"]);
}

// A registry's upstreams may be others' as well.
TEST_P(AuthorizationTest, APurgeOfARegistryReachesNoFurtherThanItsCaller) {
  int tokens = 0;
  const auto token = [&](const json& registry_ids) {
    return MakeToken({{"name", absl::StrCat("purger-", ++tokens)},
                      {"group", "acme"},
                      {"registry_ids", registry_ids},
                      {"scopes", {"SCOPE_MANAGE"}}});
  };
  Must("AttachmentService/CreateAttachment",
       Filled(R"({"registry_id":Q,"upstream_id":U})"));
  const std::string all = Filled(R"({"registry_id":R,"include_shared":true})");
  const std::string method = "CacheService/PurgeRegistryCache";
  EXPECT_THAT(Call(token({ids_["R"]}), method, all),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(Call(token({ids_["R"]}), method, Filled(R"({"registry_id":R})")),
              IsOk());
  EXPECT_EQ(
      Must("CacheEntryService/GetCacheEntry", Filled(R"({"id":E})"))["id"],
      ids_["E"]);
  const std::string both = token({ids_["R"], ids_["Q"]});
  const auto purge = Call(both, method, all);
  ASSERT_THAT(purge, IsOk());
  // Its own operation, which it may follow.
  const auto ended = Call(both, "OperationService/WaitOperation",
                          json{{"id", json::parse(*purge)["id"]}}.dump());
  ASSERT_THAT(ended, IsOk());
  EXPECT_EQ(json::parse(*ended)["response"]["entry_count"], "1");
}

TEST_P(AuthorizationTest, ChangesAreRecordedWithoutSecrets) {
  const json page = Must("AuditService/ListAuditEvents", R"({"group":"acme"})");
  std::vector<std::string> seen;
  for (const json& event : page["audit_events"]) {
    const json& resource = event["resource"];
    seen.push_back(absl::StrCat(
        event["method"].get<std::string>(), " ", resource.value("type", ""),
        " ", resource.value("id", ""), " ", event.value("result_code", 0)));
  }
  ASSERT_GE(seen.size(), 6);
  EXPECT_EQ(seen[0], absl::StrCat("CacheService.PurgeUpstreamCache upstream ",
                                  ids_["V"], " 0"));
  EXPECT_EQ(seen[1], absl::StrCat("RegistryService.UpdateRegistry registry ",
                                  ids_["R"], " 0"));
  EXPECT_EQ(seen[2], absl::StrCat("UpstreamService.CreateUpstream upstream ",
                                  ids_["V"], " 0"));
  EXPECT_EQ(page.dump().find("\"password\""), std::string::npos);
  EXPECT_EQ(page.dump().find(kPlantedSecret), std::string::npos);
  EXPECT_EQ(page["audit_events"][2]["resource"]["group"], "acme");
  EXPECT_EQ(page["audit_events"][2]["resource"]["name"], "Q");
  EXPECT_EQ(page["audit_events"][0]["actor"]["token_name"],
            "first administrator");

  const json first =
      Must("AuditService/ListAuditEvents", R"({"group":"acme","page_size":2})");
  EXPECT_EQ(first["audit_events"].size(), 2);
  const json second = Must("AuditService/ListAuditEvents",
                           json{{"group", "acme"},
                                {"page_size", 2},
                                {"page_token", first["next_page_token"]}}
                               .dump());
  EXPECT_EQ(second["audit_events"][0], page["audit_events"][2]);
}

// Not the caller's secret, nor another's rights.
TEST_P(AuthorizationTest, CallersAreToldWhoTheyAre) {
  const std::string secret = MakeToken({{"name", "me"},
                                        {"group", "acme"},
                                        {"registry_ids", {ids_["R"]}},
                                        {"scopes", {"SCOPE_READ"}}});
  const auto answer = Call(secret, "AccessTokenService/GetCaller", "{}");
  ASSERT_THAT(answer, IsOk());
  const json token = json::parse(*answer)["access_token"];
  EXPECT_EQ(token["name"], "me");
  EXPECT_EQ(token["group"], "acme");
  EXPECT_EQ(token["scopes"], json::array({"SCOPE_READ"}));
  EXPECT_EQ(token["registry_ids"], json::array({ids_["R"]}));
  EXPECT_EQ(answer->find(secret), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Shapes, AuthorizationTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
