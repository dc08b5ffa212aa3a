// Who may administer what, over the wire and through every method that there
// is: found by reflection, so that none is forgotten.
#include <iostream>
#include <iterator>
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
#include "tests/integration/system_test.h"
#include "tests/support/admin_channel.h"
#include "tests/support/planted_secrets.h"
#include "tests/support/reflection_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

// What a caller is told. kDone stands for every answer of who was let in, also
// that the request makes no sense; kGone for the answer that what does not
// exist gets.
enum class Told { kDone, kLogin, kDenied, kGone };

std::ostream& operator<<(std::ostream& out, Told told) {
  constexpr const char* kNames[] = {"done", "login", "denied", "gone"};
  return out << kNames[static_cast<int>(told)];
}

constexpr Told kD = Told::kDone;
constexpr Told kN = Told::kDenied;
constexpr Told kG = Told::kGone;

// Callers are all of group `acme` but for the last two.
enum CallerKind { kReader, kWriter, kForRegistry, kStranger, kAdmin };

struct Row {
  const char* method;
  // `R`, `U` and `P` stand for the ids of a registry, its upstream and its
  // place, `Q`, `V` and `O` for those that the caller kForRegistry is not for,
  // all of `acme`.
  const char* request;
  // By CallerKind.
  Told told[5];
};

// Requests that would change what later rows need are such as can change
// nothing.
const Row kTable[] = {
    {"GroupService/CreateGroup", "{}", {kN, kN, kN, kN, kD}},
    {"GroupService/GetGroup", R"({"name":"acme"})", {kD, kD, kD, kG, kD}},
    {"GroupService/ListGroups", "{}", {kD, kD, kD, kD, kD}},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"acme"}})",
     {kN, kN, kN, kN, kD}},
    {"GroupService/DeleteGroup", R"({"name":"default"})", {kN, kN, kN, kN, kD}},

    {"RegistryService/CreateRegistry",
     R"({"registry":{"group":"acme"}})",
     {kN, kD, kN, kG, kD}},
    {"RegistryService/GetRegistry", R"({"id":R})", {kD, kD, kD, kG, kD}},
    {"RegistryService/GetRegistry", R"({"id":Q})", {kD, kD, kG, kG, kD}},
    {"RegistryService/ListRegistries", "{}", {kD, kD, kD, kD, kD}},
    {"RegistryService/UpdateRegistry",
     R"({"registry":{"id":R}})",
     {kN, kD, kD, kG, kD}},
    {"RegistryService/UpdateRegistry",
     R"({"registry":{"id":Q}})",
     {kN, kD, kG, kG, kD}},
    {"RegistryService/DeleteRegistry", R"({"id":999})", {kN, kD, kD, kD, kD}},

    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"group":"acme"}})",
     {kN, kD, kN, kG, kD}},
    {"UpstreamService/CreateUpstream",
     R"({"registry_id":R})",
     {kN, kD, kD, kG, kD}},
    {"UpstreamService/CreateUpstream",
     R"({"registry_id":Q})",
     {kN, kD, kG, kG, kD}},
    {"UpstreamService/GetUpstream", R"({"id":U})", {kD, kD, kD, kG, kD}},
    {"UpstreamService/GetUpstream", R"({"id":V})", {kD, kD, kG, kG, kD}},
    {"UpstreamService/ListUpstreams", "{}", {kD, kD, kD, kD, kD}},
    {"UpstreamService/ListUpstreams",
     R"({"registry_id":R})",
     {kD, kD, kD, kG, kD}},
    {"UpstreamService/UpdateUpstream",
     R"({"upstream":{"id":U}})",
     {kN, kD, kD, kG, kD}},
    {"UpstreamService/UpdateUpstream",
     R"({"upstream":{"id":V}})",
     {kN, kD, kG, kG, kD}},
    {"UpstreamService/DeleteUpstream", R"({"id":999})", {kN, kD, kD, kD, kD}},
    {"UpstreamService/AttachUpstream",
     R"({"registry_id":R,"upstream_id":U})",
     {kN, kD, kD, kG, kD}},
    {"UpstreamService/AttachUpstream",
     R"({"registry_id":Q,"upstream_id":V})",
     {kN, kD, kG, kG, kD}},
    {"UpstreamService/GetRegistryUpstream",
     R"({"id":P})",
     {kD, kD, kD, kG, kD}},
    {"UpstreamService/GetRegistryUpstream",
     R"({"id":O})",
     {kD, kD, kG, kG, kD}},
    {"UpstreamService/MoveUpstream",
     R"({"registry_id":R,"upstream_id":U,"position":1})",
     {kN, kD, kD, kG, kD}},
    {"UpstreamService/DetachUpstream",
     R"({"registry_id":R,"upstream_id":999})",
     {kN, kD, kD, kD, kD}},
};

