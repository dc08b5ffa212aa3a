#ifndef SERVICES_BLOB_STORE_BLOB_PINS_H_
#define SERVICES_BLOB_STORE_BLOB_PINS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Counts the readers of each stored copy of a blob (its pins). A copy that is
// deleted, evicted or replaced while it is read stays on disk until its last
// reader is done. Without it a reader would find its bytes gone.
// Thread-safe. Must outlive the pins.
class BlobPins {
 public:
  // `reclaim` frees the disk space of a copy. It is called once for each copy
  // that was passed to ReclaimWhenUnpinned(), by the thread that releases the
  // last pin (or by ReclaimWhenUnpinned() itself), without a lock held.
  explicit BlobPins(std::function<void(const CopyId&)> reclaim)
      : reclaim_(std::move(reclaim)) {}

  // A pin, released when this is destroyed. Movable.
  class Pin {
   public:
    Pin(Pin&& other) noexcept
        : pins_(std::exchange(other.pins_, nullptr)),
          digest_(other.digest_),
          generation_(other.generation_) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (pins_ != nullptr) pins_->Release(digest_, generation_);
    }

   private:
    friend class BlobPins;
    Pin(BlobPins* pins, const Digest& digest,
        std::optional<uint64_t> generation)
        : pins_(pins), digest_(digest), generation_(generation) {}

    BlobPins* pins_;
    Digest digest_;
    std::optional<uint64_t> generation_;  // Absent = every copy.
  };

  // Pins every copy of `digest`. To be held only from the lookup of the current
  // copy until that copy is pinned.
  Pin PinAll(const Digest& digest);

  Pin PinCopy(const CopyId& copy);

  // Reclaims the copy when it has no pins: at once, or when the last pin is
  // released. Afterwards the copy must not be pinned any more, except by a
  // caller whose PinAll() began before.
  void ReclaimWhenUnpinned(const CopyId& copy);

  // Whether a copy of `digest` has a pin.
  bool IsPinned(const Digest& digest) const;

 private:
  struct Entry {
    int all = 0;
    std::map<uint64_t, int> copies;
    std::set<uint64_t> retired;
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

#endif  // SERVICES_BLOB_STORE_BLOB_PINS_H_
