#ifndef SERVICES_BLOB_API_GRPC_CONTENT_SOURCE_H_
#define SERVICES_BLOB_API_GRPC_CONTENT_SOURCE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "services/blob/api/content_source.h"

namespace cvr {

// A ContentSource that is reached over gRPC (cvr.internal.v1.BlobService).
// Content is not copied on its way out of messages. Further errors: UNAVAILABLE
// when the service cannot be reached, or breaks off.
class GrpcContentSource final : public ContentSource {
 public:
  explicit GrpcContentSource(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)) {}

  absl::StatusOr<std::unique_ptr<ContentStream>> Read(
      const ReadRequest& request) override;
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request) override;

  // Whether the service answers reads of this process. Waits for `timeout` at
  // most. Errors: UNAVAILABLE, DEADLINE_EXCEEDED, and what it refuses with.
  absl::Status CheckServes(absl::Duration timeout);

 private:
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_API_GRPC_CONTENT_SOURCE_H_
