#include "cvr/v1/access_token_service.pb.h"
#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/audit_service.pb.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/explain_service.pb.h"
#include "cvr/v1/fetch_service.pb.h"
#include "cvr/v1/group_service.pb.h"
#include "cvr/v1/operation_service.pb.h"
#include "cvr/v1/refresh_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/secret_service.pb.h"
#include "cvr/v1/server_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "cvr/v1/upstream_state_service.pb.h"
#include "cvr/v1/upstream_test_service.pb.h"
#include "cvr/v1/watch_service.pb.h"
#include "gateway/native_rest/route_table.h"

namespace cvr::native_rest {

// One message of each file stands for it.
std::vector<const google::protobuf::FileDescriptor*> ApiFiles() {
  return {
      v1::GetAccessTokenRequest::descriptor()->file(),
      v1::GetAttachmentRequest::descriptor()->file(),
      v1::GetAuditEventRequest::descriptor()->file(),
      v1::GetCacheEntryRequest::descriptor()->file(),
      v1::GetCacheStatsRequest::descriptor()->file(),
      v1::GetCleanupPolicyRequest::descriptor()->file(),
      v1::ExplainRequest::descriptor()->file(),
      v1::ListFetchesRequest::descriptor()->file(),
      v1::GetGroupRequest::descriptor()->file(),
      v1::GetOperationRequest::descriptor()->file(),
      v1::RefreshTagRequest::descriptor()->file(),
      v1::GetRegistryRequest::descriptor()->file(),
      v1::RotateSecretKeyRequest::descriptor()->file(),
      v1::GetServerInfoRequest::descriptor()->file(),
      v1::GetUpstreamRequest::descriptor()->file(),
      v1::ListUpstreamStatesRequest::descriptor()->file(),
      v1::TestUpstreamRequest::descriptor()->file(),
      v1::GetRevisionRequest::descriptor()->file(),
  };
}

}  // namespace cvr::native_rest
