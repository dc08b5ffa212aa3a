#ifndef SERVICES_BLOB_STORE_INTERRUPTED_UPLOADS_H_
#define SERVICES_BLOB_STORE_INTERRUPTED_UPLOADS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/blob/store/chunk_key.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Copies that are not complete and wait for their owners to continue them: one
// per digest and owner, not too many bytes, and none for too long. Thread-safe.
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
    uint64_t bytes_max;  // Of all together; 0 = nothing is kept.
    absl::Duration age_max;
  };

  // `drop` frees the space of a copy that is not kept any longer. It is called
  // without a lock.
  InterruptedUploads(Bounds bounds, std::function<void(const CopyId&)> drop)
      : bounds_(bounds), drop_(std::move(drop)) {}

  // Of two with one digest and owner the longer is kept. The oldest make room.
  void Add(const Upload& upload, absl::Time now);

  // The one to be continued, which is the caller's from now on.
  std::optional<Upload> Take(const Digest& digest, int64_t owner,
                             absl::Time now);

  // Drops what that owner has of `digest`.
  void Forget(const Digest& digest, int64_t owner);

  // Drops the oldest, for their space; false when there are none.
  bool DropOldest();

  // Drops those that nobody has continued in time.
  void DropOutdated(absl::Time now);

  // Of all together.
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
