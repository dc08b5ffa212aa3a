#include "services/rpc/credentials/method_rules.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "services/access/access_rules.h"

namespace cvr {
namespace {

using For = MethodRule::For;

constexpr PeerRoles kGateway = {PeerRole::kGateway};
constexpr PeerRoles kBlob = {PeerRole::kBlob};
constexpr PeerRoles kBoth = {PeerRole::kGateway, PeerRole::kBlob};
constexpr PeerRoles kNone = {};

struct PeerMethod {
  absl::string_view path;
  PeerRoles roles;
};

// Every method that is for processes of this system: a service for each role
// that asks. CacheRecordService is for the blob service alone, since it tells
// credentials of upstreams (GetUpstreamAccess) and believes what it is told of
// the store.
constexpr PeerMethod kPeerMethods[] = {
    {"/cvr.internal.v1.ResolutionService/Resolve", kBoth},
    {"/cvr.internal.v1.ResolutionService/ListRepositories", kGateway},
    {"/cvr.internal.v1.ResolutionService/LocateRegistry", kGateway},

    {"/cvr.internal.v1.CacheRecordService/RecordCacheEntry", kBlob},
    {"/cvr.internal.v1.CacheRecordService/TouchCacheEntry", kBlob},
    {"/cvr.internal.v1.CacheRecordService/RecordNegativeAnswer", kBlob},
    {"/cvr.internal.v1.CacheRecordService/TakeRefreshDue", kBlob},
    {"/cvr.internal.v1.CacheRecordService/ForgetContent", kBlob},
    {"/cvr.internal.v1.CacheRecordService/CheckUpstreams", kBlob},
    {"/cvr.internal.v1.CacheRecordService/FilterUnreferenced", kBlob},
    {"/cvr.internal.v1.CacheRecordService/ListGarbage", kBlob},
    {"/cvr.internal.v1.CacheRecordService/RemoveGarbage", kBlob},
    {"/cvr.internal.v1.CacheRecordService/FindPossessing", kBlob},
    {"/cvr.internal.v1.CacheRecordService/GetUpstreamAccess", kBlob},

    {"/cvr.internal.v1.OperationRecordService/StartOperation", kBlob},
    {"/cvr.internal.v1.OperationRecordService/ReportProgress", kBlob},
    {"/cvr.internal.v1.OperationRecordService/FinishOperation", kBlob},

    {"/cvr.internal.v1.AuthService/Authenticate", kGateway},
    {"/cvr.internal.v1.AuthService/IssueToken", kGateway},
    {"/cvr.internal.v1.AuthService/GetTrust", kGateway},
    {"/cvr.internal.v1.AuthService/Authorize", kBlob},
    {"/cvr.internal.v1.AuthService/ResolveKey", kBlob},
    {"/cvr.internal.v1.AuthService/RecordAuditEvent", kBlob},

    {"/cvr.internal.v1.BlobService/Read", kGateway},
    {"/cvr.internal.v1.BlobService/Fetch", kGateway},
    // For no process that there is.
    {"/cvr.internal.v1.BlobService/StatBlob", kNone},
    {"/cvr.internal.v1.BlobService/DeleteBlob", kNone},
};

constexpr absl::string_view kEverybodysServices[] = {
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1alpha.ServerReflection/",
};

const google::protobuf::MethodDescriptor* FindMethod(absl::string_view path) {
  std::string name(absl::StripPrefix(path, "/"));
  std::replace(name.begin(), name.end(), '/', '.');
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      name);
}

}  // namespace

MethodRule RuleOfMethod(absl::string_view path) {
  for (const PeerMethod& method : kPeerMethods) {
    if (path == method.path) return {For::kPeers, method.roles};
  }
  for (const absl::string_view service : kEverybodysServices) {
    if (absl::StartsWith(path, service)) return {For::kEverybody, {}};
  }
  const auto* const method = FindMethod(path);
  if (method == nullptr) return {For::kUnknown, {}};
  return {HasAccessRule(*method) ? For::kAdministrators : For::kNobody, {}};
}

}  // namespace cvr
