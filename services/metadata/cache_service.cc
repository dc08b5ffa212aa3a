#include "services/metadata/cache_service.h"

namespace cvr {

grpc::Status CacheServiceImpl::PurgeUpstreamCache(
    grpc::ServerContext* context, const v1::PurgeUpstreamCacheRequest* request,
    v1::PurgeResult* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return admin_.PurgeUpstream(*request);
  });
}

grpc::Status CacheServiceImpl::PurgeRegistryCache(
    grpc::ServerContext* context, const v1::PurgeRegistryCacheRequest* request,
    v1::PurgeResult* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return admin_.PurgeRegistry(*request, caller);
  });
}

grpc::Status CacheServiceImpl::GetCacheStats(
    grpc::ServerContext* context, const v1::GetCacheStatsRequest* request,
    v1::CacheStats* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return admin_.Stats(*request, caller);
  });
}

}  // namespace cvr
