#include "services/blob/rocksdb_blob_store.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/blob/blob_store_status.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

uint32_t ChunkNumber(uint64_t offset) {
  return static_cast<uint32_t>(offset / limits::kChunkBytes);
}

// The part of the chunk from `offset` on, which lies in it. `size` is that of
// the blob, as far as it is known.
absl::StatusOr<Chunk> ReadFrom(const ChunkTable& chunks, const CopyId& copy,
                               uint64_t offset, uint64_t size) {
  const uint32_t number = ChunkNumber(offset);
  const uint64_t start = uint64_t{number} * limits::kChunkBytes;
  ASSIGN_OR_RETURN(const Chunk chunk, chunks.Read(copy, number));
  if (chunk.size() != std::min<uint64_t>(limits::kChunkBytes, size - start)) {
    return errors::ContentDamaged(copy.digest.ToString(),
                                  "a chunk has the wrong size");
  }
  return chunk.Sub(offset - start);
}

absl::StatusOr<Chunk> CheckInline(
    const Digest& digest, const absl::StatusOr<std::optional<Chunk>>& bytes,
    uint64_t size) {
  RETURN_IF_ERROR(bytes.status());
  if (bytes->has_value() && (*bytes)->size() == size) return **bytes;
  return errors::ContentDamaged(digest.ToString(), "its bytes are missing");
}

struct StoredBlob {
  absl::Time last_use;
  Digest digest;
  uint64_t bytes;
};

}  // namespace

class RocksDbBlobStore::CopyReader final : public BlobReader {
 public:
  CopyReader(const ChunkTable* chunks, const CopyId& copy, uint64_t size,
             BlobStoreHolds::Hold hold)
      : chunks_(chunks), copy_(copy), size_(size), hold_(std::move(hold)) {}

  uint64_t size() const override { return size_; }

  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    if (offset >= size_) return errors::RangeNotSatisfiable(size_);
    return ReadFrom(*chunks_, copy_, offset, size_);
  }

 private:
  const ChunkTable* const chunks_;
  const CopyId copy_;
  const uint64_t size_;
  const BlobStoreHolds::Hold hold_;
};

// Has all of its bytes, so nothing needs to be held.
class RocksDbBlobStore::InlineReader final : public BlobReader {
 public:
  InlineReader(absl::StatusOr<Chunk> bytes, uint64_t size)
      : bytes_(std::move(bytes)), size_(size) {}

  uint64_t size() const override { return size_; }

  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    if (offset >= size_) return errors::RangeNotSatisfiable(size_);
    RETURN_IF_ERROR(bytes_.status());
    return bytes_->Sub(offset);
  }

 private:
  const absl::StatusOr<Chunk> bytes_;
  const uint64_t size_;
};

class RocksDbBlobStore::Writer final : public BlobWriter {
 public:
  Writer(RocksDbBlobStore* store, const CopyId& copy, SegmentsBegun begun = {})
      : store_(store),
        copy_(copy),
        hold_(store->holds_.HoldCopy(copy)),
        segments_(store->database_.get(), &store->chunks_, copy,
                  store->options_.segments, begun),
        size_(segments_.ingested_bytes()),
        readable_(segments_.ingested_bytes()) {
    Count(size_);
  }

  // The copy goes with the last hold on it.
  ~Writer() override {
    if (!stays_ && segments_.segments() > 0) store_->holds_.Doom(copy_);
    Uncount();
  }

  absl::Status Append(Chunk chunk) override {
    if (state_.ok()) state_ = store_->evictor_->EnsureRoom();
    if (state_.ok()) state_ = DoAppend(std::move(chunk));
    return state_;
  }

  absl::Status Commit() override {
    if (!state_.ok()) return state_;
    const absl::Status status = DoCommit();
    state_ = status.ok()
                 ? absl::FailedPreconditionError("the upload is committed")
                 : status;
    return status;
  }

  void Suspend() override {
    if (!state_.ok()) return;
    state_ = absl::FailedPreconditionError("the upload is suspended");
    // A short chunk can only be the last, so it is left out.
    if (size_ % limits::kChunkBytes == 0 && !segments_.Finish().ok()) return;
    if (segments_.segments() == 0) return;
    SetReadable(segments_.ingested_bytes());
    stays_ = true;
    Uncount();
    store_->Keep({.copy = copy_,
                  .bytes = segments_.ingested_bytes(),
                  .segments = segments_.segments(),
                  .time = store_->options_.clock->Now()});
  }

