#include "services/metadata/auth_service.h"

#include <algorithm>
#include <vector>

#include "services/access/access_question_wire.h"
#include "services/access/caller_wire.h"
#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/rpc_answer.h"
#include "services/metadata/api/token_access_wire.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

// A thread waits meanwhile.
constexpr absl::Duration kWaitMax = absl::Seconds(30);

absl::StatusOr<internal::v1::AuthenticateResponse> Authenticate(
    TokenAuthority& client, const std::string& secret) {
  ASSIGN_OR_RETURN(const Caller caller, client.Authenticate(secret));
  internal::v1::AuthenticateResponse response;
  *response.mutable_caller() = ToWire(caller);
  return response;
}

absl::StatusOr<internal::v1::IssueTokenResponse> IssueToken(
    TokenAuthority& client, const internal::v1::IssueTokenRequest& request) {
  ASSIGN_OR_RETURN(const IssuedToken issued,
                   client.IssueToken(request.secret(), request.audience(),
                                     FromWire(request.access())));
  internal::v1::IssueTokenResponse response;
  response.set_token(issued.token);
  *response.mutable_issue_time() = ToWire(issued.issued_at);
  response.mutable_lifetime()->set_seconds(
      absl::ToInt64Seconds(issued.lifetime));
  *response.mutable_access() = ToWire(issued.access);
  return response;
}

absl::StatusOr<internal::v1::GetTrustResponse> GetTrust(
    TokenAuthority& client, const internal::v1::GetTrustRequest& request) {
  const absl::Duration wait = FromWire(request.max_wait());
  ASSIGN_OR_RETURN(
      const Trust trust,
      client.GetTrust(request.known_version(), std::min(wait, kWaitMax)));
  internal::v1::GetTrustResponse response;
  response.set_version(trust.version);
  for (const auto& [id, pem] : trust.keys) {
    auto& key = *response.add_keys();
    key.set_id(id);
    key.set_public_key_pem(pem);
  }
  for (const int64_t id : trust.revoked_token_ids) {
    response.add_revoked_token_ids(id);
  }
  return response;
}

absl::StatusOr<internal::v1::AuthorizeResponse> Authorize(
    AdminAuthority& authority, const internal::v1::AuthorizeRequest& request) {
  std::vector<AccessQuestion> questions;
  for (const auto& message : request.questions()) {
    ASSIGN_OR_RETURN(questions.emplace_back(), FromWire(message));
  }
  ASSIGN_OR_RETURN(const Admission admission,
                   authority.Authorize(request.secret(), questions));
  return ToWire(admission);
}

absl::StatusOr<internal::v1::ResolveKeyResponse> ResolveKey(
    AdminAuthority& authority, const internal::v1::ResolveKeyRequest& request) {
  internal::v1::AccessQuestion wire;
  wire.set_action(internal::v1::AccessQuestion::ACCESS_ACTION_READ);
  wire.set_kind(request.kind());
  ASSIGN_OR_RETURN(const AccessQuestion question, FromWire(wire));
  ASSIGN_OR_RETURN(
      const auto id,
      authority.FindByKey({question.kind, request.group(), request.name()}));
  internal::v1::ResolveKeyResponse response;
  if (id) response.set_id(*id);
  return response;
}

}  // namespace

grpc::Status AuthServiceImpl::Authenticate(
    grpc::ServerContext* /*context*/,
    const internal::v1::AuthenticateRequest* request,
    internal::v1::AuthenticateResponse* response) {
  return Answer(cvr::Authenticate(client_, request->secret()), response);
}

grpc::Status AuthServiceImpl::IssueToken(
    grpc::ServerContext* /*context*/,
    const internal::v1::IssueTokenRequest* request,
    internal::v1::IssueTokenResponse* response) {
  return Answer(cvr::IssueToken(client_, *request), response);
}

grpc::Status AuthServiceImpl::GetTrust(
    grpc::ServerContext* /*context*/,
    const internal::v1::GetTrustRequest* request,
    internal::v1::GetTrustResponse* response) {
  return Answer(cvr::GetTrust(client_, *request), response);
}

grpc::Status AuthServiceImpl::Authorize(
    grpc::ServerContext* /*context*/,
    const internal::v1::AuthorizeRequest* request,
    internal::v1::AuthorizeResponse* response) {
  return Answer(cvr::Authorize(authority_, *request), response);
}

grpc::Status AuthServiceImpl::ResolveKey(
    grpc::ServerContext* /*context*/,
    const internal::v1::ResolveKeyRequest* request,
    internal::v1::ResolveKeyResponse* response) {
  return Answer(cvr::ResolveKey(authority_, *request), response);
}

grpc::Status AuthServiceImpl::RecordAuditEvent(
    grpc::ServerContext* /*context*/,
    const internal::v1::RecordAuditEventRequest* request,
    internal::v1::RecordAuditEventResponse* /*response*/) {
  authority_.Record(request->audit_event());
  return grpc::Status::OK;
}

}  // namespace cvr
