#ifndef SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_H_
#define SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/upstream_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/metadata/admin/attachment_admin.h"
#include "services/metadata/admin/cache_admin.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_upstream.pb.h"

namespace cvr {

// What UpstreamService promises, without the wire: keys of upstreams that exist
// are ids by now. Answers never hold what is input only. Thread-safe.
class UpstreamAdmin {
 public:
  // All must outlive it.
  UpstreamAdmin(MetadataStore& store, const SecretBox& box, const Clock& clock,
                AttachmentAdmin& attachments, Sweeper& sweeper,
                CacheAdmin& caches)
      : store_(store),
        box_(box),
        clock_(clock),
        attachments_(attachments),
        sweeper_(sweeper),
        caches_(caches) {}

  absl::StatusOr<v1::Upstream> Create(const v1::CreateUpstreamRequest& request);
  // As a part of a larger change.
  absl::StatusOr<v1::Upstream> CreateIn(WriteTransaction& transaction,
                                        v1::Upstream upstream);

  absl::StatusOr<v1::Upstream> Get(const v1::GetUpstreamRequest& request) const;
  // Those that the caller may see.
  absl::StatusOr<v1::ListUpstreamsResponse> List(
      const v1::ListUpstreamsRequest& request, const Caller& caller) const;
  // What is purged with another URL is not served from then on; its rows are
  // removed in the background.
  absl::StatusOr<v1::Upstream> Update(const v1::UpdateUpstreamRequest& request);
  absl::Status Delete(const v1::DeleteUpstreamRequest& request);

 private:
  // In one transaction, as the request says.
  absl::StatusOr<v1::Upstream> CreateFor(
      WriteTransaction& transaction, const v1::CreateUpstreamRequest& request);
  // Sets `is_purged` when what is cached is purged by that.
  absl::StatusOr<v1::Upstream> UpdateIn(
      WriteTransaction& transaction, const v1::UpdateUpstreamRequest& request,
      bool& is_purged);
  // That a request names with a key that was of no upstream when it came.
  absl::StatusOr<v1::Upstream> Upsert(WriteTransaction& transaction,
                                      const v1::UpdateUpstreamRequest& request,
                                      bool& is_purged);
  absl::StatusOr<v1::Upstream> Change(WriteTransaction& transaction,
                                      const stored::Upstream& row,
                                      const v1::UpdateUpstreamRequest& request,
                                      bool& is_purged);
  // ALREADY_EXISTS when another of its group has its URL and credentials.
  absl::Status RequireOtherTarget(const ReadTransaction& transaction,
                                  const v1::Upstream& upstream) const;
  absl::StatusOr<v1::ListUpstreamsResponse> ListOfRegistry(
      const v1::ListUpstreamsRequest& request) const;

  MetadataStore& store_;
  const SecretBox& box_;
  const Clock& clock_;
  AttachmentAdmin& attachments_;
  Sweeper& sweeper_;
  CacheAdmin& caches_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_H_
