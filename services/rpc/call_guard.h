#ifndef SERVICES_RPC_CALL_GUARD_H_
#define SERVICES_RPC_CALL_GUARD_H_

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "services/access/admin_authority.h"
#include "services/access/caller.h"
#include "services/access/request_replays.h"
#include "services/rpc/rpc_status.h"

namespace cvr {

// Wraps every administrative gRPC method. In this order: it puts ids in the
// place of keys in the request (resource_keys.h), authenticates the caller by
// the access token in the metadata field `authorization: Bearer cvr_...`,
// checks the permissions that the method's options require (access_rules.h),
// answers a repeated request with what it was answered first
// (request_replays.h), runs the method, keeps its answer, and writes an audit
// event for a change or a refusal.
//
// Every new administrative method must go through Answer(), Relay(), or Check()
// if it does not answer with one message; a method whose options require
// nothing is refused. Internal services are protected by CallGate instead.
//
// The request is changed in place, so that no code can see a key that was not
// checked: it must not be a constant object. Thread-safe.
class CallGuard {
 public:
  // `authority` must outlive it.
  explicit CallGuard(AdminAuthority& authority) : authority_(authority) {}

  // Answers the call with what `call(caller)` answers, a StatusOr of the
  // response's message or a Status, if the caller may. What is hidden from it
  // is answered as what is not there: NOT_FOUND, or success where deleting
  // nothing succeeds. UNAUTHENTICATED and PERMISSION_DENIED otherwise, and
  // INVALID_ARGUMENT for a request that does not name what it is about.
  template <typename Response, typename Call>
  grpc::Status Answer(const grpc::ServerContextBase& context,
                      const google::protobuf::Message& request,
                      Response* response, Call&& call) {
    return Run(context, request, response, std::forward<Call>(call),
               /*records=*/true);
  }

  // The same for a call that goes on to a service whose own guard records it;
  // what is refused here is recorded here.
  template <typename Response, typename Call>
  grpc::Status Relay(const grpc::ServerContextBase& context,
                     const google::protobuf::Message& request,
                     Response* response, Call&& call) {
    return Run(context, request, response, std::forward<Call>(call),
               /*records=*/false);
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
    // At work on a request that may be repeated; null = on another.
    std::unique_ptr<RequestReplays::Claim> claim;
    // Of the request as it was sent.
    std::string request_hash;
  };

  template <typename Response, typename Call>
  grpc::Status Run(const grpc::ServerContextBase& context,
                   const google::protobuf::Message& request, Response* response,
                   Call&& call, bool records) {
    absl::StatusOr<Admitted> admitted = Admit(context, request);
    if (!admitted.ok()) return ToRpcStatus(admitted.status());
    if (admitted->is_done) return grpc::Status::OK;
    const absl::Status begun = Begin(context, request, *admitted, *response);
    if (!begun.ok()) return ToRpcStatus(begun);
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
    if (status.ok()) Keep(*admitted, request, *response);
    if (records) NoteDone(*admitted, request, status, *response);
    return ToRpcStatus(status);
  }

  absl::StatusOr<Admitted> Admit(const grpc::ServerContextBase& context,
                                 const google::protobuf::Message& request);
  absl::StatusOr<Admitted> Decide(const grpc::ServerContextBase& context,
                                  google::protobuf::Message& request);
  // What the call needs, once keys are resolved as far as they can be.
  absl::StatusOr<std::vector<AccessQuestion>> Questions(
      google::protobuf::Message& request);
  // Begins what may be repeated; `admitted.is_done` when it was answered
  // before, with `response`.
  absl::Status Begin(const grpc::ServerContextBase& context,
                     const google::protobuf::Message& request,
                     Admitted& admitted, google::protobuf::Message& response);
  void Keep(Admitted& admitted, const google::protobuf::Message& request,
            const google::protobuf::Message& response);
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

// Where a call comes from, without port; `unix` for a socket. A gateway or
// metadata service of ours says whom it calls for, in the metadata field
// `cvr-client`, which CallGate removes from calls of others.
std::string PeerOfCall(const grpc::ServerContextBase& context);

}  // namespace cvr

#endif  // SERVICES_RPC_CALL_GUARD_H_
