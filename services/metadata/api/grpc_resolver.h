#ifndef SERVICES_METADATA_API_GRPC_RESOLVER_H_
#define SERVICES_METADATA_API_GRPC_RESOLVER_H_

#include <memory>

#include "absl/time/time.h"
#include "cvr/internal/v1/resolution_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// The Resolver of a metadata service in another process. A service that does
// not answer in time counts as one that cannot be reached. Thread-safe.
class GrpcResolver : public Resolver {
 public:
  struct Options {
    // Of each call, connecting included.
    absl::Duration deadline = absl::Seconds(10);
  };

  GrpcResolver(std::shared_ptr<grpc::Channel> channel, const Options& options);
  explicit GrpcResolver(std::shared_ptr<grpc::Channel> channel)
      : GrpcResolver(std::move(channel), Options{}) {}

  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override;
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller& caller, int64_t registry_id,
      const CachedRepository& start_after, int max) override;
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view path) override;

 private:
  // Makes one call with the deadline and translates its status.
  template <typename Method, typename Request, typename Response>
  absl::Status Call(Method method, const Request& request, Response& response,
                    absl::Duration patience = absl::InfiniteDuration());

  const std::unique_ptr<internal::v1::ResolutionService::Stub> stub_;
  const Options options_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_GRPC_RESOLVER_H_
