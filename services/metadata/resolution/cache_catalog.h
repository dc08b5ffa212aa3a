#ifndef SERVICES_METADATA_RESOLUTION_CACHE_CATALOG_H_
#define SERVICES_METADATA_RESOLUTION_CACHE_CATALOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/common/limits.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/metadata_client.h"
#include "services/metadata/resolution/refresh_queue.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_upstream.pb.h"

namespace cvr {

// The MetadataClient itself: keeps what pulls find out in the store, buffered:
// a power cut may cost the last of it, which is a miss.
class CacheCatalog : public MetadataClient {
 public:
  struct Options {
    // Beyond them the oldest of some goes for each new one.
    int64_t entries_per_upstream_max = limits::kEntriesPerUpstreamDefault;
  };

  // All must outlive it.
  CacheCatalog(MetadataStore& store, const SecretBox& box,
               RefreshQueue& refreshes, Sweeper& sweeper, const Clock& clock,
               const Options& options)
      : store_(store),
        box_(box),
        refreshes_(refreshes),
        sweeper_(sweeper),
        clock_(clock),
        options_(options) {}

  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) override;
  absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest& digest, absl::Span<const int64_t> identities) override;
  // Errors besides those of MetadataClient: INVALID_ARGUMENT for a path or a
  // media type beyond its limit, and for a path of another digest.
  absl::Status Record(const CacheRecord& record) override;
  absl::Status Touch(const UpstreamEpoch& upstream, const ContentRef& content,
                     const Digest& digest, bool counts_as_pull) override;
  absl::Status RecordNegativeAnswer(const UpstreamEpoch& upstream,
                                    const ContentRef& content,
                                    NegativeAnswer negative_answer) override;
  absl::StatusOr<std::vector<UpstreamEpoch>> CheckUpstreams(
      absl::Span<const UpstreamEpoch> upstreams) override;
  absl::StatusOr<std::vector<RefreshDue>> TakeRefreshDue(int max) override;
  absl::Status ForgetContent(absl::Span<const Digest> digests) override;
  absl::StatusOr<std::vector<Digest>> FilterUnreferenced(
      absl::Span<const Digest> digests) override;
  absl::StatusOr<std::vector<Garbage>> ListGarbage(int64_t start_after,
                                                   int max) override;
  absl::Status RemoveGarbage(absl::Span<const int64_t> ids) override;

 private:
  // Fills in `unlinking`, and has recorded nothing, when what its links hang on
  // is being taken apart.
  absl::Status TryRecord(const CacheRecord& record,
                         std::optional<tables::ContentKey>& unlinking);
  // Both answer whether an entry was evicted, for one entry more.
  absl::StatusOr<bool> PutEntry(WriteTransaction& transaction,
                                const stored::Upstream& upstream,
                                const CacheRecord& record);
  absl::StatusOr<bool> MakeRoom(WriteTransaction& transaction,
                                const stored::Upstream& upstream);

  // Deletes some of the negative answers that are over.
  absl::Status Sweep(WriteTransaction& transaction, absl::Time now);

  MetadataStore& store_;
  const SecretBox& box_;
  RefreshQueue& refreshes_;
  Sweeper& sweeper_;
  const Clock& clock_;
  const Options options_;

  Mutex mutex_;
  // Of upstreams that are full: where it is looked for what goes.
  absl::flat_hash_map<int64_t, std::string> evict_cursors_
      ABSL_GUARDED_BY(mutex_);
  std::string sweep_cursor_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_CACHE_CATALOG_H_
