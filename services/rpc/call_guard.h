#ifndef SERVICES_RPC_CALL_GUARD_H_
#define SERVICES_RPC_CALL_GUARD_H_

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "services/access/admin_authority.h"
#include "services/access/caller.h"
#include "services/rpc/rpc_status.h"

namespace cvr {

// Wraps every administrative gRPC method: it authenticates the caller by the
// access token in the metadata field `authorization: Bearer cvr_...`, checks
// the permission that access_rules.h requires for the method, runs the method,
// and writes an audit event for a change or a refusal.
//
// Every new administrative method must go through Answer(), or Check() if it
// does not answer with one message, and needs a row in access_rules.h; a method
// without a row is refused. Internal services are protected by CallGate
// instead. Thread-safe.
class CallGuard {
 public:
  // `authority` must outlive it.
  explicit CallGuard(AdminAuthority& authority) : authority_(authority) {}

  // Answers the call with what `call(caller)` answers, a StatusOr of the
  // response's message or a Status, if the caller may. What is hidden from it
  // is answered as what is not there: NOT_FOUND, or success where deleting
  // nothing succeeds. UNAUTHENTICATED and PERMISSION_DENIED otherwise.
  template <typename Response, typename Call>
  grpc::Status Answer(const grpc::ServerContextBase& context,
                      const google::protobuf::Message& request,
                      Response* response, Call&& call) {
    absl::StatusOr<Admitted> admitted = Admit(context, request);
    if (!admitted.ok()) return ToRpcStatus(admitted.status());
    if (admitted->is_done) return grpc::Status::OK;
    absl::Status status;
    if constexpr (std::is_same_v<std::invoke_result_t<Call, const Caller&>,
                                 absl::Status>) {
      status = call(admitted->caller);
    } else {
      auto result = call(admitted->caller);
      status = result.status();
      if (status.ok()) *response = *std::move(result);
    }
    NoteDone(*admitted, request, status, *response);
    return ToRpcStatus(status);
  }

  // Whether the caller may, for calls that are not answered with one message.
  absl::StatusOr<Caller> Check(const grpc::ServerContextBase& context,
                               const google::protobuf::Message& request);

 private:
  struct Admitted {
    Caller caller;
    // There is nothing to do.
    bool is_done = false;
    // Absent = it is not recorded.
    std::optional<v1::AuditEvent> event;
  };

  absl::StatusOr<Admitted> Admit(const grpc::ServerContextBase& context,
                                 const google::protobuf::Message& request);
  absl::StatusOr<Admitted> Decide(const grpc::ServerContextBase& context,
                                  const google::protobuf::Message& request);
  void NoteRefused(const grpc::ServerContextBase& context,
                   const google::protobuf::Message& request,
                   const absl::Status& status);
  void NoteDone(Admitted& admitted, const google::protobuf::Message& request,
                const absl::Status& status,
                const google::protobuf::Message& response);

  AdminAuthority& authority_;
};

// The secret that a call shows; empty when it shows none. Pure.
std::string TokenOfCall(const grpc::ServerContextBase& context);

// Where a call comes from, without port; `unix` for a socket. A gateway of ours
// says whom it calls for, in the metadata field `cvr-client`, which CallGate
// removes from calls of others.
std::string PeerOfCall(const grpc::ServerContextBase& context);

}  // namespace cvr

#endif  // SERVICES_RPC_CALL_GUARD_H_