  uint64_t readable_size() const override {
    return readable_.load(std::memory_order_acquire);
  }

  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    const uint64_t readable = readable_size();
    if (offset >= readable) return errors::RangeNotSatisfiable(readable);
    if (!inline_.empty()) return inline_.Sub(offset);
    return ReadFrom(store_->chunks_, copy_, offset, readable);
  }

 private:
  absl::Status DoAppend(Chunk chunk) {
    if (chunk.empty()) return absl::OkStatus();
    if (size_ % limits::kChunkBytes != 0 ||
        chunk.size() > limits::kChunkBytes) {
      return absl::InvalidArgumentError("only the last chunk may be shorter");
    }
    if (size_ + chunk.size() > store_->blob_bytes_max()) {
      return absl::ResourceExhaustedError("the blob is too large");
    }
    size_ += chunk.size();
    Count(chunk.size());
    // A first chunk this short is the only one.
    if (size_ <= limits::kInlineBlobBytesMax) {
      inline_ = std::move(chunk);
      SetReadable(size_);
      return absl::OkStatus();
    }
    const uint64_t segments = segments_.segments();
    const absl::Status status = segments_.Append(chunk.bytes());
    SetReadable(segments_.ingested_bytes());
    // Now and then is enough; it may be that nothing can go.
    if (segments_.segments() != segments) store_->evictor_->CheckUse();
    return status;
  }

  absl::Status DoCommit() {
    Record record;
    record.set_size(size_);
    if (size_ > limits::kInlineBlobBytesMax) {
      RETURN_IF_ERROR(segments_.Finish());
      SetReadable(segments_.ingested_bytes());
      record.set_generation(copy_.generation);
      record.set_segments(segments_.segments());
    }
    // After an error nobody knows whether there is a record: its copy must
    // stay until the next start knows.
    stays_ = true;
    Uncount();
    ASSIGN_OR_RETURN(stays_, store_->Publish(copy_.digest, std::move(record),
                                             inline_.bytes()));
    return absl::OkStatus();
  }

  // As used, until somebody else counts the copy or it is gone.
  void Count(uint64_t bytes) {
    counted_ += bytes;
    store_->uploading_bytes_ += bytes;
  }
  void Uncount() { store_->uploading_bytes_ -= std::exchange(counted_, 0); }

  void SetReadable(uint64_t size) {
    readable_.store(size, std::memory_order_release);
  }

  RocksDbBlobStore* const store_;
  const CopyId copy_;
  const BlobStoreHolds::Hold hold_;

  // Of the writing thread.
  SegmentWriter segments_;
  absl::Status state_;
  uint64_t size_;
  uint64_t counted_ = 0;
  // Whether the copy is somebody else's now: of a record, or of the next
  // upload.
  bool stays_ = false;

  // Constant once `readable_` is not 0.
  Chunk inline_;
  std::atomic<uint64_t> readable_;
};

absl::StatusOr<std::unique_ptr<RocksDbBlobStore>> RocksDbBlobStore::Open(
    Options options) {
  ASSIGN_OR_RETURN(auto database,
                   BlobStoreDatabase::Open(
                       {.directory = options.directory,
                        .env = options.env,
                        .open_files_max = options.open_files_max,
                        .record_cache_bytes = options.record_cache_bytes}));
  std::unique_ptr<RocksDbBlobStore> store(
      new RocksDbBlobStore(std::move(options), std::move(database)));
  RETURN_IF_ERROR(store->Recover());
  EvictableSpace& space = *store;
  store->evictor_ =
      std::make_unique<BlobEvictor>(store->options_.bounds, space);
  store->evictor_->Wake();
  return store;
}

RocksDbBlobStore::RocksDbBlobStore(Options options,
                                   std::unique_ptr<BlobStoreDatabase> database)
    : options_(std::move(options)),
      database_(std::move(database)),
      chunks_(database_.get()),
      records_(database_.get()),
      holds_([this](const CopyId& copy) { DropCopy(copy); }),
      interrupted_({.bytes_max = options_.interrupted_bytes_max,
                    .age_max = options_.interrupted_age_max},
                   [this](const CopyId& copy) { holds_.Doom(copy); }) {}

