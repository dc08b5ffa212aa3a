#include "services/blob/store/interrupted_uploads.h"

#include <algorithm>

namespace cvr {

void InterruptedUploads::Add(const Upload& upload, absl::Time now) {
  std::vector<CopyId> removed;
  {
    MutexLock lock(&mutex_);
    const auto [kept, added] =
        uploads_.try_emplace({upload.copy.digest, upload.owner}, upload);
    if (added) {
      bytes_ += upload.bytes;
    } else if (kept->second.bytes < upload.bytes) {
      removed.push_back(kept->second.copy);
      bytes_ += upload.bytes - kept->second.bytes;
      kept->second = upload;
    } else {
      removed.push_back(upload.copy);
    }
    Trim(now, &removed);
  }
  Drop(removed);
}

std::optional<InterruptedUploads::Upload> InterruptedUploads::Take(
    const Digest& digest, int64_t owner, absl::Time now) {
  std::optional<Upload> taken;
  std::vector<CopyId> removed;
  {
    MutexLock lock(&mutex_);
    Trim(now, &removed);
    const auto upload = uploads_.find({digest, owner});
    if (upload != uploads_.end()) {
      taken = upload->second;
      bytes_ -= upload->second.bytes;
      uploads_.erase(upload);
    }
  }
  Drop(removed);
  return taken;
}

void InterruptedUploads::Forget(const Digest& digest, int64_t owner) {
  std::vector<CopyId> removed;
  {
    MutexLock lock(&mutex_);
    const auto upload = uploads_.find({digest, owner});
    if (upload != uploads_.end()) Remove(upload, &removed);
  }
  Drop(removed);
}

bool InterruptedUploads::DropOldest() {
  std::vector<CopyId> removed;
  {
    MutexLock lock(&mutex_);
    if (!uploads_.empty()) Remove(Oldest(), &removed);
  }
  Drop(removed);
  return !removed.empty();
}

void InterruptedUploads::DropOutdated(absl::Time now) {
  std::vector<CopyId> removed;
  {
    MutexLock lock(&mutex_);
    Trim(now, &removed);
  }
  Drop(removed);
}

uint64_t InterruptedUploads::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

InterruptedUploads::Uploads::iterator InterruptedUploads::Oldest() {
  return std::min_element(uploads_.begin(), uploads_.end(),
                          [](const auto& a, const auto& b) {
                            return a.second.time < b.second.time;
                          });
}

void InterruptedUploads::Remove(Uploads::iterator upload,
                                std::vector<CopyId>* removed) {
  removed->push_back(upload->second.copy);
  bytes_ -= upload->second.bytes;
  uploads_.erase(upload);
}

void InterruptedUploads::Trim(absl::Time now, std::vector<CopyId>* removed) {
  while (!uploads_.empty()) {
    const auto oldest = Oldest();
    if (bytes_ <= bounds_.bytes_max &&
        now - oldest->second.time <= bounds_.age_max) {
      return;
    }
    Remove(oldest, removed);
  }
}

void InterruptedUploads::Drop(const std::vector<CopyId>& copies) const {
  for (const CopyId& copy : copies) drop_(copy);
}

}  // namespace cvr
