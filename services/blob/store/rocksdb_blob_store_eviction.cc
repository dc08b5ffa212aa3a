#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "services/blob/store/rocksdb_blob_store.h"
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
// After so many the last uses are written.
constexpr size_t kUnsavedUsesMax = 4096;

}  // namespace

uint64_t RocksDbBlobStore::used_bytes() const {
  return catalog_.usage().bytes + interrupted_.bytes() + uploading_bytes_;
}

// A larger one would push out everything, and then itself.
uint64_t RocksDbBlobStore::blob_bytes_max() const {
  const uint64_t max_bytes = options_.bounds.max_bytes;
  return max_bytes == 0 ? options_.blob_bytes_max
                        : std::min(options_.blob_bytes_max, max_bytes);
}

uint64_t RocksDbBlobStore::free_bytes() const {
  uint64_t bytes = 0;
  // Not the database's Env: that keeps this question from RocksDB.
  const bool known =
      options_.env->GetFreeSpace(options_.directory, &bytes).ok();
  return known ? bytes : std::numeric_limits<uint64_t>::max();
}

// What serves nobody goes first.
bool RocksDbBlobStore::Evict(uint64_t bytes) {
  if (interrupted_.DropOldest()) return true;
  const std::vector<Digest> candidates = EvictionCandidates(bytes);
  if (candidates.empty()) return false;
  const auto evicted = DeleteBatch(candidates);
  if (!evicted.ok()) {
    spdlog::error("blob store: evicting: {}", evicted.status().ToString());
    return false;
  }
  if (options_.eviction_listener && !evicted->empty()) {
    options_.eviction_listener(*evicted);
  }
  return true;
}

// What comes to be held afterwards is only dropped when that reader is done.
std::vector<Digest> RocksDbBlobStore::EvictionCandidates(uint64_t bytes) const {
  std::vector<Digest> candidates;
  uint64_t found = 0;
  catalog_.VisitOldest([&](const Digest& digest, uint64_t size) {
    if (holds_.IsHeld(digest)) return true;
    candidates.push_back(digest);
    found += size;
    return found < bytes && candidates.size() < kEvictionBatchBlobs;
  });
  return candidates;
}

absl::StatusOr<std::vector<Digest>> RocksDbBlobStore::DeleteBatch(
    const std::vector<Digest>& digests) {
  // Only the evictor's thread has several turns, so nobody waits in a circle.
  std::deque<BlobStoreTurns::Turn> turns;
  std::vector<Digest> deleted;
  std::vector<CopyId> copies;
  uint64_t inline_bytes = 0;
  for (const Digest& digest : digests) {
    turns.emplace_back(&turns_, digest);
    ASSIGN_OR_RETURN(const auto record,
                     Readable(digest, records_.FindSettled(digest)));
    // Without a record somebody else was faster, or it is damaged: it goes.
    deleted.push_back(digest);
    if (!record.has_value()) continue;
    if (record->generation() == 0) {
      inline_bytes += record->size();
    } else {
      copies.push_back({digest, record->generation()});
    }
  }
  RETURN_IF_ERROR(records_.Delete(deleted));
  for (const Digest& digest : deleted) catalog_.Remove(digest);
  for (const CopyId& copy : copies) holds_.Doom(copy);
  inline_space_.Delete(inline_bytes);
  return deleted;
}

void RocksDbBlobStore::Maintain() {
  if (!damaged_.empty() && options_.eviction_listener) {
    options_.eviction_listener(damaged_);
  }
  damaged_.clear();
  interrupted_.DropOutdated(options_.clock->SteadyNow());
  SaveUses();
  ReturnInlineSpace();
}

// On a disk that refuses, the next deletions try again.
void RocksDbBlobStore::ReturnInlineSpace() {
  const uint64_t free = free_bytes();
  const bool is_short = free < options_.bounds.min_free_bytes;
  if (!inline_space_.TakeDeleted(free, is_short)) return;
  const absl::Status status = database_->CompactInline(&closing_);
  if (!status.ok()) {
    spdlog::warn("blob store: inline content: {}", status.ToString());
  }
}

void RocksDbBlobStore::NoteUse(const Digest& digest) {
  const size_t unsaved = catalog_.Touch(digest, options_.clock->SteadyNow());
  if (unsaved > 0 && unsaved % kUnsavedUsesMax == 0) evictor_->Wake();
}

// A disk that refuses loses them, for the next start only.
void RocksDbBlobStore::SaveUses() {
  const std::vector<BlobCatalog::Use> uses = catalog_.TakeUses();
  for (size_t at = 0; at < uses.size(); at += kUseBatchRecords) {
    const auto batch = absl::MakeConstSpan(uses).subspan(at, kUseBatchRecords);
    const absl::Status status = SaveBatch(batch);
    if (status.ok()) continue;
    spdlog::warn("blob store: last uses: {}", status.ToString());
    return;
  }
}

absl::Status RocksDbBlobStore::SaveBatch(
    absl::Span<const BlobCatalog::Use> uses) {
  // See DeleteBatch(). Without turns a record that is being deleted would be
  // written again.
  std::deque<BlobStoreTurns::Turn> turns;
  std::vector<std::pair<Digest, Record>> records;
  for (const BlobCatalog::Use& use : uses) {
    turns.emplace_back(&turns_, use.digest);
    ASSIGN_OR_RETURN(auto record,
                     Readable(use.digest, records_.FindSettled(use.digest)));
    if (!record.has_value()) continue;
    *record->mutable_last_use_time() = ToWire(use.time);
    records.emplace_back(use.digest, *std::move(record));
  }
  if (records.empty()) return absl::OkStatus();
  return records_.Amend(records);
}

}  // namespace cvr
