#include "services/blob/store/blob_store_space.h"

#include <cstddef>
#include <deque>
#include <limits>
#include <optional>

#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Deleted with one synced write, and few enough that whoever waits for space
// does not wait for long.
constexpr size_t kEvictionBatchBlobs = 64;
// Records per write of last uses. Their digests' changes wait meanwhile.
constexpr size_t kUseBatchRecords = 256;

}  // namespace

uint64_t BlobStoreSpace::used_bytes() const {
  return parts_.catalog.usage().bytes + parts_.interrupted.bytes() +
         parts_.uploading_bytes;
}

uint64_t BlobStoreSpace::free_bytes() const {
  uint64_t bytes = 0;
  // Not the database's Env: that keeps this question from RocksDB.
  const bool known =
      options_.env->GetFreeSpace(options_.directory, &bytes).ok();
  return known ? bytes : std::numeric_limits<uint64_t>::max();
}

// What serves nobody goes first.
bool BlobStoreSpace::Evict(uint64_t bytes) {
  if (parts_.interrupted.DropOldest()) return true;
  const std::vector<Digest> candidates = EvictionCandidates(bytes);
  if (candidates.empty()) return false;
  const auto evicted = DeleteBatch(candidates);
  if (!evicted.ok()) {
    spdlog::error("blob store: eviction failed: {}",
                  evicted.status().ToString());
    return false;
  }
  if (options_.listener && !evicted->empty()) {
    options_.listener(*evicted);
  }
  return true;
}

// What comes to be held afterwards is only dropped when that reader is done.
std::vector<Digest> BlobStoreSpace::EvictionCandidates(uint64_t bytes) const {
  std::vector<Digest> candidates;
  uint64_t found = 0;
  parts_.catalog.VisitOldest([&](const Digest& digest, uint64_t size) {
    if (parts_.pins.IsPinned(digest)) return true;
    candidates.push_back(digest);
    found += size;
    return found < bytes && candidates.size() < kEvictionBatchBlobs;
  });
  return candidates;
}

absl::StatusOr<std::vector<Digest>> BlobStoreSpace::DeleteBatch(
    const std::vector<Digest>& digests) {
  // Only the evictor's thread has several turns, so nobody waits in a circle.
  std::deque<DigestLocks::Lock> digest_locks;
  std::vector<Digest> deleted;
  std::vector<CopyId> copies;
  uint64_t inline_bytes = 0;
  for (const Digest& digest : digests) {
    digest_locks.emplace_back(&parts_.digest_locks, digest);
    ASSIGN_OR_RETURN(const auto record, parts_.FindSettled(digest));
    // Without a record somebody else was faster, or it is damaged: it goes.
    deleted.push_back(digest);
    if (!record.has_value()) continue;
    if (record->generation() == 0) {
      inline_bytes += record->size();
    } else {
      copies.push_back({digest, record->generation()});
    }
  }
  RETURN_IF_ERROR(parts_.records.Delete(deleted));
  for (const Digest& digest : deleted) parts_.catalog.Remove(digest);
  for (const CopyId& copy : copies) parts_.pins.ReclaimWhenUnpinned(copy);
  parts_.inline_space.Delete(inline_bytes);
  return deleted;
}

void BlobStoreSpace::Maintain() {
  if (!damaged_.empty() && options_.listener) {
    options_.listener(damaged_);
  }
  damaged_.clear();
  parts_.interrupted.DropOutdated(options_.clock->SteadyNow());
  SaveUses();
  ReturnInlineSpace();
}

// On a disk that refuses, the next deletions try again.
void BlobStoreSpace::ReturnInlineSpace() {
  const uint64_t free = free_bytes();
  const bool is_short = free < options_.min_free_bytes;
  if (!parts_.inline_space.TakeDeleted(free, is_short)) return;
  const absl::Status status = parts_.database->CompactInline(&cancelled_);
  if (!status.ok()) {
    spdlog::warn(
        "blob store: compaction of small blobs failed, retrying later: {}",
        status.ToString());
  }
}

// A disk that refuses loses them, for the next start only.
void BlobStoreSpace::SaveUses() {
  const std::vector<BlobCatalog::Use> uses = parts_.catalog.TakeUses();
  for (size_t at = 0; at < uses.size(); at += kUseBatchRecords) {
    const auto batch = absl::MakeConstSpan(uses).subspan(at, kUseBatchRecords);
    const absl::Status status = SaveBatch(batch);
    if (status.ok()) continue;
    spdlog::warn("blob store: cannot save last-access times (LRU order): {}",
                 status.ToString());
    return;
  }
}

absl::Status BlobStoreSpace::SaveBatch(
    absl::Span<const BlobCatalog::Use> uses) {
  // See DeleteBatch(). Without turns a record that is being deleted would be
  // written again.
  std::deque<DigestLocks::Lock> digest_locks;
  std::vector<std::pair<Digest, BlobStoreParts::Record>> records;
  for (const BlobCatalog::Use& use : uses) {
    digest_locks.emplace_back(&parts_.digest_locks, use.digest);
    ASSIGN_OR_RETURN(auto record, parts_.FindSettled(use.digest));
    if (!record.has_value()) continue;
    *record->mutable_last_use_time() = ToWire(use.time);
    records.emplace_back(use.digest, *std::move(record));
  }
  if (records.empty()) return absl::OkStatus();
  return parts_.records.Amend(records);
}

}  // namespace cvr