// More of it.
const Row kMoreTable[] = {
    {"CacheEntryService/CreateCacheEntry",
     R"({"cache_entry":{"upstream_id":U}})",
     {kN, kD, kD, kG, kD}},
    {"CacheEntryService/GetCacheEntry", R"({"id":1})", {kD, kD, kD, kG, kD}},
    {"CacheEntryService/ListCacheEntries", "{}", {kD, kD, kD, kD, kD}},
    {"CacheEntryService/ListCacheEntries",
     R"({"upstream_id":V})",
     {kD, kD, kG, kG, kD}},
    {"CacheEntryService/UpdateCacheEntry",
     R"({"cache_entry":{"id":1}})",
     {kN, kD, kD, kG, kD}},
    {"CacheEntryService/DeleteCacheEntry",
     R"({"id":999})",
     {kN, kD, kD, kD, kD}},

    // Of what there is, without entries by then or with what no row needs.
    {"CacheService/PurgeUpstreamCache",
     R"({"upstream_id":V})",
     {kN, kD, kG, kG, kD}},
    {"CacheService/PurgeUpstreamCache",
     R"({"upstream_id":999})",
     {kN, kG, kG, kG, kG}},
    {"CacheService/PurgeRegistryCache",
     R"({"registry_id":Q})",
     {kN, kD, kG, kG, kD}},
    {"CacheService/PurgeRegistryCache",
     R"({"registry_id":R})",
     {kN, kD, kD, kG, kD}},
    {"CacheService/GetCacheStats", "{}", {kD, kD, kD, kD, kD}},
    {"CacheService/GetCacheStats", R"({"group":"acme"})", {kD, kD, kD, kG, kD}},

    {"ExplainService/Explain", R"({"registry_id":R})", {kD, kD, kD, kG, kD}},

    {"AccessTokenService/CreateAccessToken", "{}", {kN, kN, kN, kN, kD}},
    {"AccessTokenService/ListAccessTokens", "{}", {kN, kN, kN, kN, kD}},
    {"AccessTokenService/RevokeAccessToken",
     R"({"id":999})",
     {kN, kN, kN, kN, kD}},
    {"AuditService/ListAuditEvents", "{}", {kN, kN, kN, kN, kD}},
    {"SecretService/RotateSecretKey", "{}", {kN, kN, kN, kN, kD}},
};

