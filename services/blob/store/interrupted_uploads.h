#ifndef SERVICES_BLOB_STORE_INTERRUPTED_UPLOADS_H_
#define SERVICES_BLOB_STORE_INTERRUPTED_UPLOADS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// The incomplete copies of interrupted uploads, which a later upload of the
// same digest and owner may continue. There is one per digest and owner. Their
// total size and their age are limited. Thread-safe.
class InterruptedUploads {
 public:
  struct Upload {
    CopyId copy;
    int64_t owner = 0;
    uint64_t bytes = 0;
    uint64_t segments = 0;
    absl::Time time;  // When it was interrupted.
  };

  struct Bounds {
    uint64_t bytes_max;  // In total; 0 = nothing is kept.
    absl::Duration age_max;
  };

  // `drop` frees the space of a copy that is not kept any longer. It is called
  // without a lock.
  InterruptedUploads(Bounds bounds, std::function<void(const CopyId&)> drop)
      : bounds_(bounds), drop_(std::move(drop)) {}

  // Adds an upload. Of two with the same digest and owner the longer one is
  // kept. The oldest ones are dropped to stay within Bounds::bytes_max.
  void Add(const Upload& upload, absl::Time now);

  // Removes and returns the upload to continue; nothing if there is none.
  std::optional<Upload> Take(const Digest& digest, int64_t owner,
                             absl::Time now);

  // Drops the upload of `digest` of that owner.
  void Forget(const Digest& digest, int64_t owner);

  // Drops the oldest upload to free its space. False if there is none.
  bool DropOldest();

  // Drops the uploads that are older than Bounds::age_max.
  void DropOutdated(absl::Time now);

  // Bytes of all uploads.
  uint64_t bytes() const;

 private:
  using Uploads = absl::flat_hash_map<std::pair<Digest, int64_t>, Upload>;

  Uploads::iterator Oldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(Uploads::iterator upload, std::vector<CopyId>* removed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Trim(absl::Time now, std::vector<CopyId>* removed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(const std::vector<CopyId>& copies) const;

  const Bounds bounds_;
  const std::function<void(const CopyId&)> drop_;

  mutable Mutex mutex_;
  Uploads uploads_ ABSL_GUARDED_BY(mutex_);
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_INTERRUPTED_UPLOADS_H_
