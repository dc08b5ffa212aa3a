#ifndef SERVICES_BLOB_STORE_INLINE_SPACE_H_
#define SERVICES_BLOB_STORE_INLINE_SPACE_H_

#include <cstdint>

#include "services/concurrency/mutex.h"

namespace cvr {

// Keeps account of the bytes of small blobs: which are stored, and which were
// deleted and yet take space, since RocksDB gives that back only when it
// rewrites the rest. Says when that is worth it. Thread-safe.
class InlineSpace {
 public:
  // While less was deleted, nothing is rewritten.
  static constexpr uint64_t kDeletedBytesMin = uint64_t{16} << 20;
  // The same, on a disk that has too little free space.
  static constexpr uint64_t kDeletedBytesMinWhenShort = uint64_t{1} << 20;

  // At start: `blobs` with `bytes` all together, in files of `file_bytes`.
  void Reset(uint64_t blobs, uint64_t bytes, uint64_t file_bytes);

  void Add(uint64_t bytes);
  void Delete(uint64_t bytes);

  // Whether to rewrite what is stored; what was deleted is then forgotten here.
  // No byte is rewritten for less than a quarter of a deleted one, unless free
  // space `is_short`, and nothing without the room for it.
  bool TakeDeleted(uint64_t free_bytes, bool is_short);

 private:
  Mutex mutex_;
  uint64_t stored_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t deleted_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_INLINE_SPACE_H_
