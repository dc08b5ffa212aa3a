#ifndef SERVICES_BLOB_STORE_BLOB_EVICTOR_H_
#define SERVICES_BLOB_STORE_BLOB_EVICTOR_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"

namespace cvr {

// What an evictor keeps within bounds. Thread-safe.
class EvictableSpace {
 public:
  virtual ~EvictableSpace() = default;

  virtual uint64_t used_bytes() const = 0;
  // Of the disk; the maximum when that is unknown.
  virtual uint64_t free_bytes() const = 0;
  // Frees `bytes` or, in one call, as much of them as is reasonable; false when
  // nothing can be freed.
  virtual bool Evict(uint64_t bytes) = 0;
  // Work that can wait, done now and then.
  virtual void Maintain() = 0;
};

// Decides when space is freed, and frees it on a thread of its own.
// Thread-safe.
class BlobEvictor {
 public:
  struct Bounds {
    uint64_t max_bytes = 0;       // 0 = no limit.
    uint64_t min_free_bytes = 0;  // 0 = the disk may be filled.
    int low_percent = 90;  // Of max_bytes: what is left once it was exceeded.
    // How often both are looked after unasked.
    absl::Duration check_interval = absl::Minutes(1);
  };

  // `space` must outlive it.
  BlobEvictor(Bounds bounds, EvictableSpace& space);
  // Ends the thread after the batch in work.
  ~BlobEvictor();
  BlobEvictor(const BlobEvictor&) = delete;
  BlobEvictor& operator=(const BlobEvictor&) = delete;

  // Looks after the bounds, soon. Never waits.
  void Wake();

  // As Wake(), when more is used than may be.
  void CheckUse();

  // Whether something may be written; waits for an attempt to make room.
  // Errors: RESOURCE_EXHAUSTED when less than min_free_bytes are free.
  absl::Status EnsureRoom();

 private:
  void RunOnce();
  void KeepBounds();
  void EvictDownTo(uint64_t bytes);
  bool IsExceeded() const;
  bool HasRoom() const;

  const Bounds bounds_;
  EvictableSpace& space_;

  Mutex mutex_;
  CondVar changed_;
  uint64_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  PeriodicThread thread_;  // Last: it uses the rest.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_EVICTOR_H_
