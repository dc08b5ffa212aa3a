#include "services/blob/store/rocksdb_blob_store.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/blob/store/blob_store_recovery.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/concurrency/mutex.h"

namespace cvr {
namespace {

// After so many the last uses are written.
constexpr size_t kUnsavedUsesMax = 4096;

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
  return errors::ContentDamaged(digest.ToString(), "chunk not found");
}

}  // namespace

class RocksDbBlobStore::CopyReader final : public BlobReader {
 public:
  CopyReader(const ChunkTable* chunks, const CopyId& copy, uint64_t size,
             BlobPins::Pin pin)
      : chunks_(chunks), copy_(copy), size_(size), pin_(std::move(pin)) {}

  uint64_t size() const override { return size_; }

  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    if (offset >= size_) return errors::RangeNotSatisfiable(size_);
    return ReadFrom(*chunks_, copy_, offset, size_);
  }

 private:
  const ChunkTable* const chunks_;
  const CopyId copy_;
  const uint64_t size_;
  const BlobPins::Pin pin_;
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
  Writer(RocksDbBlobStore* store, const CopyId& copy, int64_t owner,
         SegmentsBegun begun = {})
      : store_(store),
        copy_(copy),
        pin_(store->parts_.pins.PinCopy(copy)),
        owner_(owner),
        owner_noted_(begun.segments > 0),
        segments_(store->parts_.database.get(), &store->parts_.chunks, copy,
                  store->options_.segments, begun),
        size_(segments_.ingested_bytes()),
        readable_(segments_.ingested_bytes()) {
    Count(size_);
  }

  // The copy goes with the last hold on it.
  ~Writer() override {
    if (!stays_ && segments_.segments() > 0) {
      Disown();
      store_->parts_.pins.ReclaimWhenUnpinned(copy_);
    }
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
    state_ =
        status.ok()
            ? absl::FailedPreconditionError("the upload is already committed")
            : status;
    return status;
  }

  void Suspend() override {
    if (!state_.ok()) return;
    state_ = absl::FailedPreconditionError("the upload is already suspended");
    // A short chunk can only be the last, so it is left out.
    if (size_ % limits::kChunkBytes == 0 && !segments_.Finish().ok()) return;
    if (segments_.segments() == 0) return;
    SetReadable(segments_.ingested_bytes());
    const int64_t owner = NoteOwner();
    if (owner == 0) return;
    stays_ = true;
    Uncount();
    store_->Keep({.copy = copy_,
                  .owner = owner,
                  .bytes = segments_.ingested_bytes(),
                  .segments = segments_.segments(),
                  .time = store_->options_.clock->SteadyNow()});
  }

  void Disown() override {
    MutexLock lock(&mutex_);
    owner_ = 0;
    if (std::exchange(owner_noted_, false)) store_->parts_.DeleteOwner(copy_);
  }

  uint64_t readable_size() const override {
    return readable_.load(std::memory_order_acquire);
  }

  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    const uint64_t readable = readable_size();
    if (offset >= readable) return errors::RangeNotSatisfiable(readable);
    if (!inline_.empty()) return inline_.Sub(offset);
    return ReadFrom(store_->parts_.chunks, copy_, offset, readable);
  }

 private:
  absl::Status DoAppend(Chunk chunk) {
    if (chunk.empty()) return absl::OkStatus();
    if (size_ % limits::kChunkBytes != 0 ||
        chunk.size() > limits::kChunkBytes) {
      return absl::InvalidArgumentError(
          "all chunks except the last must have the full chunk size");
    }
    if (size_ + chunk.size() > store_->blob_bytes_max()) {
      return WithReason(absl::ResourceExhaustedError(
                            "the blob is larger than the maximum size"),
                        Reason::kContentTooLarge);
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
    if (segments_.segments() > 0) NoteOwner();
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
    store_->parts_.interrupted.Forget(copy_.digest, owner());
    return absl::OkStatus();
  }

  // From the first segment on a crash leaves something. Without knowing whose
  // it is, that would be nobody's.
  int64_t NoteOwner() {
    MutexLock lock(&mutex_);
    if (owner_ == 0 || owner_noted_) return owner_;
    owner_noted_ = store_->parts_.records.PutOwner(copy_, owner_).ok();
    return owner_noted_ ? owner_ : 0;
  }
  int64_t owner() const {
    MutexLock lock(&mutex_);
    return owner_;
  }

  // As used, until somebody else counts the copy or it is gone.
  void Count(uint64_t bytes) {
    counted_ += bytes;
    store_->parts_.uploading_bytes += bytes;
  }
  void Uncount() {
    store_->parts_.uploading_bytes -= std::exchange(counted_, 0);
  }

  void SetReadable(uint64_t size) {
    readable_.store(size, std::memory_order_release);
  }

  RocksDbBlobStore* const store_;
  const CopyId copy_;
  const BlobPins::Pin pin_;

  // Held while that is written, which is once or twice in an upload.
  mutable Mutex mutex_;
  int64_t owner_ ABSL_GUARDED_BY(mutex_);
  bool owner_noted_ ABSL_GUARDED_BY(mutex_);

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
  store->evictor_ =
      std::make_unique<BlobEvictor>(store->options_.bounds, store->space_);
  store->evictor_->Wake();
  return store;
}

