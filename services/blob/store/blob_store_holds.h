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

// Who reads what, so that copies go only when nobody reads them any more.
// Thread-safe. Must outlive its holds.
class BlobStoreHolds {
 public:
  // `reclaim` frees a copy's space. It is called once per doomed copy, from
  // whichever thread lets go last, without a lock.
  explicit BlobStoreHolds(std::function<void(const CopyId&)> reclaim)
      : reclaim_(std::move(reclaim)) {}

  // Lets go when destroyed. Movable.
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

  // Keeps every copy of `digest`: for the moment between asking which copy is
  // current and holding that one.
  Hold HoldAll(const Digest& digest);

  Hold HoldCopy(const CopyId& copy);

  // Reclaims the copy as soon as nobody holds it: now, or when the last hold
  // goes. Nobody may start to hold it afterwards, save under a HoldAll() that
  // began before.
  void Doom(const CopyId& copy);

  // Whether any copy of it is held.
  bool IsHeld(const Digest& digest) const;

 private:
  struct Entry {
    int all = 0;
    std::map<uint64_t, int> copies;
    std::set<uint64_t> doomed;
  };

  void Release(const Digest& digest, std::optional<uint64_t> generation);
  // Takes out of `digest`'s entry what nobody holds.
  std::vector<CopyId> TakeReclaimable(const Digest& digest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Reclaim(const std::vector<CopyId>& copies);

  const std::function<void(const CopyId&)> reclaim_;

  mutable Mutex mutex_;
  absl::flat_hash_map<Digest, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_HOLDS_H_
