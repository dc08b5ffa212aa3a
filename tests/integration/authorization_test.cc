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
#include "tests/support/http_client.h"
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
  // attachment, `E` for an entry of that upstream; `Q`, `V` and `O` for those
  // that the caller kForRegistry is not for, `T` for an operation on them; all
  // of `acme`.
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
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"none"},"allow_missing":true,"validate_only":true})",
     {kN, kN, kN, kN, kD}},
    {"GroupService/DeleteGroup", R"({"name":"default"})", {kN, kN, kN, kN, kD}},

    {"RegistryService/CreateRegistry",
     R"({"registry":{"group":"acme"}})",
     {kN, kD, kN, kG, kD}},
    // Ids are those of the whole installation.
    {"RegistryService/CreateRegistry",
     R"({"registry":{"group":"acme","id":77}})",
     {kN, kN, kN, kN, kD}},
    {"RegistryService/GetRegistry", R"({"id":R})", {kD, kD, kD, kG, kD}},
    {"RegistryService/GetRegistry", R"({"id":Q})", {kD, kD, kG, kG, kD}},
    {"RegistryService/GetRegistry",
     R"({"key":{"group":"acme","name":"R"}})",
     {kD, kD, kD, kG, kD}},
    {"RegistryService/GetRegistry",
     R"({"key":{"group":"acme","name":"Q"}})",
     {kD, kD, kG, kG, kD}},
    {"RegistryService/ListRegistries",
     R"({"group":"-"})",
     {kD, kD, kD, kD, kD}},
    {"RegistryService/UpdateRegistry", R"({"id":R})", {kN, kD, kD, kG, kD}},
    {"RegistryService/UpdateRegistry", R"({"id":Q})", {kN, kD, kG, kG, kD}},
    // Who creates needs the group.
    {"RegistryService/UpdateRegistry",
     R"({"key":{"group":"acme","name":"none"},"allow_missing":true,
         "validate_only":true})",
     {kN, kD, kN, kG, kD}},
    {"RegistryService/DeleteRegistry", R"({"id":999})", {kN, kG, kG, kG, kG}},
    {"RegistryService/DeleteRegistry",
     R"({"id":999,"allow_missing":true})",
     {kN, kD, kD, kD, kD}},
    {"RegistryService/DeleteRegistry",
     R"({"id":Q,"validate_only":true})",
     {kN, kD, kG, kG, kD}},
    {"RegistryService/ListRepositories",
     R"({"registry_id":R})",
     {kD, kD, kD, kG, kD}},
    {"RegistryService/ListRepositories",
     R"({"registry_id":Q})",
     {kD, kD, kG, kG, kD}},
};

