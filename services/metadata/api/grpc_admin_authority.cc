#include "services/metadata/api/grpc_admin_authority.h"

#include <chrono>
#include <string>

#include "services/access/access_question_wire.h"
#include "services/rpc/rpc_status.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

void SetDeadline(grpc::ClientContext& context, absl::Duration deadline) {
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoNanoseconds(deadline));
}

}  // namespace

absl::StatusOr<Admission> GrpcAdminAuthority::Authorize(
    absl::string_view secret, absl::Span<const AccessQuestion> questions) {
  v1::AuthorizeRequest request;
  request.set_secret(std::string(secret));
  for (const AccessQuestion& question : questions) {
    *request.add_questions() = ToWire(question);
  }
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  v1::Admission response;
  const absl::Status status =
      FromRpcStatus(stub_->Authorize(&context, request, &response));
  // A service that is gone, hangs or is stopping.
  if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) {
    return absl::UnavailableError(status.message());
  }
  if (!status.ok()) return status;
  return FromWire(response);
}

void GrpcAdminAuthority::Record(v1::AuditEvent event) {
  grpc::ClientContext context;
  SetDeadline(context, options_.deadline);
  google::protobuf::Empty response;
  const grpc::Status status =
      stub_->RecordAuditEvent(&context, event, &response);
  if (!status.ok()) {
    spdlog::error("cannot write the audit event for {}: {}", event.method(),
                  status.error_message());
  }
}

}  // namespace cvr
