#ifndef SERVICES_METADATA_LOCAL_METADATA_CLIENT_H_
#define SERVICES_METADATA_LOCAL_METADATA_CLIENT_H_

#include <string>
#include <vector>

#include "services/common/clock.h"
#include "services/common/mutex.h"
#include "services/metadata/metadata_client.h"
#include "services/metadata/metadata_store.h"
#include "services/metadata/refresh_queue.h"
#include "services/metadata/secret_box.h"

namespace cvr {

// The MetadataClient itself: keeps what pulls find out in the store, buffered:
// a power cut may cost the last of it, which is a miss.
class LocalMetadataClient : public MetadataClient {
 public:
  // All must outlive it.
  LocalMetadataClient(MetadataStore& store, const SecretBox& box,
                      RefreshQueue& refreshes, const Clock& clock)
      : store_(store), box_(box), refreshes_(refreshes), clock_(clock) {}

  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) override;
  absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest& digest, absl::Span<const int64_t> identities) override;
  // Errors besides those of MetadataClient: INVALID_ARGUMENT for a path or a
  // media type beyond its limit, and for a path of another digest.
  absl::Status Record(const CacheRecord& record) override;
  absl::Status Touch(int64_t upstream_id, const ContentRef& content,
                     const Digest& digest, bool counts_as_download) override;
  absl::Status RecordDenial(int64_t upstream_id, const ContentRef& content,
                            Denial denial) override;
  absl::StatusOr<std::vector<RefreshDue>> TakeRefreshDue(int max) override;
  absl::Status ForgetContent(absl::Span<const Digest> digests) override;
  absl::StatusOr<std::vector<Garbage>> ListGarbage(int64_t start_after,
                                                   int max) override;
  absl::Status RemoveGarbage(absl::Span<const int64_t> ids) override;

 private:
  // Deletes some of the denials that are over.
  absl::Status Sweep(WriteTransaction& transaction, absl::Time now);

  MetadataStore& store_;
  const SecretBox& box_;
  RefreshQueue& refreshes_;
  const Clock& clock_;

  Mutex mutex_;
  std::string sweep_cursor_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_METADATA_LOCAL_METADATA_CLIENT_H_
