#ifndef SERVICES_BLOB_STORE_DIGEST_LOCKS_H_
#define SERVICES_BLOB_STORE_DIGEST_LOCKS_H_

#include "absl/container/flat_hash_set.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Serialises changes of one digest's record (commit, delete, evict) while
// changes of other digests run in parallel. A lock is a reservation, not a
// mutex that is held during disk I/O: threads wait only for the same digest.
//
// Without it, an eviction could delete the record that a commit has just
// written. Readers need no lock; see BlobPins. A thread must not wait for a
// second lock while it holds one (deadlock), except the evictor's thread.
// Thread-safe.
class DigestLocks {
 public:
  // Waits until nobody else has a lock for `digest`; the lock ends when this
  // is destroyed.
  class Lock {
   public:
    Lock(DigestLocks* digest_locks, const Digest& digest);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    DigestLocks* const digest_locks_;
    const Digest digest_;
  };

 private:
  Mutex mutex_;
  CondVar ended_;
  absl::flat_hash_set<Digest> taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_DIGEST_LOCKS_H_
