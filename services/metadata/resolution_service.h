#ifndef SERVICES_METADATA_RESOLUTION_SERVICE_H_
#define SERVICES_METADATA_RESOLUTION_SERVICE_H_

#include "cvr/internal/v1/resolution_service.grpc.pb.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// A Resolver on the wire, for the gateway (method_rules.h). It must outlive the
// service.
class ResolutionServiceImpl final
    : public internal::v1::ResolutionService::Service {
 public:
  explicit ResolutionServiceImpl(Resolver& resolver) : resolver_(resolver) {}

  grpc::Status Resolve(grpc::ServerContext* context,
                       const internal::v1::ResolveRequest* request,
                       internal::v1::ResolveResponse* response) override;
  grpc::Status ListRepositories(
      grpc::ServerContext* context,
      const internal::v1::ListRepositoriesRequest* request,
      internal::v1::ListRepositoriesResponse* response) override;
  grpc::Status LocateRegistry(
      grpc::ServerContext* context,
      const internal::v1::LocateRegistryRequest* request,
      internal::v1::LocateRegistryResponse* response) override;

 private:
  Resolver& resolver_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_SERVICE_H_
