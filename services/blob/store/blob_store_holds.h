#ifndef SERVICES_BLOB_STORE_BLOB_STORE_HOLDS_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_HOLDS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/blob/store/chunk_key.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Counts the readers of each stored copy of a blob (its pins). A copy that is
// deleted, evicted or replaced while it is read stays on disk until its last
// reader is done. Without it a reader would find its bytes gone.
// Thread-safe. Must outlive the pins.
class BlobStoreHolds {
 public:
  // `reclaim` frees the disk space of a copy. It is called once for each copy
  // that was passed to Doom(), by the thread that releases the last pin (or by
  // Doom() itself), without a lock held.
  explicit BlobStoreHolds(std::function<void(const CopyId&)> reclaim)
      : reclaim_(std::move(reclaim)) {}

  // A pin, released when this is destroyed. Movable.
  class Hold {
   public:
    Hold(Hold&& other) noexcept
        : holds_(std::exchange(other.holds_, nullptr)),
          digest_(other.digest_),
          generation_(other.generation_) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (holds_ != nullptr) holds_->Release(digest_, generation_);
    }

   private:
    friend class BlobStoreHolds;
    Hold(BlobStoreHolds* holds, const Digest& digest,
         std::optional<uint64_t> generation)
        : holds_(holds), digest_(digest), generation_(generation) {}

    BlobStoreHolds* holds_;
    Digest digest_;
    std::optional<uint64_t> generation_;  // Absent = every copy.
  };

  // Pins every copy of `digest`. To be held only from the lookup of the current
  // copy until that copy is pinned.
  Hold HoldAll(const Digest& digest);

  Hold HoldCopy(const CopyId& copy);

  // Reclaims the copy when it has no pins: at once, or when the last pin is
  // released. Afterwards the copy must not be pinned any more, except by a
  // caller whose HoldAll() began before.
  void Doom(const CopyId& copy);

  // Whether a copy of `digest` has a pin.
  bool IsHeld(const Digest& digest) const;

 private:
  struct Entry {
    int all = 0;
    std::map<uint64_t, int> copies;
    std::set<uint64_t> doomed;
  };

  void Release(const Digest& digest, std::optional<uint64_t> generation);
  // Removes the copies without pins from the entry of `digest`.
  std::vector<CopyId> TakeReclaimable(const Digest& digest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Reclaim(const std::vector<CopyId>& copies);

  const std::function<void(const CopyId&)> reclaim_;

  mutable Mutex mutex_;
  absl::flat_hash_map<Digest, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_HOLDS_H_
