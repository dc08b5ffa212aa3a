#ifndef SERVICES_RPC_UNARY_CALL_H_
#define SERVICES_RPC_UNARY_CALL_H_

#include <chrono>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "services/rpc/rpc_status.h"

namespace cvr {

// Makes one call with one answer and waits for it, for at most `timeout`, which
// must be finite; connecting counts too. `method` is that of the generated
// `stub`: UnaryCall(*stub_, &Stub::Resolve, timeout, request, response). Any
// thread.
//
// Errors: those that the service answers with, and UNAVAILABLE for a service
// that is gone, hangs or is stopping: gRPC has three codes for that, and no
// caller treats them differently.
template <typename Stub, typename Method, typename Request, typename Response>
absl::Status UnaryCall(Stub& stub, Method method, absl::Duration timeout,
                       const Request& request, Response& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoNanoseconds(timeout));
  const absl::Status status =
      FromRpcStatus((stub.*method)(&context, request, &response));
  if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) {
    return absl::UnavailableError(status.message());
  }
  return status;
}

}  // namespace cvr

#endif  // SERVICES_RPC_UNARY_CALL_H_