const Row kUpstreamTable[] = {
    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"group":"acme"}})",
     {kN, kD, kN, kG, kD}},
    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"group":"acme"},"registry_id":R})",
     {kN, kD, kN, kG, kD}},
    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"group":"default"},"registry_id":R})",
     {kN, kG, kG, kG, kD}},
    {"UpstreamService/GetUpstream", R"({"id":U})", {kD, kD, kD, kG, kD}},
    {"UpstreamService/GetUpstream", R"({"id":V})", {kD, kD, kG, kG, kD}},
    {"UpstreamService/GetUpstream",
     R"({"key":{"group":"acme","name":"Q"}})",
     {kD, kD, kG, kG, kD}},
    {"UpstreamService/ListUpstreams", R"({"group":"-"})", {kD, kD, kD, kD, kD}},
    {"UpstreamService/ListUpstreams",
     R"({"registry_id":R})",
     {kD, kD, kD, kG, kD}},
    {"UpstreamService/ListUpstreams",
     R"({"registry_key":{"group":"acme","name":"Q"}})",
     {kD, kD, kG, kG, kD}},
    {"UpstreamService/UpdateUpstream", R"({"id":U})", {kN, kD, kD, kG, kD}},
    {"UpstreamService/UpdateUpstream", R"({"id":V})", {kN, kD, kG, kG, kD}},
    {"UpstreamService/UpdateUpstream",
     R"({"key":{"group":"acme","name":"none"},"allow_missing":true,
         "validate_only":true})",
     {kN, kD, kN, kG, kD}},
    {"UpstreamService/DeleteUpstream", R"({"id":999})", {kN, kG, kG, kG, kG}},
    {"UpstreamService/DeleteUpstream",
     R"({"id":999,"allow_missing":true})",
     {kN, kD, kD, kD, kD}},
    {"UpstreamService/DeleteUpstream",
     R"({"id":V,"validate_only":true})",
     {kN, kD, kG, kG, kD}},

    {"AttachmentService/CreateAttachment",
     R"({"registry_id":R,"upstream_id":U})",
     {kN, kD, kD, kG, kD}},
    {"AttachmentService/CreateAttachment",
     R"({"registry_id":Q,"upstream_id":V})",
     {kN, kD, kG, kG, kD}},
    {"AttachmentService/GetAttachment", R"({"id":P})", {kD, kD, kD, kG, kD}},
    {"AttachmentService/GetAttachment", R"({"id":O})", {kD, kD, kG, kG, kD}},
    {"AttachmentService/ListAttachments",
     R"({"registry_id":R})",
     {kD, kD, kD, kG, kD}},
    {"AttachmentService/ListAttachments",
     R"({"registry_id":Q})",
     {kD, kD, kG, kG, kD}},
    {"AttachmentService/SetAttachments",
     R"({"registry_id":R,"upstream_ids":[U]})",
     {kN, kD, kD, kG, kD}},
    {"AttachmentService/SetAttachments",
     R"({"registry_id":Q,"upstream_ids":[V]})",
     {kN, kD, kG, kG, kD}},
    // What is hidden cannot be attached, in a list either; nor does the answer
    // tell that it exists.
    {"AttachmentService/SetAttachments",
     R"({"registry_id":R,"upstream_ids":[V],"validate_only":true})",
     {kN, kD, kG, kG, kD}},
    {"AttachmentService/SetAttachments",
     R"({"registry_id":R,"upstream_ids":[1],"validate_only":true})",
     {kN, kG, kG, kG, kD}},
    {"AttachmentService/SetAttachments",
     R"({"registry_id":R,"upstream_ids":[999],"validate_only":true})",
     {kN, kG, kG, kG, kG}},
    {"AttachmentService/MoveAttachment",
     R"({"registry_id":R,"upstream_id":U,"position":1})",
     {kN, kD, kD, kG, kD}},
    {"AttachmentService/DeleteAttachment",
     R"({"registry_id":R,"upstream_id":999})",
     {kN, kG, kG, kG, kG}},
    {"AttachmentService/DeleteAttachment",
     R"({"registry_id":R,"upstream_id":999,"allow_missing":true})",
     {kN, kD, kD, kD, kD}},
};

// More of it.
const Row kMoreTable[] = {
    {"CacheEntryService/GetCacheEntry", R"({"id":E})", {kD, kD, kD, kG, kD}},
    {"CacheEntryService/ListCacheEntries", "{}", {kD, kD, kD, kD, kD}},
    {"CacheEntryService/ListCacheEntries",
     R"({"upstream_id":V})",
     {kD, kD, kG, kG, kD}},
    {"CacheEntryService/ExpireCacheEntry", R"({"id":E})", {kN, kD, kD, kG, kD}},
    {"CacheEntryService/DeleteCacheEntry",
     R"({"id":999})",
     {kN, kG, kG, kG, kG}},
    {"CacheEntryService/DeleteCacheEntry",
     R"({"id":999,"allow_missing":true})",
     {kN, kD, kD, kD, kD}},
    {"CacheEntryService/BatchDeleteCacheEntries",
     R"({"upstream_id":U,"ids":[999]})",
     {kN, kD, kD, kG, kD}},
    {"CacheEntryService/BatchDeleteCacheEntries",
     R"({"upstream_id":V,"ids":[E]})",
     {kN, kD, kG, kG, kD}},

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
     R"({"registry_id":R,"validate_only":true})",
     {kN, kD, kD, kG, kD}},
    {"CacheService/GetCacheStats", R"({"group":"-"})", {kD, kD, kD, kD, kD}},
    {"CacheService/GetCacheStats", R"({"group":"acme"})", {kD, kD, kD, kG, kD}},

    {"ExplainService/Explain", R"({"registry_id":R})", {kD, kD, kD, kG, kD}},
    {"ExplainService/Explain", R"({"registry_id":Q})", {kD, kD, kG, kG, kD}},

    // What concerns the whole group is not for who is for one registry.
    {"OperationService/GetOperation", R"({"id":T})", {kD, kD, kG, kG, kD}},
    {"OperationService/ListOperations",
     R"({"group":"-"})",
     {kD, kD, kD, kD, kD}},
    {"OperationService/WaitOperation", R"({"id":T})", {kD, kD, kG, kG, kD}},
    {"OperationService/CancelOperation", R"({"id":T})", {kN, kD, kG, kG, kD}},
    {"OperationService/CancelOperation", R"({"id":999})", {kN, kG, kG, kG, kG}},

    {"WatchService/GetRevision", "{}", {kD, kD, kD, kD, kD}},
    // One that was never given out: the call is answered at once.
    {"WatchService/WatchResources",
     R"({"group":"-","after_revision":"4611686018427387904"})",
     {kD, kD, kD, kD, kD}},
    {"ServerService/GetServerInfo", "{}", {kD, kD, kD, kD, kD}},

    {"AccessTokenService/CreateAccessToken", "{}", {kN, kN, kN, kN, kD}},
    {"AccessTokenService/GetAccessToken", R"({"id":1})", {kN, kN, kN, kN, kD}},
    {"AccessTokenService/GetCaller", "{}", {kD, kD, kD, kD, kD}},
    {"AccessTokenService/ListAccessTokens",
     R"({"group":"-"})",
     {kN, kN, kN, kN, kD}},
    {"AccessTokenService/ListAccessTokens",
     R"({"group":"acme"})",
     {kN, kN, kN, kN, kD}},
    {"AccessTokenService/RevokeAccessToken",
     R"({"id":999,"allow_missing":true})",
     {kN, kN, kN, kN, kD}},
    {"AuditService/ListAuditEvents", R"({"group":"-"})", {kN, kN, kN, kN, kD}},
    {"AuditService/GetAuditEvent", R"({"id":1})", {kN, kN, kN, kN, kD}},
    {"AuditService/WatchAuditEvents",
     R"({"after_id":"0"})",
     {kN, kN, kN, kN, kD}},
    {"SecretService/RotateSecretKey", "{}", {kN, kN, kN, kN, kD}},
};

