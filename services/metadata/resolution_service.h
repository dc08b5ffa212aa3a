#ifndef SERVICES_METADATA_RESOLUTION_SERVICE_H_
#define SERVICES_METADATA_RESOLUTION_SERVICE_H_

#include "protos/cvr/v1/resolution_service.grpc.pb.h"
#include "services/metadata/api/metadata_client.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// A Resolver and a MetadataClient on the wire, for other processes of the
// system (method_rules.h). Both must outlive the service.
class ResolutionServiceImpl final : public v1::ResolutionService::Service {
 public:
  ResolutionServiceImpl(Resolver& resolver, MetadataClient& client)
      : resolver_(resolver), client_(client) {}

  grpc::Status Resolve(grpc::ServerContext* context,
                       const v1::ResolveRequest* request,
                       v1::ResolveResponse* response) override;
  grpc::Status RecordCacheEntry(grpc::ServerContext* context,
                                const v1::RecordCacheEntryRequest* request,
                                google::protobuf::Empty* response) override;
  grpc::Status TouchCacheEntry(grpc::ServerContext* context,
                               const v1::TouchCacheEntryRequest* request,
                               google::protobuf::Empty* response) override;
  grpc::Status RecordDenial(grpc::ServerContext* context,
                            const v1::RecordDenialRequest* request,
                            google::protobuf::Empty* response) override;
  grpc::Status TakeRefreshDue(grpc::ServerContext* context,
                              const v1::TakeRefreshDueRequest* request,
                              v1::TakeRefreshDueResponse* response) override;
  grpc::Status ListRepositories(
      grpc::ServerContext* context, const v1::ListRepositoriesRequest* request,
      v1::ListRepositoriesResponse* response) override;
  grpc::Status LocateRegistry(grpc::ServerContext* context,
                              const v1::LocateRegistryRequest* request,
                              v1::LocateRegistryResponse* response) override;
  grpc::Status ForgetContent(grpc::ServerContext* context,
                             const v1::ForgetContentRequest* request,
                             google::protobuf::Empty* response) override;
  grpc::Status CheckUpstreams(grpc::ServerContext* context,
                              const v1::CheckUpstreamsRequest* request,
                              v1::CheckUpstreamsResponse* response) override;
  grpc::Status FilterUnreferenced(
      grpc::ServerContext* context,
      const v1::FilterUnreferencedRequest* request,
      v1::FilterUnreferencedResponse* response) override;
  grpc::Status ListGarbage(grpc::ServerContext* context,
                           const v1::ListGarbageRequest* request,
                           v1::ListGarbageResponse* response) override;
  grpc::Status RemoveGarbage(grpc::ServerContext* context,
                             const v1::RemoveGarbageRequest* request,
                             google::protobuf::Empty* response) override;
  grpc::Status FindPossessing(grpc::ServerContext* context,
                              const v1::FindPossessingRequest* request,
                              v1::FindPossessingResponse* response) override;
  grpc::Status GetUpstreamAccess(grpc::ServerContext* context,
                                 const v1::GetUpstreamAccessRequest* request,
                                 v1::UpstreamAccess* response) override;

 private:
  Resolver& resolver_;
  MetadataClient& client_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_SERVICE_H_
