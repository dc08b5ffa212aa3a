#ifndef SERVICES_BLOB_STORE_BLOB_STORE_TURNS_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_TURNS_H_

#include "absl/container/flat_hash_set.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Puts changes of one digest's record in order while those of others go on. A
// reservation, so that no lock is held over the disk. Thread-safe.
class BlobStoreTurns {
 public:
  // Waits until nobody else has a turn for `digest`; the turn ends when this
  // is destroyed.
  class Turn {
   public:
    Turn(BlobStoreTurns* turns, const Digest& digest);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    BlobStoreTurns* const turns_;
    const Digest digest_;
  };

 private:
  Mutex mutex_;
  CondVar ended_;
  absl::flat_hash_set<Digest> taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_TURNS_H_
