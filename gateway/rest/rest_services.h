#ifndef GATEWAY_REST_REST_SERVICES_H_
#define GATEWAY_REST_REST_SERVICES_H_

#include <memory>

#include "cvr/internal/v1/facade_service.grpc.pb.h"
#include "cvr/v1/attachment_service.grpc.pb.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "cvr/v1/upstream_test_service.grpc.pb.h"
#include "gateway/rest/running_calls.h"
#include "grpcpp/channel.h"

namespace cvr::rest {

// The services that REST is a translation of: all of them are the metadata
// service's, which forwards tests of upstreams to a blob service. Thread-safe.
struct RestServices {
  explicit RestServices(const std::shared_ptr<grpc::Channel>& metadata)
      : groups(metadata),
        registries(metadata),
        upstreams(metadata),
        attachments(metadata),
        entries(metadata),
        caches(metadata),
        policies(metadata),
        tests(metadata),
        facade(metadata) {}

  v1::GroupService::Stub groups;
  v1::RegistryService::Stub registries;
  v1::UpstreamService::Stub upstreams;
  v1::AttachmentService::Stub attachments;
  v1::CacheEntryService::Stub entries;
  v1::CacheService::Stub caches;
  v1::CleanupPolicyService::Stub policies;
  v1::UpstreamTestService::Stub tests;
  // What only REST tells of a group.
  internal::v1::FacadeService::Stub facade;

  RunningCalls running;
};

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REST_SERVICES_H_
