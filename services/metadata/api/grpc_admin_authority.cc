#include "services/metadata/api/grpc_admin_authority.h"

#include <string>
#include <utility>

#include "services/access/access_question_wire.h"
#include "services/common/status_macros.h"
#include "services/rpc/unary_call.h"
#include "spdlog/spdlog.h"

namespace cvr {

using Stub = internal::v1::AuthService::Stub;

absl::StatusOr<Admission> GrpcAdminAuthority::Authorize(
    absl::string_view secret, absl::Span<const AccessQuestion> questions) {
  internal::v1::AuthorizeRequest request;
  request.set_secret(std::string(secret));
  for (const AccessQuestion& question : questions) {
    *request.add_questions() = ToWire(question);
  }
  internal::v1::AuthorizeResponse response;
  RETURN_IF_ERROR(UnaryCall(*stub_, &Stub::Authorize, options_.deadline,
                            request, response));
  return FromWire(response);
}

absl::StatusOr<std::optional<int64_t>> GrpcAdminAuthority::FindByKey(
    const ResourceKey& key) {
  internal::v1::ResolveKeyRequest request;
  request.set_kind(
      ToWire(AccessQuestion{AccessPolicy::Action::kRead, key.kind}).kind());
  request.set_group(key.group);
  request.set_name(key.name);
  internal::v1::ResolveKeyResponse response;
  RETURN_IF_ERROR(UnaryCall(*stub_, &Stub::ResolveKey, options_.deadline,
                            request, response));
  if (!response.has_id()) return std::nullopt;
  return response.id();
}

void GrpcAdminAuthority::Record(v1::AuditEvent event) {
  internal::v1::RecordAuditEventRequest request;
  *request.mutable_audit_event() = std::move(event);
  internal::v1::RecordAuditEventResponse response;
  const absl::Status status = UnaryCall(*stub_, &Stub::RecordAuditEvent,
                                        options_.deadline, request, response);
  if (!status.ok()) {
    spdlog::error("cannot write the audit event for {}: {}",
                  request.audit_event().method(),
                  std::string(status.message()));
  }
}

}  // namespace cvr