RocksDbBlobStore::~RocksDbBlobStore() {
  closing_ = true;
  evictor_ = nullptr;
  SaveUses();
}

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
  enum Fate : char { kInterrupted, kWanted, kUnwanted };
  std::vector<Fate> fates(copies.size(),
                          keep_interrupted ? kInterrupted : kUnwanted);
  std::vector<Digest> incomplete;
  std::vector<StoredBlob> blobs;
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
      fates[at] = wanted ? kWanted : kUnwanted;
      complete = complete || wanted;
    }
    if (complete) {
      blobs.push_back(
          {records_.ToTime(record.last_use_time()), digest, record.size()});
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
    if (fates[i] == kInterrupted)
      RETURN_IF_ERROR(RecoverInterrupted(copies[i]));
  }
  next_generation_ = generation + 1;
  std::stable_sort(
      blobs.begin(), blobs.end(),
      [](const auto& a, const auto& b) { return a.last_use < b.last_use; });
  for (const StoredBlob& blob : blobs) catalog_.Add(blob.digest, blob.bytes);
  return absl::OkStatus();
}

absl::Status RocksDbBlobStore::RecoverInterrupted(
    const ChunkTable::StoredCopy& copy) {
  // No chunks: some are missing.
  if (copy.chunks == 0) return chunks_.Drop(copy.id);
  const auto last =
      chunks_.Read(copy.id, static_cast<uint32_t>(copy.chunks - 1));
  if (!last.ok()) return chunks_.Drop(copy.id);
  InterruptedUploads::Upload upload = {
      .copy = copy.id,
      .bytes = copy.chunks * limits::kChunkBytes,
      .segments = copy.segments,
      .time = copy.time};
  if (last->size() != limits::kChunkBytes) {
    RETURN_IF_ERROR(chunks_.Drop(copy.id, copy.last_segment));
    upload.bytes = copy.last_segment * limits::kChunkBytes;
    if (--upload.segments == 0) return absl::OkStatus();
  }
  interrupted_.Add(upload, options_.clock->Now());
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const BlobReader>> RocksDbBlobStore::Open(
    const Digest& digest) {
  const BlobStoreHolds::Hold all = holds_.HoldAll(digest);
  ASSIGN_OR_RETURN(const auto record, Readable(digest, records_.Find(digest)));
  if (!record.has_value()) return errors::BlobUnknown(digest.ToString());
  NoteUse(digest);
  if (record->generation() == 0) return OpenInline(digest, *record);
  const CopyId copy{digest, record->generation()};
  return std::make_shared<CopyReader>(&chunks_, copy, record->size(),
                                      holds_.HoldCopy(copy));
}

absl::StatusOr<std::shared_ptr<const BlobReader>> RocksDbBlobStore::OpenInline(
    const Digest& digest, const Record& record) {
  auto bytes = records_.FindInline(digest);
  if (bytes.ok() && !bytes->has_value()) {
    // Deleted since, or lost: while nothing changes they tell.
    const BlobStoreTurns::Turn turn(&turns_, digest);
    ASSIGN_OR_RETURN(const auto again, Readable(digest, records_.Find(digest)));
    if (!again.has_value()) return errors::BlobUnknown(digest.ToString());
    bytes = records_.FindInline(digest);
  }
  return std::make_shared<InlineReader>(
      CheckInline(digest, bytes, record.size()), record.size());
}

absl::StatusOr<std::shared_ptr<BlobWriter>> RocksDbBlobStore::Create(
    const Digest& digest) {
  RETURN_IF_ERROR(evictor_->EnsureRoom());
  return NewWriter(digest);
}

std::shared_ptr<RocksDbBlobStore::Writer> RocksDbBlobStore::NewWriter(
    const Digest& digest) {
  const auto upload = interrupted_.Take(digest, options_.clock->Now());
  if (!upload.has_value()) {
    return std::make_shared<Writer>(this, CopyId{digest, next_generation_++});
  }
  return std::make_shared<Writer>(
      this, upload->copy,
      SegmentsBegun{static_cast<uint32_t>(upload->bytes / limits::kChunkBytes),
                    upload->segments});
}

absl::Status RocksDbBlobStore::Put(const Digest& digest,
                                   absl::string_view bytes) {
  if (bytes.size() > limits::kManifestBytesMax) {
    return absl::InvalidArgumentError("too large to be stored at once");
  }
  RETURN_IF_ERROR(evictor_->EnsureRoom());
  Writer writer(this, CopyId{digest, next_generation_++});
  for (size_t at = 0; at < bytes.size(); at += limits::kChunkBytes) {
    // The writer is gone before `bytes` is.
    RETURN_IF_ERROR(
        writer.Append(Chunk(bytes.substr(at, limits::kChunkBytes), nullptr)));
  }
  return writer.Commit();
}

absl::Status RocksDbBlobStore::Delete(const Digest& digest) {
  const BlobStoreTurns::Turn turn(&turns_, digest);
  const auto record = records_.FindSettled(digest);
  if (record.ok() && !record->has_value()) return absl::OkStatus();
  // One that cannot be read goes as well; its files are found at next start.
  if (!record.ok() && record.status().code() != absl::StatusCode::kDataLoss) {
    return record.status();
  }
  RETURN_IF_ERROR(records_.Delete({digest}));
  catalog_.Remove(digest);
  if (!record.ok()) return absl::OkStatus();
  if ((*record)->generation() == 0) {
    inline_space_.Delete((*record)->size());
  } else {
    holds_.Doom({digest, (*record)->generation()});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredBlob>> RocksDbBlobStore::List(
    const std::optional<Digest>& start_after, int max) const {
  std::vector<StoredBlob> page;
  RETURN_IF_ERROR(records_.VisitAfter(
      start_after, [&](const Digest& digest, const Record& record) {
        page.push_back({digest, records_.ToTime(record.last_use_time())});
        return static_cast<int>(page.size()) < max;
      }));
  return page;
}

absl::StatusOr<bool> RocksDbBlobStore::Publish(const Digest& digest,
                                               Record record,
                                               absl::string_view inline_bytes) {
  const BlobStoreTurns::Turn turn(&turns_, digest);
  ASSIGN_OR_RETURN(const auto stored,
                   Readable(digest, records_.FindSettled(digest)));
  if (stored.has_value()) {
    // New to it when it was written by a commit that seemed to fail.
    catalog_.Add(digest, stored->size());
    return false;
  }
  *record.mutable_create_time() = records_.ToTimestamp(options_.clock->Now());
  *record.mutable_last_use_time() = record.create_time();
  RETURN_IF_ERROR(records_.Put(digest, record, inline_bytes));
  interrupted_.Forget(digest);
  catalog_.Add(digest, record.size());
  if (record.generation() == 0) inline_space_.Add(record.size());
  evictor_->CheckUse();
  return true;
}

// A record that cannot be read is no record: the next upload replaces it.
absl::StatusOr<std::optional<BlobStoreRecords::Record>>
RocksDbBlobStore::Readable(const Digest& digest,
                           absl::StatusOr<std::optional<Record>> record) {
  if (record.status().code() != absl::StatusCode::kDataLoss) return record;
  spdlog::error("blob store: record of {}: {}", digest.ToString(),
                record.status().ToString());
  return std::optional<Record>();
}

void RocksDbBlobStore::Keep(const InterruptedUploads::Upload& upload) {
  const BlobStoreTurns::Turn turn(&turns_, upload.copy.digest);
  const auto stored = records_.Find(upload.copy.digest);
  if (stored.ok() && stored->has_value()) return holds_.Doom(upload.copy);
  interrupted_.Add(upload, options_.clock->Now());
  evictor_->CheckUse();
}

// Without space to note it the copy stays; the next start removes it.
void RocksDbBlobStore::DropCopy(const CopyId& copy) {
  const absl::Status status = chunks_.Drop(copy);
  if (!status.ok()) {
    spdlog::error("blob store: {} of {}: {}", copy.generation,
                  copy.digest.ToString(), status.ToString());
  }
}

}  // namespace cvr
