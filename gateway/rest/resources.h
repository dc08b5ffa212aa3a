#ifndef GATEWAY_REST_RESOURCES_H_
#define GATEWAY_REST_RESOURCES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cvr/internal/v1/facade_service.pb.h"
#include "cvr/v1/attachment.pb.h"
#include "cvr/v1/cache_entry.pb.h"
#include "cvr/v1/cleanup_policy.pb.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "cvr/v1/upstream_test_service.pb.h"
#include "gateway/rest/rest_call.h"
#include "google/protobuf/duration.pb.h"

// Resources as REST shows them; the shapes are those of openapi.json. Pure.
namespace cvr::rest {

Json RegistryJson(const v1::Registry& registry);
Json RegistryWithUpstreamsJson(const v1::Registry& registry);
// What REST calls the upstream: its display name, which need not be unique, or
// its name if it has none.
const std::string& TitleOf(const v1::Upstream& upstream);
Json UpstreamJson(const v1::Upstream& upstream);
Json UpstreamWithRegistriesJson(const v1::Upstream& upstream);
// With its place in that registry.
Json UpstreamInRegistryJson(const v1::Upstream& upstream, int64_t registry_id);
Json AttachmentWithUpstreamJson(const v1::Attachment& attachment);
Json CacheEntryJson(const v1::CacheEntry& entry, const std::string& group);
Json CleanupPolicyJson(const v1::CleanupPolicy& policy,
                       const internal::v1::FacadeSettings& settings);
Json TestResultJson(const v1::TestUpstreamResponse& result);

// A cache validity in hours as a time to live: 0 = for ever.
google::protobuf::Duration TtlOfHours(int64_t hours);

// How REST names a cache entry.
struct EntryId {
  std::string group;
  int64_t id = 0;
};
std::string FormatEntryId(const EntryId& id);
// Errors: INVALID_ARGUMENT when it is none.
absl::StatusOr<EntryId> ParseEntryId(absl::string_view text);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_RESOURCES_H_
