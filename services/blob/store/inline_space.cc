#include "services/blob/store/inline_space.h"

#include <algorithm>

namespace cvr {
namespace {

// Of a row beside its bytes: key, lengths, its part of the index.
constexpr uint64_t kRowBytes = 64;
// For the records that are written meanwhile.
constexpr uint64_t kReserveBytes = uint64_t{32} << 20;
// At most so many bytes are rewritten for one that is returned.
constexpr uint64_t kRewrittenPerDeletedMax = 4;

}  // namespace

void InlineSpace::Reset(uint64_t blobs, uint64_t bytes, uint64_t file_bytes) {
  const uint64_t needed_bytes = bytes + blobs * kRowBytes;
  MutexLock lock(&mutex_);
  stored_bytes_ = bytes;
  deleted_bytes_ = file_bytes - std::min(file_bytes, needed_bytes);
}

void InlineSpace::Add(uint64_t bytes) {
  MutexLock lock(&mutex_);
  stored_bytes_ += bytes;
}

void InlineSpace::Delete(uint64_t bytes) {
  MutexLock lock(&mutex_);
  // A blob whose commit seemed to fail was never added.
  stored_bytes_ -= std::min(stored_bytes_, bytes);
  deleted_bytes_ += bytes;
}

bool InlineSpace::TakeDeleted(uint64_t free_bytes, bool is_short) {
  MutexLock lock(&mutex_);
  const uint64_t worth =
      is_short
          ? kDeletedBytesMinWhenShort
          : std::max(kDeletedBytesMin, stored_bytes_ / kRewrittenPerDeletedMax);
  if (deleted_bytes_ < worth) return false;
  if (free_bytes < stored_bytes_ + kReserveBytes) return false;
  deleted_bytes_ = 0;
  return true;
}

}  // namespace cvr
