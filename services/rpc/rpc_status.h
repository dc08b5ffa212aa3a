#ifndef SERVICES_RPC_RPC_STATUS_H_
#define SERVICES_RPC_RPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace cvr {

// The only translation between absl and gRPC statuses. Code, message and
// attachments survive the way there and back; they travel as google.rpc.Status.
// An error without a reason gets the default one of its code on its way out
// (errors.h), so that every error of a method carries google.rpc.ErrorInfo.
grpc::Status ToRpcStatus(const absl::Status& status);
absl::Status FromRpcStatus(const grpc::Status& status);

// Whether a status of FromRpcStatus() is what a service has answered, and not
// UNAVAILABLE as the library says it of one that gave no answer.
bool WasAnswered(const absl::Status& status);

}  // namespace cvr

#endif  // SERVICES_RPC_RPC_STATUS_H_
