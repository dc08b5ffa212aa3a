#include "services/rpc/rpc_status.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "google/rpc/status.pb.h"
#include "services/common/errors.h"

namespace cvr {

grpc::Status ToRpcStatus(const absl::Status& given) {
  if (given.ok()) return grpc::Status::OK;
  const absl::Status status = WithSomeReason(given);
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  // In an order of their own: that of payloads is none, and answers about what
  // is hidden and about what is not there must be the same bytes.
  std::map<std::string, std::string> payloads;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    payloads.emplace(url, std::string(payload));
  });
  for (auto& [url, payload] : payloads) {
    auto* const any = details.add_details();
    any->set_type_url(url);
    any->set_value(std::move(payload));
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()),
                      details.SerializeAsString());
}

absl::Status FromRpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& any : details.details()) {
      result.SetPayload(any.type_url(), absl::Cord(any.value()));
    }
  }
  return result;
}

// The library's own errors have no details, ours always have.
bool WasAnswered(const absl::Status& status) {
  bool has_payload = false;
  status.ForEachPayload(
      [&](absl::string_view /*url*/, const absl::Cord& /*payload*/) {
        has_payload = true;
      });
  return has_payload || !absl::IsUnavailable(status);
}

}  // namespace cvr