const Row kBlobServiceTable[] = {
    {"UpstreamProbeService/TestUpstream",
     R"({"upstream_id":U})",
     {kD, kD, kD, kG, kD}},
    {"UpstreamProbeService/TestUpstream",
     R"({"upstream_id":U,"upstream":{"url":"x"}})",
     {kN, kD, kD, kG, kD}},
    {"UpstreamProbeService/TestUpstream",
     R"({"upstream":{"group":"acme","url":"x"}})",
     {kN, kD, kN, kG, kD}},
    {"UpstreamStateService/ListUpstreamStates", "{}", {kN, kN, kN, kN, kD}},
    {"UpstreamStateService/ListUpstreamStates",
     R"({"upstream_id":U})",
     {kD, kD, kD, kG, kD}},

    // No repository can have such a name.
    {"RefreshService/RefreshTag",
     R"({"registry_id":R,"repository":"NONE"})",
     {kN, kD, kD, kG, kD}},
    {"RefreshService/RefreshTag",
     R"({"registry_id":Q,"repository":"NONE"})",
     {kN, kD, kG, kG, kD}},
    {"DownloadService/ListDownloads", "{}", {kN, kN, kN, kN, kD}},
    {"DownloadService/ListDownloads",
     R"({"upstream_id":U})",
     {kD, kD, kD, kG, kD}},
    {"DownloadService/WatchDownloads",
     R"({"interval":"0.001s"})",
     {kN, kN, kN, kN, kD}},
    {"DownloadService/WatchDownloads",
     R"({"upstream_id":U,"interval":"0.001s"})",
     {kD, kD, kD, kG, kD}},
    // Whoever may cancel any: what is not there, and what is not theirs, is the
    // same.
    {"DownloadService/CancelDownload", R"({"id":4711})", {kN, kG, kG, kG, kG}},
    {"DownloadService/GetStorageStats", "{}", {kN, kN, kN, kN, kD}},
};

// The same, of cleanup policies; `acme` has one.
const Row kCleanupTable[] = {
    {"CleanupPolicyService/CreateCleanupPolicy",
     R"({"cleanup_policy":{"group":"acme"}})",
     {kN, kD, kN, kG, kD}},
    {"CleanupPolicyService/GetCleanupPolicy",
     R"({"group":"acme"})",
     {kD, kD, kD, kG, kD}},
    {"CleanupPolicyService/UpdateCleanupPolicy",
     R"({"cleanup_policy":{"group":"acme"}})",
     {kN, kD, kN, kG, kD}},
    {"CleanupPolicyService/RunCleanupPolicy",
     R"({"group":"acme"})",
     {kN, kD, kN, kG, kD}},
    {"CleanupPolicyService/DeleteCleanupPolicy",
     R"({"group":"acme","etag":"another"})",
     {kN, kD, kN, kD, kD}},
};

std::vector<Row> AllRows() {
  std::vector<Row> rows(std::begin(kTable), std::end(kTable));
  rows.insert(rows.end(), std::begin(kMoreTable), std::end(kMoreTable));
  rows.insert(rows.end(), std::begin(kBlobServiceTable),
              std::end(kBlobServiceTable));
  rows.insert(rows.end(), std::begin(kCleanupTable), std::end(kCleanupTable));
  return rows;
}

class AuthorizationTest : public SystemTest {
 protected:
  AuthorizationTest() {
    AddImage(upstream_, "library/alpine", "1", {100});
    MakeGroup();
  }

