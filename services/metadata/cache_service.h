#ifndef SERVICES_METADATA_CACHE_SERVICE_H_
#define SERVICES_METADATA_CACHE_SERVICE_H_

#include "protos/cvr/v1/cache_service.grpc.pb.h"
#include "services/metadata/admin/cache_admin.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// A CacheAdmin on the wire. It and the guard must outlive the service.
class CacheServiceImpl final : public v1::CacheService::Service {
 public:
  CacheServiceImpl(CacheAdmin& admin, CallGuard& guard)
      : admin_(admin), guard_(guard) {}

  grpc::Status PurgeUpstreamCache(grpc::ServerContext* context,
                                  const v1::PurgeUpstreamCacheRequest* request,
                                  v1::PurgeResult* response) override;
  grpc::Status PurgeRegistryCache(grpc::ServerContext* context,
                                  const v1::PurgeRegistryCacheRequest* request,
                                  v1::PurgeResult* response) override;
  grpc::Status GetCacheStats(grpc::ServerContext* context,
                             const v1::GetCacheStatsRequest* request,
                             v1::CacheStats* response) override;

 private:
  CacheAdmin& admin_;
  CallGuard& guard_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_CACHE_SERVICE_H_