RocksDbBlobStore::RocksDbBlobStore(Options options,
                                   std::unique_ptr<BlobStoreDatabase> database)
    : options_(std::move(options)),
      parts_(std::move(database), {.bytes_max = options_.interrupted_bytes_max,
                                   .age_max = options_.interrupted_age_max}),
      space_(parts_, {.directory = options_.directory,
                      .env = options_.env,
                      .clock = options_.clock,
                      .min_free_bytes = options_.bounds.min_free_bytes,
                      .listener = options_.eviction_listener}) {}

absl::Status RocksDbBlobStore::Recover() {
  ASSIGN_OR_RETURN(auto found,
                   BlobStoreRecovery(parts_, *options_.clock).Run());
  next_generation_ = found.next_generation;
  space_.SetDamaged(std::move(found.damaged));
  return absl::OkStatus();
}

RocksDbBlobStore::~RocksDbBlobStore() {
  space_.Cancel();
  evictor_ = nullptr;
  space_.SaveUses();
}

absl::StatusOr<std::shared_ptr<const BlobReader>> RocksDbBlobStore::Open(
    const Digest& digest) {
  const BlobPins::Pin all = parts_.pins.PinAll(digest);
  ASSIGN_OR_RETURN(const auto record, parts_.Find(digest));
  if (!record.has_value()) return errors::BlobUnknown(digest.ToString());
  NoteUse(digest);
  if (record->generation() == 0) return OpenInline(digest, *record);
  const CopyId copy{digest, record->generation()};
  return std::make_shared<CopyReader>(&parts_.chunks, copy, record->size(),
                                      parts_.pins.PinCopy(copy));
}

absl::StatusOr<std::shared_ptr<const BlobReader>> RocksDbBlobStore::OpenInline(
    const Digest& digest, const Record& record) {
  auto bytes = parts_.records.FindInline(digest);
  if (bytes.ok() && !bytes->has_value()) {
    // Deleted since, or lost: while nothing changes they tell.
    const DigestLocks::Lock digest_lock(&parts_.digest_locks, digest);
    ASSIGN_OR_RETURN(const auto again, parts_.Find(digest));
    if (!again.has_value()) return errors::BlobUnknown(digest.ToString());
    bytes = parts_.records.FindInline(digest);
  }
  return std::make_shared<InlineReader>(
      CheckInline(digest, bytes, record.size()), record.size());
}

absl::StatusOr<std::shared_ptr<BlobWriter>> RocksDbBlobStore::Create(
    const Digest& digest, int64_t owner) {
  RETURN_IF_ERROR(evictor_->EnsureRoom());
  return NewWriter(digest, owner);
}

