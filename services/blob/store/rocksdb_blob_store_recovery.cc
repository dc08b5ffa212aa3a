// What opening a RocksDbBlobStore finds of an earlier run.

#include <algorithm>
#include <string>
#include <vector>

#include "services/blob/store/blob_store_status.h"
#include "services/blob/store/rocksdb_blob_store.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

struct FoundBlob {
  absl::Time last_use;
  Digest digest;
  uint64_t bytes;
};

}  // namespace

absl::Status RocksDbBlobStore::Recover() {
  RETURN_IF_ERROR(RemoveIncoming());
  const absl::Status status = RecoverCopies(/*keep_interrupted=*/true);
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  spdlog::error("blob store: {}; dropping all records", status.ToString());
  RETURN_IF_ERROR(
      FromRocksDb(database_->ResetRecords(), "dropping damaged records"));
  // Whole blobs would look like interrupted uploads now.
  return RecoverCopies(/*keep_interrupted=*/false);
}

absl::Status RocksDbBlobStore::RemoveIncoming() {
  std::vector<std::string> names;
  RETURN_IF_ERROR(FromRocksDb(
      database_->env().GetChildren(database_->IncomingDirectory(), &names),
      "listing unfinished segments"));
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    RETURN_IF_ERROR(
        FromRocksDb(database_->env().DeleteFile(database_->IncomingDirectory() +
                                                "/" + name),
                    "removing an unfinished segment"));
  }
  return absl::OkStatus();
}

absl::Status RocksDbBlobStore::RecoverCopies(bool keep_interrupted) {
  const std::vector<ChunkTable::StoredCopy> copies = chunks_.List();
  ASSIGN_OR_RETURN(auto owners, records_.Owners());
  if (!keep_interrupted) owners.clear();
  enum Fate : char { kInterrupted, kWanted, kUnwanted };
  std::vector<Fate> fates(copies.size(), kUnwanted);
  for (size_t i = 0; i < copies.size(); ++i) {
    if (owners.contains(copies[i].id)) fates[i] = kInterrupted;
  }
  std::vector<Digest> incomplete;
  std::vector<FoundBlob> blobs;
  uint64_t inline_blobs = 0, inline_bytes = 0;
  uint64_t generation = 0;
  size_t at = 0;
  // Both are in the order of their digests.
  const auto visit = [&](const Digest& digest, const Record& record) {
    generation = std::max(generation, record.generation());
    while (at < copies.size() && copies[at].id.digest < digest) ++at;
    bool complete = record.generation() == 0;
    if (complete) {
      ++inline_blobs;
      inline_bytes += record.size();
    }
    for (; at < copies.size() && copies[at].id.digest == digest; ++at) {
      const bool wanted = copies[at].id.generation == record.generation() &&
                          copies[at].segments == record.segments();
      if (wanted) fates[at] = kWanted;
      complete = complete || wanted;
    }
    if (complete) {
      blobs.push_back(
          {FromWire(record.last_use_time()), digest, record.size()});
    } else {
      incomplete.push_back(digest);
    }
  };
  RETURN_IF_ERROR(records_.ForEach(visit));
  inline_space_.Reset(inline_blobs, inline_bytes, database_->InlineFileBytes());
  for (const Digest& digest : incomplete) {
    spdlog::error("blob store: {} has lost files and is dropped",
                  digest.ToString());
    RETURN_IF_ERROR(records_.Delete({digest}));
    damaged_.push_back(digest);
  }
  for (size_t i = 0; i < copies.size(); ++i) {
    generation = std::max(generation, copies[i].id.generation);
    if (fates[i] == kUnwanted) RETURN_IF_ERROR(chunks_.Drop(copies[i].id));
    if (fates[i] == kInterrupted) {
      const auto owner = owners.extract(copies[i].id);
      RETURN_IF_ERROR(RecoverInterrupted(copies[i], owner.mapped()));
    }
  }
  // Those whose copies are gone: a generation may be given out again.
  std::vector<CopyId> gone;
  for (const auto& [copy, owner] : owners) gone.push_back(copy);
  if (!gone.empty()) RETURN_IF_ERROR(records_.DeleteOwners(gone));
  next_generation_ = generation + 1;
  std::stable_sort(
      blobs.begin(), blobs.end(),
      [](const auto& a, const auto& b) { return a.last_use < b.last_use; });
  for (const FoundBlob& blob : blobs) catalog_.Add(blob.digest, blob.bytes);
  return absl::OkStatus();
}

absl::Status RocksDbBlobStore::RecoverInterrupted(
    const ChunkTable::StoredCopy& copy, int64_t owner) {
  const auto drop = [&] {
    RETURN_IF_ERROR(records_.DeleteOwners({copy.id}));
    return chunks_.Drop(copy.id);
  };
  // No chunks: some are missing.
  if (copy.chunks == 0) return drop();
  const auto last =
      chunks_.Read(copy.id, static_cast<uint32_t>(copy.chunks - 1));
  if (!last.ok()) return drop();
  InterruptedUploads::Upload upload = {
      .copy = copy.id,
      .owner = owner,
      .bytes = copy.chunks * limits::kChunkBytes,
      .segments = copy.segments,
      .time = copy.time};
  if (last->size() != limits::kChunkBytes) {
    if (copy.segments == 1) return drop();
    RETURN_IF_ERROR(chunks_.Drop(copy.id, copy.last_segment));
    upload.bytes = copy.last_segment * limits::kChunkBytes;
    --upload.segments;
  }
  interrupted_.Add(upload, options_.clock->SteadyNow());
  return absl::OkStatus();
}

}  // namespace cvr
