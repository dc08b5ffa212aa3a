#ifndef GATEWAY_REST_REST_SERVICES_H_
#define GATEWAY_REST_REST_SERVICES_H_

#include <memory>

#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_probe_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "gateway/rest/running_calls.h"
#include "grpcpp/channel.h"

namespace cvr::rest {

// The services that REST is a translation of. Thread-safe.
struct RestServices {
  RestServices(std::shared_ptr<grpc::Channel> metadata,
               std::shared_ptr<grpc::Channel> blob)
      : groups(metadata),
        registries(metadata),
        upstreams(metadata),
        entries(metadata),
        caches(metadata),
        policies(metadata),
        probes(std::move(blob)) {}

  v1::GroupService::Stub groups;
  v1::RegistryService::Stub registries;
  v1::UpstreamService::Stub upstreams;
  v1::CacheEntryService::Stub entries;
  v1::CacheService::Stub caches;
  v1::CleanupPolicyService::Stub policies;
  v1::UpstreamProbeService::Stub probes;

  RunningCalls running;
};

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REST_SERVICES_H_
