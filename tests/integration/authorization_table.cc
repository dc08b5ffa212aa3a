#include "tests/integration/authorization_table.h"

#include <iterator>

namespace cvr::testing {
namespace {

using Row = AuthorizationRow;

constexpr Told kD = Told::kDone;
constexpr Told kN = Told::kDenied;
constexpr Told kG = Told::kGone;

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

}  // namespace

std::vector<AuthorizationRow> AuthorizationTable() {
  std::vector<Row> rows(std::begin(kTable), std::end(kTable));
  rows.insert(rows.end(), std::begin(kUpstreamTable), std::end(kUpstreamTable));
  rows.insert(rows.end(), std::begin(kMoreTable), std::end(kMoreTable));
  rows.insert(rows.end(), std::begin(kBlobServiceTable),
              std::end(kBlobServiceTable));
  rows.insert(rows.end(), std::begin(kCleanupTable), std::end(kCleanupTable));
  return rows;
}

}  // namespace cvr::testing
