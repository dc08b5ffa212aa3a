#ifndef SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_H_
#define SERVICES_METADATA_ADMIN_UPSTREAM_ADMIN_H_

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

// What UpstreamService promises of upstreams themselves, without the wire;
// their places in registries are AttachmentAdmin's. Answers never hold what is
// input only. Thread-safe.
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
  // As a part of a larger change. An empty group means the default one.
  absl::StatusOr<v1::Upstream> CreateIn(WriteTransaction& transaction,
                                        v1::Upstream upstream);

  absl::StatusOr<v1::Upstream> Get(const v1::GetUpstreamRequest& request) const;
  // Those that the caller may see.
  absl::StatusOr<v1::ListUpstreamsResponse> List(
      const v1::ListUpstreamsRequest& request, const Caller& caller) const;
  // Purges what is cached after another URL was written, as the request says.
  absl::StatusOr<v1::Upstream> Update(const v1::UpdateUpstreamRequest& request);
  absl::Status Delete(const v1::DeleteUpstreamRequest& request);

 private:
  // `row` as it is shown, with its places.
  absl::StatusOr<v1::Upstream> Shown(const ReadTransaction& transaction,
                                     const stored::Upstream& row) const;
  absl::StatusOr<v1::Upstream> CreateAttached(WriteTransaction& transaction,
                                              v1::Upstream upstream,
                                              int64_t registry_id);
  // The change alone; sets `url_changes` when it is one of the URL.
  absl::StatusOr<v1::Upstream> UpdateIn(
      WriteTransaction& transaction, const v1::UpdateUpstreamRequest& request,
      bool& url_changes);
  // ALREADY_EXISTS when another of its group has its URL and credentials.
  absl::Status RequireUnlikeOthers(const ReadTransaction& transaction,
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
