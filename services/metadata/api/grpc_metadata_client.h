#ifndef SERVICES_METADATA_API_GRPC_METADATA_CLIENT_H_
#define SERVICES_METADATA_API_GRPC_METADATA_CLIENT_H_

#include <memory>

#include "absl/time/time.h"
#include "cvr/internal/v1/cache_record_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "services/metadata/api/metadata_client.h"

namespace cvr {

// The MetadataClient of a metadata service in another process, which admits
// the blob service alone. A service that does not answer in time counts as one
// that cannot be reached. Thread-safe.
class GrpcMetadataClient : public MetadataClient {
 public:
  struct Options {
    // Of each call, connecting included.
    absl::Duration deadline = absl::Seconds(10);
  };

  GrpcMetadataClient(std::shared_ptr<grpc::Channel> channel,
                     const Options& options);
  explicit GrpcMetadataClient(std::shared_ptr<grpc::Channel> channel)
      : GrpcMetadataClient(std::move(channel), Options{}) {}

  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) override;
  absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest& digest, absl::Span<const int64_t> identities) override;
  absl::Status Record(const CacheRecord& record) override;
  absl::Status Touch(const UpstreamEpoch& upstream, const ContentRef& content,
                     const Digest& digest, bool counts_as_pull) override;
  absl::Status RecordNegativeAnswer(const UpstreamEpoch& upstream,
                                    const ContentRef& content,
                                    NegativeAnswer negative_answer) override;
  absl::StatusOr<std::vector<UpstreamEpoch>> CheckUpstreams(
      absl::Span<const UpstreamEpoch> upstreams) override;
  absl::StatusOr<std::vector<RefreshDue>> TakeRefreshDue(int max) override;
  absl::Status ForgetContent(absl::Span<const Digest> digests) override;
  absl::StatusOr<std::vector<Digest>> FilterUnreferenced(
      absl::Span<const Digest> digests) override;
  absl::StatusOr<std::vector<Garbage>> ListGarbage(int64_t start_after,
                                                   int max) override;
  absl::Status RemoveGarbage(absl::Span<const int64_t> ids) override;

 private:
  // Makes one call with the deadline and translates its status.
  template <typename Method, typename Request, typename Response>
  absl::Status Call(Method method, const Request& request, Response& response);

  const std::unique_ptr<internal::v1::CacheRecordService::Stub> stub_;
  const Options options_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_GRPC_METADATA_CLIENT_H_
