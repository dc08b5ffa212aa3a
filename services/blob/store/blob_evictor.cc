#include "services/blob/store/blob_evictor.h"

#include <algorithm>

#include "services/common/errors.h"

namespace cvr {

BlobEvictor::BlobEvictor(Bounds bounds, EvictableSpace& space)
    : bounds_(bounds), space_(space), thread_("evictor", [this] {
        RunOnce();
        return bounds_.check_interval;
      }) {
  thread_.Start(bounds_.check_interval);
}

BlobEvictor::~BlobEvictor() {
  MutexLock lock(&mutex_);
  stopped_ = true;
  changed_.SignalAll();
  thread_.Stop();
}

void BlobEvictor::Wake() { thread_.Wake(); }

void BlobEvictor::CheckUse() {
  if (IsExceeded()) Wake();
}

absl::Status BlobEvictor::EnsureRoom() {
  if (HasRoom()) return absl::OkStatus();
  {
    MutexLock lock(&mutex_);
    const uint64_t asked = ++asked_;
    thread_.Wake();
    while (answered_ < asked && !stopped_) changed_.Wait(&mutex_);
  }
  if (HasRoom()) return absl::OkStatus();
  return errors::StoreFull("free disk space is below --min_free_bytes");
}

void BlobEvictor::RunOnce() {
  uint64_t asked = 0;
  {
    MutexLock lock(&mutex_);
    asked = asked_;
  }
  KeepBounds();
  space_.Maintain();
  MutexLock lock(&mutex_);
  answered_ = asked;
  changed_.SignalAll();
}

void BlobEvictor::KeepBounds() {
  if (IsExceeded()) {
    const uint64_t percent = bounds_.low_percent;
    EvictDownTo(bounds_.max_bytes / 100 * percent +
                bounds_.max_bytes % 100 * percent / 100);
  }
  const uint64_t free = space_.free_bytes();
  if (free >= bounds_.min_free_bytes) return;
  // No more than is missing: the disk may be full of what is not ours.
  const uint64_t used = space_.used_bytes();
  EvictDownTo(used - std::min(used, bounds_.min_free_bytes - free));
}

void BlobEvictor::EvictDownTo(uint64_t bytes) {
  for (uint64_t used = space_.used_bytes(); used > bytes && !thread_.stopping();
       used = space_.used_bytes()) {
    if (!space_.Evict(used - bytes)) return;
  }
}

bool BlobEvictor::IsExceeded() const {
  return bounds_.max_bytes != 0 && space_.used_bytes() > bounds_.max_bytes;
}

bool BlobEvictor::HasRoom() const {
  return bounds_.min_free_bytes == 0 ||
         space_.free_bytes() >= bounds_.min_free_bytes;
}

}  // namespace cvr
