#include "services/blob/store/blob_catalog.h"

namespace cvr {

void BlobCatalog::Add(const Digest& digest, uint64_t bytes) {
  MutexLock lock(&mutex_);
  const auto [place, added] = index_.try_emplace(digest, entries_.end());
  if (added) {
    place->second = entries_.insert(entries_.end(), {digest, bytes});
  } else {
    bytes_ -= place->second->bytes;
    place->second->bytes = bytes;
    entries_.splice(entries_.end(), entries_, place->second);
  }
  bytes_ += bytes;
}

void BlobCatalog::Remove(const Digest& digest) {
  MutexLock lock(&mutex_);
  const auto place = index_.find(digest);
  if (place == index_.end()) return;
  bytes_ -= place->second->bytes;
  entries_.erase(place->second);
  index_.erase(place);
}

size_t BlobCatalog::Touch(const Digest& digest, absl::Time now) {
  MutexLock lock(&mutex_);
  const auto place = index_.find(digest);
  if (place == index_.end()) return used_.size();
  const Entries::iterator entry = place->second;
  if (entry->unsaved_use == absl::InfinitePast()) used_.push_back(digest);
  entry->unsaved_use = now;
  entries_.splice(entries_.end(), entries_, entry);
  return used_.size();
}

BlobCatalog::Usage BlobCatalog::usage() const {
  MutexLock lock(&mutex_);
  return {.blobs = index_.size(), .bytes = bytes_};
}

void BlobCatalog::VisitOldest(
    absl::FunctionRef<bool(const Digest& digest, uint64_t bytes)> visit) const {
  MutexLock lock(&mutex_);
  for (const Entry& entry : entries_) {
    if (!visit(entry.digest, entry.bytes)) return;
  }
}

std::vector<BlobCatalog::Use> BlobCatalog::TakeUses() {
  std::vector<Use> uses;
  MutexLock lock(&mutex_);
  for (const Digest& digest : used_) {
    const auto place = index_.find(digest);
    // Removed since; and perhaps added again.
    if (place == index_.end()) continue;
    Entry& entry = *place->second;
    if (entry.unsaved_use == absl::InfinitePast()) continue;
    uses.push_back({digest, entry.unsaved_use});
    entry.unsaved_use = absl::InfinitePast();
  }
  used_.clear();
  return uses;
}

}  // namespace cvr
