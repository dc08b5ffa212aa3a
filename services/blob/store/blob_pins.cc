#include "services/blob/store/blob_pins.h"

namespace cvr {

BlobPins::Pin BlobPins::PinAll(const Digest& digest) {
  MutexLock lock(&mutex_);
  ++entries_[digest].all;
  return Pin(this, digest, std::nullopt);
}

BlobPins::Pin BlobPins::PinCopy(const CopyId& copy) {
  MutexLock lock(&mutex_);
  ++entries_[copy.digest].copies[copy.generation];
  return Pin(this, copy.digest, copy.generation);
}

void BlobPins::ReclaimWhenUnpinned(const CopyId& copy) {
  std::vector<CopyId> free;
  {
    MutexLock lock(&mutex_);
    entries_[copy.digest].retired.insert(copy.generation);
    free = TakeReclaimable(copy.digest);
  }
  Reclaim(free);
}

bool BlobPins::IsPinned(const Digest& digest) const {
  MutexLock lock(&mutex_);
  const auto entry = entries_.find(digest);
  return entry != entries_.end() &&
         (entry->second.all > 0 || !entry->second.copies.empty());
}

void BlobPins::Release(const Digest& digest,
                       std::optional<uint64_t> generation) {
  std::vector<CopyId> free;
  {
    MutexLock lock(&mutex_);
    Entry& entry = entries_[digest];
    if (!generation.has_value()) {
      --entry.all;
    } else if (--entry.copies[*generation] == 0) {
      entry.copies.erase(*generation);
    }
    free = TakeReclaimable(digest);
  }
  Reclaim(free);
}

std::vector<CopyId> BlobPins::TakeReclaimable(const Digest& digest) {
  const auto found = entries_.find(digest);
  Entry& entry = found->second;
  std::vector<CopyId> free;
  if (entry.all > 0) return free;
  for (auto retired = entry.retired.begin(); retired != entry.retired.end();) {
    if (entry.copies.contains(*retired)) {
      ++retired;
      continue;
    }
    free.push_back({digest, *retired});
    retired = entry.retired.erase(retired);
  }
  if (entry.copies.empty() && entry.retired.empty()) entries_.erase(found);
  return free;
}

void BlobPins::Reclaim(const std::vector<CopyId>& copies) {
  for (const CopyId& copy : copies) reclaim_(copy);
}

}  // namespace cvr
