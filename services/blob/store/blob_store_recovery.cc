#include "services/blob/store/blob_store_recovery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "services/blob/store/database/blob_store_status.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "spdlog/spdlog.h"

namespace cvr {

absl::StatusOr<BlobStoreRecovery::Found> BlobStoreRecovery::Run() {
  RETURN_IF_ERROR(RemoveIncoming());
  const absl::Status status = RecoverCopies(/*keep_interrupted=*/true);
  if (status.ok()) return std::move(found_);
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  spdlog::error("blob store: corrupt records ({}), emptying the cache",
                status.ToString());
  RETURN_IF_ERROR(
      FromRocksDb(parts_.database->ResetRecords(), "dropping damaged records"));
  // Whole blobs would look like interrupted uploads now.
  RETURN_IF_ERROR(RecoverCopies(/*keep_interrupted=*/false));
  return std::move(found_);
}

absl::Status BlobStoreRecovery::RemoveIncoming() {
  const std::string directory = parts_.database->IncomingDirectory();
  std::vector<std::string> names;
  RETURN_IF_ERROR(
      FromRocksDb(parts_.database->env().GetChildren(directory, &names),
                  "listing unfinished segments"));
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    RETURN_IF_ERROR(
        FromRocksDb(parts_.database->env().DeleteFile(directory + "/" + name),
                    "removing an unfinished segment"));
  }
  return absl::OkStatus();
}

absl::Status BlobStoreRecovery::RecoverCopies(bool keep_interrupted) {
  copies_ = parts_.chunks.List();
  ASSIGN_OR_RETURN(Owners owners, parts_.records.Owners());
  if (!keep_interrupted) owners.clear();
  fates_.assign(copies_.size(), Fate::kUnwanted);
  for (size_t i = 0; i < copies_.size(); ++i) {
    if (owners.contains(copies_[i].id)) fates_[i] = Fate::kInterrupted;
  }
  RETURN_IF_ERROR(ReadRecords());
  parts_.inline_space.Reset(inline_blobs_, inline_bytes_,
                            parts_.database->InlineFileBytes());
  RETURN_IF_ERROR(DeleteIncomplete());
  RETURN_IF_ERROR(DropUnwanted(std::move(owners)));
  std::stable_sort(
      blobs_.begin(), blobs_.end(),
      [](const auto& a, const auto& b) { return a.last_use < b.last_use; });
  for (const Blob& blob : blobs_) parts_.catalog.Add(blob.digest, blob.bytes);
  return absl::OkStatus();
}

absl::Status BlobStoreRecovery::ReadRecords() {
  at_ = 0;
  blobs_.clear();
  incomplete_.clear();
  inline_blobs_ = inline_bytes_ = 0;
  return parts_.records.ForEach(
      [this](const Digest& digest, const BlobStoreParts::Record& record) {
        Compare(digest, record);
      });
}

void BlobStoreRecovery::Compare(const Digest& digest,
                                const BlobStoreParts::Record& record) {
  found_.next_generation =
      std::max(found_.next_generation, record.generation() + 1);
  while (at_ < copies_.size() && copies_[at_].id.digest < digest) ++at_;
  bool complete = record.generation() == 0;
  if (complete) {
    ++inline_blobs_;
    inline_bytes_ += record.size();
  }
  for (; at_ < copies_.size() && copies_[at_].id.digest == digest; ++at_) {
    const bool wanted = copies_[at_].id.generation == record.generation() &&
                        copies_[at_].segments == record.segments();
    if (wanted) fates_[at_] = Fate::kWanted;
    complete = complete || wanted;
  }
  if (complete) {
    blobs_.push_back({FromWire(record.last_use_time()), digest, record.size()});
  } else {
    incomplete_.push_back(digest);
  }
}

absl::Status BlobStoreRecovery::DeleteIncomplete() {
  for (const Digest& digest : incomplete_) {
    spdlog::error("blob store: files of blob {} are missing, removing the blob",
                  digest.ToString());
    RETURN_IF_ERROR(parts_.records.Delete({digest}));
    found_.damaged.push_back(digest);
  }
  return absl::OkStatus();
}

absl::Status BlobStoreRecovery::DropUnwanted(Owners owners) {
  for (size_t i = 0; i < copies_.size(); ++i) {
    const ChunkTable::StoredCopy& copy = copies_[i];
    found_.next_generation =
        std::max(found_.next_generation, copy.id.generation + 1);
    if (fates_[i] == Fate::kUnwanted) {
      RETURN_IF_ERROR(parts_.chunks.Drop(copy.id));
    }
    if (fates_[i] == Fate::kInterrupted) {
      const auto owner = owners.extract(copy.id);
      RETURN_IF_ERROR(RecoverInterrupted(copy, owner.mapped()));
    }
  }
  // Those whose copies are gone: a generation may be given out again.
  std::vector<CopyId> gone;
  for (const auto& [copy, owner] : owners) gone.push_back(copy);
  return gone.empty() ? absl::OkStatus() : parts_.records.DeleteOwners(gone);
}

absl::Status BlobStoreRecovery::RecoverInterrupted(
    const ChunkTable::StoredCopy& copy, int64_t owner) {
  const auto drop = [&] {
    RETURN_IF_ERROR(parts_.records.DeleteOwners({copy.id}));
    return parts_.chunks.Drop(copy.id);
  };
  // No chunks: some are missing.
  if (copy.chunks == 0) return drop();
  const auto last =
      parts_.chunks.Read(copy.id, static_cast<uint32_t>(copy.chunks - 1));
  if (!last.ok()) return drop();
  InterruptedUploads::Upload upload = {
      .copy = copy.id,
      .owner = owner,
      .bytes = copy.chunks * limits::kChunkBytes,
      .segments = copy.segments,
      .time = copy.time};
  if (last->size() != limits::kChunkBytes) {
    if (copy.segments == 1) return drop();
    RETURN_IF_ERROR(parts_.chunks.Drop(copy.id, copy.last_segment));
    upload.bytes = copy.last_segment * limits::kChunkBytes;
    --upload.segments;
  }
  parts_.interrupted.Add(upload, clock_.SteadyNow());
  return absl::OkStatus();
}

}  // namespace cvr
