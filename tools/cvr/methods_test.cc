// Every method of the administrators' services has a command line.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/fetch_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
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
      {"AuditService/ListAuditEvents", "audit list"},
      {"CacheEntryService/CreateCacheEntry",
       "entry create --upstream 1 --path /a/manifests/b --digest d "
       "--media-type m --size 1"},
      {"CacheEntryService/DeleteCacheEntry", "purge entry 1"},
      {"CacheEntryService/GetCacheEntry", "entry get 1"},
      {"CacheEntryService/ListCacheEntries", "entry list"},
      {"CacheEntryService/UpdateCacheEntry", "entry update 1 --media-type m"},
      {"CacheService/GetCacheStats", "stats"},
      {"CacheService/PurgeRegistryCache", "purge registry 1"},
      {"CacheService/PurgeUpstreamCache", "purge upstream 1"},
      {"CleanupPolicyService/CreateCleanupPolicy", "cleanup set g --enable"},
      {"CleanupPolicyService/DeleteCleanupPolicy", "cleanup delete g"},
      {"CleanupPolicyService/GetCleanupPolicy", "cleanup get g"},
      {"CleanupPolicyService/RunCleanupPolicy", "cleanup run g"},
      {"CleanupPolicyService/UpdateCleanupPolicy", "cleanup set g --disable"},
      {"DownloadService/CancelDownload", "downloads cancel 1"},
      {"DownloadService/GetStorageStats", "stats"},
      {"DownloadService/ListDownloads", "downloads"},
      {"DownloadService/WatchDownloads", "downloads --watch"},
      {"ExplainService/Explain", "explain 1 a"},
      {"GroupService/CreateGroup", "group create g"},
      {"GroupService/DeleteGroup", "group delete g"},
      {"GroupService/GetGroup", "group get g"},
      {"GroupService/ListGroups", "group list"},
      {"GroupService/UpdateGroup", "group update g --description d"},
      {"RefreshService/RefreshTag", "refresh 1 a:b"},
      {"RegistryService/CreateRegistry", "registry create r"},
      {"RegistryService/DeleteRegistry", "registry delete 1"},
      {"RegistryService/GetRegistry", "registry get 1"},
      {"RegistryService/ListRegistries", "registry list"},
      {"RegistryService/UpdateRegistry", "registry update 1 --name n"},
      {"SecretService/RotateSecretKey", "secret rotate-key"},
      {"UpstreamProbeService/TestUpstream", "upstream test 1"},
      {"UpstreamService/CreateUpstream", "upstream create u --url http://a"},
      {"UpstreamService/DeleteUpstream", "upstream delete 1"},
      {"UpstreamService/GetUpstream", "upstream get 1"},
      {"UpstreamService/ListUpstreams", "upstream list"},
      {"UpstreamService/UpdateUpstream", "upstream update 1 --name n"},
      {"UpstreamStateService/ListUpstreamStates", "upstream states"},
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
    if (method == "CleanupPolicyService/CreateCleanupPolicy") {
      server.On<v1::UpdateCleanupPolicyRequest, v1::CleanupPolicy>(
          "CleanupPolicyService/UpdateCleanupPolicy", [](const auto&, auto*) {
            return ToRpcStatus(errors::NoSuch("cleanup policy", "g"));
          });
    }
    if (method == "DownloadService/GetStorageStats") {
      server.On<Empty, Empty>(
          "CacheService/GetCacheStats",
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
