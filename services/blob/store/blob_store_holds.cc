#include "services/blob/store/blob_store_holds.h"

namespace cvr {

BlobStoreHolds::Hold BlobStoreHolds::HoldAll(const Digest& digest) {
  MutexLock lock(&mutex_);
  ++entries_[digest].all;
  return Hold(this, digest, std::nullopt);
}

BlobStoreHolds::Hold BlobStoreHolds::HoldCopy(const CopyId& copy) {
  MutexLock lock(&mutex_);
  ++entries_[copy.digest].copies[copy.generation];
  return Hold(this, copy.digest, copy.generation);
}

void BlobStoreHolds::Doom(const CopyId& copy) {
  std::vector<CopyId> free;
  {
    MutexLock lock(&mutex_);
    entries_[copy.digest].doomed.insert(copy.generation);
    free = TakeReclaimable(copy.digest);
  }
  Reclaim(free);
}

bool BlobStoreHolds::IsHeld(const Digest& digest) const {
  MutexLock lock(&mutex_);
  const auto entry = entries_.find(digest);
  return entry != entries_.end() &&
         (entry->second.all > 0 || !entry->second.copies.empty());
}

void BlobStoreHolds::Release(const Digest& digest,
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

std::vector<CopyId> BlobStoreHolds::TakeReclaimable(const Digest& digest) {
  const auto found = entries_.find(digest);
  Entry& entry = found->second;
  std::vector<CopyId> free;
  if (entry.all > 0) return free;
  for (auto doomed = entry.doomed.begin(); doomed != entry.doomed.end();) {
    if (entry.copies.contains(*doomed)) {
      ++doomed;
      continue;
    }
    free.push_back({digest, *doomed});
    doomed = entry.doomed.erase(doomed);
  }
  if (entry.copies.empty() && entry.doomed.empty()) entries_.erase(found);
  return free;
}

void BlobStoreHolds::Reclaim(const std::vector<CopyId>& copies) {
  for (const CopyId& copy : copies) reclaim_(copy);
}

}  // namespace cvr
