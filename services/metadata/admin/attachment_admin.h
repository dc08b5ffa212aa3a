#ifndef SERVICES_METADATA_ADMIN_ATTACHMENT_ADMIN_H_
#define SERVICES_METADATA_ADMIN_ATTACHMENT_ADMIN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/upstream_service.pb.h"
#include "services/metadata/resources/admin_limits.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What UpstreamService promises of the places of upstreams in registries,
// without the wire. Positions are 1..n without gaps at all times. Thread-safe.
class AttachmentAdmin {
 public:
  // `store` must outlive it.
  AttachmentAdmin(MetadataStore& store, const AdminLimits& limits)
      : store_(store), limits_(limits) {}

  absl::StatusOr<v1::RegistryUpstream> Attach(
      const v1::AttachUpstreamRequest& request);
  // As a part of a larger change.
  absl::StatusOr<v1::RegistryUpstream> AttachIn(WriteTransaction& transaction,
                                                int64_t registry_id,
                                                int64_t upstream_id);

  absl::StatusOr<v1::RegistryUpstream> Get(
      const v1::GetRegistryUpstreamRequest& request) const;
  absl::StatusOr<v1::RegistryUpstream> Move(
      const v1::MoveUpstreamRequest& request);
  absl::Status Detach(const v1::DetachUpstreamRequest& request);

 private:
  MetadataStore& store_;
  const AdminLimits limits_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_ATTACHMENT_ADMIN_H_