// What blob services do.
const Row kBlobServiceTable[] = {
    {"UpstreamTestService/TestUpstream",
     R"({"upstream_id":U})",
     {kD, kD, kD, kG, kD}},
    {"UpstreamTestService/TestUpstream",
     R"({"upstream_id":U,"upstream":{"url":"x"}})",
     {kN, kD, kD, kG, kD}},
    {"UpstreamTestService/TestUpstream",
     R"({"upstream":{"group":"acme","url":"x"}})",
     {kN, kD, kN, kG, kD}},
    {"UpstreamTestService/TestUpstream",
     R"({"upstream_key":{"group":"acme","name":"Q"}})",
     {kD, kD, kG, kG, kD}},
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
    {"RefreshService/BatchRefreshTags",
     R"({"registry_id":R,"tags":[{"repository":"NONE","tag":"1"}]})",
     {kN, kD, kD, kG, kD}},
    {"RefreshService/BatchRefreshTags",
     R"({"registry_id":Q,"tags":[{"repository":"NONE","tag":"1"}]})",
     {kN, kD, kG, kG, kD}},
    {"RefreshService/PrefetchImage",
     R"({"registry_id":R,"repository":"NONE","reference":"1"})",
     {kN, kD, kD, kG, kD}},
    {"RefreshService/PrefetchImage",
     R"({"registry_id":Q,"repository":"NONE","reference":"1"})",
     {kN, kD, kG, kG, kD}},
    {"FetchService/ListFetches", "{}", {kN, kN, kN, kN, kD}},
    {"FetchService/ListFetches", R"({"upstream_id":U})", {kD, kD, kD, kG, kD}},
    {"FetchService/WatchFetches",
     R"({"interval":"0.001s"})",
     {kN, kN, kN, kN, kD}},
    {"FetchService/WatchFetches",
     R"({"upstream_id":U,"interval":"0.001s"})",
     {kD, kD, kD, kG, kD}},
    // Whoever may cancel any: what is not there, and what is not theirs, is the
    // same.
    {"FetchService/CancelFetch",
     R"({"id":4711,"upstream_id":U})",
     {kN, kG, kG, kG, kG}},
    {"FetchService/GetStorageStats", "{}", {kN, kN, kN, kN, kD}},
};

// The same, of cleanup policies.
const Row kCleanupTable[] = {
    {"CleanupPolicyService/GetCleanupPolicy",
     R"({"group":"acme"})",
     {kD, kD, kD, kG, kD}},
    {"CleanupPolicyService/UpdateCleanupPolicy",
     R"({"cleanup_policy":{"group":"acme"}})",
     {kN, kD, kN, kG, kD}},
    {"CleanupPolicyService/RunCleanup",
     R"({"group":"acme"})",
     {kN, kD, kN, kG, kD}},
    {"CleanupPolicyService/ListCleanupRuns",
     R"({"group":"acme"})",
     {kD, kD, kD, kG, kD}},
};

std::vector<Row> AllRows() {
  std::vector<Row> rows(std::begin(kTable), std::end(kTable));
  rows.insert(rows.end(), std::begin(kUpstreamTable), std::end(kUpstreamTable));
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
