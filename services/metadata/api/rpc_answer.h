#ifndef SERVICES_METADATA_API_RPC_ANSWER_H_
#define SERVICES_METADATA_API_RPC_ANSWER_H_

#include <utility>

#include "absl/status/statusor.h"
#include "grpcpp/support/status.h"
#include "services/rpc/rpc_status.h"

namespace cvr {

// Answers an RPC with what the domain answered.
template <typename Message>
grpc::Status Answer(absl::StatusOr<Message> result, Message* response) {
  if (!result.ok()) return ToRpcStatus(result.status());
  *response = *std::move(result);
  return grpc::Status::OK;
}

}  // namespace cvr

#endif  // SERVICES_METADATA_API_RPC_ANSWER_H_
