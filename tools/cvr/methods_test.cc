// Every method of the administrators' services has a command line.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::Empty;
using ::testing::Contains;

// By method, without the package.
const std::map<std::string, std::string>& CommandLines() {
  static const auto* const lines = new std::map<std::string, std::string>{
      {"AccessTokenService/CreateAccessToken",
       "token create --name n --scope admin"},
      {"AccessTokenService/GetAccessToken", "token get 1"},
      {"AccessTokenService/GetCaller", "whoami"},
      {"AccessTokenService/ListAccessTokens", "token list"},
      {"AccessTokenService/RevokeAccessToken", "token revoke 1"},
      {"AttachmentService/CreateAttachment",
       "attachment create --registry 1 --upstream 1"},
      {"AttachmentService/DeleteAttachment",
       "attachment delete --registry 1 --upstream 1"},
      {"AttachmentService/GetAttachment", "attachment get 1"},
      {"AttachmentService/ListAttachments", "attachment list --registry 1"},
      {"AttachmentService/MoveAttachment",
       "attachment move --registry 1 --upstream 1 --position 1"},
      {"AttachmentService/SetAttachments", "attachment set --registry 1 1"},
      {"AuditService/GetAuditEvent", "audit get 1"},
      {"AuditService/ListAuditEvents", "audit list"},
      {"AuditService/WatchAuditEvents", "audit watch"},
      {"CacheEntryService/BatchDeleteCacheEntries", "entry delete 1 2"},
      {"CacheEntryService/DeleteCacheEntry", "entry delete 1"},
      {"CacheEntryService/ExpireCacheEntry", "entry expire 1"},
      {"CacheEntryService/GetCacheEntry", "entry get 1"},
      {"CacheEntryService/ListCacheEntries", "entry list"},
      {"CacheService/GetCacheStats", "cache stats"},
      {"CacheService/PurgeRegistryCache", "cache purge --registry 1"},
      {"CacheService/PurgeUpstreamCache", "cache purge --upstream 1"},
      {"CleanupPolicyService/GetCleanupPolicy", "cleanup get g"},
      {"CleanupPolicyService/ListCleanupRuns", "cleanup runs g"},
      {"CleanupPolicyService/RunCleanup", "cleanup run g"},
      {"CleanupPolicyService/UpdateCleanupPolicy",
       "cleanup update g --no-enabled"},
      {"ExplainService/Explain", "explain 1 a"},
      {"FetchService/CancelFetch", "fetch cancel 1 --upstream 1"},
      {"FetchService/GetStorageStats", "storage stats"},
      {"FetchService/ListFetches", "fetch list"},
      {"FetchService/WatchFetches", "fetch watch"},
      {"GroupService/CreateGroup", "group create g"},
      {"GroupService/DeleteGroup", "group delete g"},
      {"GroupService/GetGroup", "group get g"},
      {"GroupService/ListGroups", "group list"},
      {"GroupService/UpdateGroup", "group update g --description d"},
      {"OperationService/CancelOperation", "operation cancel 1"},
      {"OperationService/GetOperation", "operation get 1"},
      {"OperationService/ListOperations", "operation list"},
      {"OperationService/WaitOperation", "operation wait 1 --wait-timeout 0"},
      {"RefreshService/BatchRefreshTags", "refresh tags 1 a:b"},
      {"RefreshService/PrefetchImage", "prefetch 1 a:b"},
      {"RefreshService/RefreshTag", "refresh tag 1 a:b"},
      {"RegistryService/CreateRegistry", "registry create r"},
      {"RegistryService/DeleteRegistry", "registry delete 1"},
      {"RegistryService/GetRegistry", "registry get 1"},
      {"RegistryService/ListRegistries", "registry list"},
      {"RegistryService/ListRepositories", "repository list --registry 1"},
      {"RegistryService/UpdateRegistry", "registry update 1 --name n"},
      {"SecretService/RotateSecretKey", "secret rotate"},
      {"ServerService/GetServerInfo", "server info"},
      {"UpstreamService/CreateUpstream", "upstream create u --url http://a"},
      {"UpstreamService/DeleteUpstream", "upstream delete 1"},
      {"UpstreamService/GetUpstream", "upstream get 1"},
      {"UpstreamService/ListUpstreams", "upstream list"},
      {"UpstreamService/UpdateUpstream", "upstream update 1 --name n"},
      {"UpstreamStateService/ListUpstreamStates", "upstream states"},
      {"UpstreamTestService/TestUpstream", "upstream test 1"},
      {"WatchService/GetRevision", "server revision"},
      {"WatchService/WatchResources", "watch"},
  };
  return *lines;
}

// `RegistryService/GetRegistry` of all our .proto files that are linked in.
std::vector<std::string> AdminMethods() {
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::vector<std::string> methods;
  for (const std::string& name : files) {
    if (!absl::StartsWith(name, "cvr/v1/")) continue;
    const auto* const file =
        DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; i < file->service_count(); ++i) {
      const auto* const service = file->service(i);
      for (int k = 0; k < service->method_count(); ++k) {
        methods.push_back(
            absl::StrCat(service->name(), "/", service->method(k)->name()));
      }
    }
  }
  std::sort(methods.begin(), methods.end());
  return methods;
}

using MethodsTest = CvrTest;

TEST_F(MethodsTest, EveryMethodHasACommandLine) {
  std::vector<std::string> listed;
  for (const auto& [method, line] : CommandLines()) listed.push_back(method);
  EXPECT_EQ(AdminMethods(), listed);
}

TEST_F(MethodsTest, EveryCommandLineReachesItsMethod) {
  for (const auto& [method, line] : CommandLines()) {
    FakeServer server;
    variables_["CVR_SERVER"] = server.address();
    // Several entries are deleted by their upstreams, which are looked up.
    if (method == "CacheEntryService/BatchDeleteCacheEntries") {
      server.On<Empty, Empty>(
          "CacheEntryService/GetCacheEntry",
          [](const auto&, auto*) { return grpc::Status::OK; });
    }
    server.On<Empty, Empty>(
        method, [](const auto&, auto*) { return grpc::Status::OK; });
    Cvr(line);
    EXPECT_THAT(server.methods_called(),
                Contains(absl::StrCat("/cvr.v1.", method)))
        << line << ": " << Err();
  }
}

// What scripts have typed since before a command was renamed.
TEST_F(MethodsTest, FormerNamesOfCommandsGoOn) {
  FakeServer server;
  variables_["CVR_SERVER"] = server.address();
  server.On<Empty, Empty>("AttachmentService/GetAttachment",
                          [](const auto&, auto*) { return grpc::Status::OK; });
  Cvr("upstream place 1");
  EXPECT_THAT(server.methods_called(),
              Contains("/cvr.v1.AttachmentService/GetAttachment"))
      << Err();
}

}  // namespace
}  // namespace cvr