std::shared_ptr<RocksDbBlobStore::Writer> RocksDbBlobStore::NewWriter(
    const Digest& digest, int64_t owner) {
  const auto upload =
      parts_.interrupted.Take(digest, owner, options_.clock->SteadyNow());
  if (!upload.has_value()) {
    return std::make_shared<Writer>(this, CopyId{digest, next_generation_++},
                                    owner);
  }
  return std::make_shared<Writer>(
      this, upload->copy, owner,
      SegmentsBegun{static_cast<uint32_t>(upload->bytes / limits::kChunkBytes),
                    upload->segments});
}

absl::Status RocksDbBlobStore::Put(const Digest& digest,
                                   absl::string_view bytes) {
  if (bytes.size() > limits::kManifestBytesMax) {
    return absl::InvalidArgumentError(
        "the blob is too large for Put(); use Create()");
  }
  RETURN_IF_ERROR(evictor_->EnsureRoom());
  Writer writer(this, CopyId{digest, next_generation_++}, /*owner=*/0);
  for (size_t at = 0; at < bytes.size(); at += limits::kChunkBytes) {
    // The writer is gone before `bytes` is.
    RETURN_IF_ERROR(
        writer.Append(Chunk(bytes.substr(at, limits::kChunkBytes), nullptr)));
  }
  return writer.Commit();
}

absl::Status RocksDbBlobStore::Delete(const Digest& digest) {
  const DigestLocks::Lock digest_lock(&parts_.digest_locks, digest);
  const auto record = parts_.records.FindSettled(digest);
  if (record.ok() && !record->has_value()) return absl::OkStatus();
  // One that cannot be read goes as well; its files are found at next start.
  if (!record.ok() && record.status().code() != absl::StatusCode::kDataLoss) {
    return record.status();
  }
  RETURN_IF_ERROR(parts_.records.Delete({digest}));
  parts_.catalog.Remove(digest);
  if (!record.ok()) return absl::OkStatus();
  if ((*record)->generation() == 0) {
    parts_.inline_space.Delete((*record)->size());
  } else {
    parts_.pins.ReclaimWhenUnpinned({digest, (*record)->generation()});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredBlob>> RocksDbBlobStore::List(
    const std::optional<Digest>& start_after, int max) const {
  std::vector<StoredBlob> page;
  const auto add = [&](const Digest& digest, const Record& record) {
    page.push_back({digest, FromWire(record.last_use_time())});
    return static_cast<int>(page.size()) < max;
  };
  RETURN_IF_ERROR(parts_.records.VisitAfter(start_after, add));
  return page;
}

absl::StatusOr<bool> RocksDbBlobStore::Publish(const Digest& digest,
                                               Record record,
                                               absl::string_view inline_bytes) {
  const DigestLocks::Lock digest_lock(&parts_.digest_locks, digest);
  ASSIGN_OR_RETURN(const auto stored, parts_.FindSettled(digest));
  if (stored.has_value()) {
    // New to it when it was written by a commit that seemed to fail.
    parts_.catalog.Add(digest, stored->size());
    return false;
  }
  *record.mutable_create_time() = ToWire(options_.clock->SteadyNow());
  *record.mutable_last_use_time() = record.create_time();
  RETURN_IF_ERROR(parts_.records.Put(digest, record, inline_bytes));
  parts_.catalog.Add(digest, record.size());
  if (record.generation() == 0) parts_.inline_space.Add(record.size());
  evictor_->CheckUse();
  return true;
}

// Also when the blob is stored by now: whether its owner continues it must not
// depend on what others have.
void RocksDbBlobStore::Keep(const InterruptedUploads::Upload& upload) {
  parts_.interrupted.Add(upload, options_.clock->SteadyNow());
  evictor_->CheckUse();
}

void RocksDbBlobStore::NoteUse(const Digest& digest) {
  const size_t unsaved =
      parts_.catalog.Touch(digest, options_.clock->SteadyNow());
  if (unsaved > 0 && unsaved % kUnsavedUsesMax == 0) evictor_->Wake();
}

// A larger one would push out everything, and then itself.
uint64_t RocksDbBlobStore::blob_bytes_max() const {
  const uint64_t max_bytes = options_.bounds.max_bytes;
  return max_bytes == 0 ? options_.blob_bytes_max
                        : std::min(options_.blob_bytes_max, max_bytes);
}

}  // namespace cvr