  // As `secret`'s owner; to the process that offers the method.
  absl::StatusOr<std::string> Call(const std::string& secret,
                                   const std::string& method,
                                   const std::string& request) {
    const bool of_blob_service = absl::StartsWith(method, "UpstreamState") ||
                                 absl::StartsWith(method, "UpstreamProbe") ||
                                 absl::StartsWith(method, "Refresh") ||
                                 absl::StartsWith(method, "Download");
    ReflectionClient client(AdminChannel(
        of_blob_service ? system_.blob_grpc() : system_.grpc(), secret));
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

  // Two registries, each with an upstream of its own.
  void MakeGroup() {
    Must("GroupService/CreateGroup", R"({"group":{"name":"acme"}})");
    Must("CleanupPolicyService/CreateCleanupPolicy",
         R"({"cleanup_policy":{"group":"acme"}})");
    for (const std::string name : {"R", "Q"}) {
      const std::string registry = Must(
          "RegistryService/CreateRegistry",
          json{{"registry", {{"group", "acme"}, {"name", name}}}}.dump())["id"];
      const std::string upstream = Must("UpstreamService/CreateUpstream",
                                        json{{"upstream",
                                              {{"group", "acme"},
                                               {"name", name},
                                               {"username", name},
                                               {"password", kPlantedSecret},
                                               {"url", upstream_.url()}}}}
                                            .dump())["id"];
      ids_[name == "R" ? "P" : "O"] =
          Must("UpstreamService/AttachUpstream",
               json{{"registry_id", registry}, {"upstream_id", upstream}}
                   .dump())["id"];
      ids_[name] = registry;
      ids_[name == "R" ? "U" : "V"] = upstream;
    }
    Must("CacheEntryService/CreateCacheEntry",
         json{{"cache_entry",
               {{"upstream_id", ids_["U"]},
                {"relative_path", "/library/alpine/manifests/1"},
                {"digest", Digest::OfBytes("x").ToString()},
                {"media_type", "application/json"}}}}
             .dump());
  }

  std::string Filled(std::string request) const {
    for (const auto& [name, id] : ids_) {
      request = absl::StrReplaceAll(request, {{":" + name, ":" + id}});
    }
    return request;
  }

  Told ToldOf(const std::string& secret, const Row& row) {
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
      MakeToken({{"name", "reader"},
                 {"group", "acme"},
                 {"scopes", {"READ_VIRTUAL_REGISTRY"}}}),
      MakeToken({{"name", "writer"},
                 {"group", "acme"},
                 {"scopes", {"WRITE_VIRTUAL_REGISTRY"}}}),
      MakeToken(
          {{"name", "for a registry"},
           {"group", "acme"},
           {"registry_ids", registry},
           {"scopes", {"READ_VIRTUAL_REGISTRY", "WRITE_VIRTUAL_REGISTRY"}}}),
      MakeToken(
          {{"name", "stranger"},
           {"group", "default"},
           {"scopes", {"READ_VIRTUAL_REGISTRY", "WRITE_VIRTUAL_REGISTRY"}}}),
      system_.admin_secret()};
  for (const Row& row : AllRows()) {
    for (size_t i = 0; i < secrets.size(); ++i) {
      EXPECT_EQ(ToldOf(secrets[i], row), row.told[i])
          << row.method << " " << row.request << " by caller " << i;
    }
  }
}

TEST_P(AuthorizationTest, EveryMethodIsInTheTableAndAsksForALogin) {
  std::set<std::string> tested;
  for (const Row& row : AllRows()) tested.insert(row.method);
  const std::string revoked = MakeToken({{"name", "r"}, {"scopes", {"ADMIN"}}});
  const auto tokens = Must("AccessTokenService/ListAccessTokens", "{}");
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
  EXPECT_GE(methods, 28);
}

TEST_P(AuthorizationTest, ListsShowWhatTheCallerMaySee) {
  const std::string narrow = MakeToken({{"name", "narrow"},
                                        {"group", "acme"},
                                        {"registry_ids", {ids_["R"]}},
                                        {"scopes", {"READ_VIRTUAL_REGISTRY"}}});
  const auto list = [&](const std::string& secret, const std::string& method) {
    const auto answer = Call(secret, method, "{}");
    EXPECT_THAT(answer, IsOk()) << method;
    const json page = json::parse(answer.ok() ? *answer : "{}");
    return page.empty() ? size_t{0} : page.begin()->size();
  };
  EXPECT_EQ(list(narrow, "RegistryService/ListRegistries"), 1);
  EXPECT_EQ(list(narrow, "UpstreamService/ListUpstreams"), 1);
  EXPECT_EQ(list(narrow, "CacheEntryService/ListCacheEntries"), 1);
  EXPECT_EQ(list(narrow, "GroupService/ListGroups"), 1);
  const std::string stranger =
      MakeToken({{"name", "s"}, {"scopes", {"READ_VIRTUAL_REGISTRY"}}});
  EXPECT_EQ(list(stranger, "CacheEntryService/ListCacheEntries"), 0);
  EXPECT_EQ(list(stranger, "RegistryService/ListRegistries"), 1);
  EXPECT_EQ(list(system_.admin_secret(), "RegistryService/ListRegistries"), 3);
}

TEST_P(AuthorizationTest, WhatIsHiddenIsDeletedByNobodyElse) {
  const std::string stranger =
      MakeToken({{"name", "s"}, {"scopes", {"WRITE_VIRTUAL_REGISTRY"}}});
  const json registry = {{"id", ids_["R"]}};
  EXPECT_THAT(Call(stranger, "RegistryService/DeleteRegistry", registry.dump()),
              IsOk());
  EXPECT_EQ(Must("RegistryService/GetRegistry", registry.dump())["name"], "R");
}

TEST_P(AuthorizationTest, WhatIsHiddenCannotBeAttached) {
  const std::string narrow =
      MakeToken({{"name", "narrow"},
                 {"group", "acme"},
                 {"registry_ids", {ids_["R"]}},
                 {"scopes", {"WRITE_VIRTUAL_REGISTRY"}}});
  EXPECT_THAT(Call(narrow, "UpstreamService/AttachUpstream",
                   Filled(R"({"registry_id":R,"upstream_id":V})")),
              StatusIs(absl::StatusCode::kNotFound));
}

// A registry's upstreams may be others' as well.
TEST_P(AuthorizationTest, APurgeOfARegistryReachesNoFurtherThanItsCaller) {
  const auto token = [&](const json& registry_ids) {
    return MakeToken({{"name", "purger"},
                      {"group", "acme"},
                      {"registry_ids", registry_ids},
                      {"scopes", {"WRITE_VIRTUAL_REGISTRY"}}});
  };
  Must("UpstreamService/AttachUpstream",
       Filled(R"({"registry_id":Q,"upstream_id":U})"));
  const std::string all = Filled(R"({"registry_id":R,"include_shared":true})");
  const std::string method = "CacheService/PurgeRegistryCache";
  EXPECT_THAT(Call(token({ids_["R"]}), method, all),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(Call(token({ids_["R"]}), method, Filled(R"({"registry_id":R})")),
              IsOk());
  EXPECT_EQ(Must("CacheEntryService/GetCacheEntry", R"({"id":1})")["id"], "1");
  const auto purged = Call(token({ids_["R"], ids_["Q"]}), method, all);
  ASSERT_THAT(purged, IsOk());
  EXPECT_EQ(json::parse(*purged)["entries"], "1");
}

TEST_P(AuthorizationTest, ChangesAreRecordedWithoutSecrets) {
  const json page = Must("AuditService/ListAuditEvents", "{}");
  std::vector<std::string> seen;
  for (const json& event : page["audit_events"]) {
    seen.push_back(absl::StrCat(event["method"].get<std::string>(), " ",
                                event.value("object", ""), " ",
                                event["result"].get<std::string>()));
  }
  ASSERT_GE(seen.size(), 8);
  EXPECT_EQ(seen[0], "CacheEntryService.CreateCacheEntry cache entry 1 OK");
  EXPECT_EQ(seen[1], absl::StrCat("UpstreamService.AttachUpstream registry ",
                                  ids_["Q"], " OK"));
  EXPECT_EQ(seen[2], absl::StrCat("UpstreamService.CreateUpstream upstream ",
                                  ids_["V"], " OK"));
  EXPECT_EQ(page.dump().find("password"), std::string::npos);
  EXPECT_EQ(page["audit_events"][2]["group"], "acme");
  EXPECT_EQ(page["audit_events"][0]["token_name"], "first administrator");

  const json first = Must("AuditService/ListAuditEvents", R"({"page_size":2})");
  EXPECT_EQ(first["audit_events"].size(), 2);
  const json second = Must(
      "AuditService/ListAuditEvents",
      json{{"page_size", 2}, {"page_token", first["next_page_token"]}}.dump());
  EXPECT_EQ(second["audit_events"][0], page["audit_events"][2]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, AuthorizationTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
