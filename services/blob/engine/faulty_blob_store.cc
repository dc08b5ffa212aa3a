#include "services/blob/engine/faulty_blob_store.h"

#include <atomic>
#include <utility>

#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr::testing {

class FaultyBlobReader : public BlobReader {
 public:
  FaultyBlobReader(const FaultyBlobStore& faults,
                   std::shared_ptr<const BlobReader> reader)
      : faults_(faults), reader_(std::move(reader)) {}

  uint64_t size() const override { return reader_->size(); }
  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    if (faults_.IsDamaged(offset)) {
      return errors::ContentDamaged("?", "a flipped bit");
    }
    return reader_->ReadChunk(offset);
  }

 private:
  const FaultyBlobStore& faults_;
  const std::shared_ptr<const BlobReader> reader_;
};

class FaultyBlobWriter : public BlobWriter {
 public:
  FaultyBlobWriter(FaultyBlobStore& faults, std::shared_ptr<BlobWriter> writer)
      : faults_(faults),
        writer_(std::move(writer)),
        inherited_bytes_(writer_->readable_size()) {}

  absl::Status Append(Chunk chunk) override {
    if (error_.ok()) error_ = faults_.Take(chunk.size());
    RETURN_IF_ERROR(error_);
    return writer_->Append(std::move(chunk));
  }
  absl::Status Commit() override {
    RETURN_IF_ERROR(error_);
    RETURN_IF_ERROR(faults_.TakeCommit());
    RETURN_IF_ERROR(writer_->Commit());
    committed_ = true;
    return absl::OkStatus();
  }
  void Suspend() override { writer_->Suspend(); }
  void Disown() override { writer_->Disown(); }
  uint64_t readable_size() const override {
    return faults_.supplies_late() && !committed_ ? inherited_bytes_
                                                  : writer_->readable_size();
  }
  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    if (faults_.IsDamaged(offset)) {
      return errors::ContentDamaged("?", "a flipped bit");
    }
    return writer_->ReadChunk(offset);
  }

 private:
  FaultyBlobStore& faults_;
  const std::shared_ptr<BlobWriter> writer_;
  const uint64_t inherited_bytes_;
  absl::Status error_;
  std::atomic<bool> committed_ = false;
};

void FaultyBlobStore::FillUpAfter(std::optional<uint64_t> bytes) {
  MutexLock lock(&mutex_);
  room_bytes_ = bytes;
}

void FaultyBlobStore::DamageFrom(std::optional<uint64_t> offset) {
  MutexLock lock(&mutex_);
  damaged_from_ = offset;
  damage_found_ = false;
}

void FaultyBlobStore::AwaitDamageFound() const {
  MutexLock lock(&mutex_);
  while (!damage_found_) found_.Wait(&mutex_);
}

void FaultyBlobStore::SupplyLate(bool late) {
  MutexLock lock(&mutex_);
  late_ = late;
}

absl::StatusOr<std::shared_ptr<const BlobReader>> FaultyBlobStore::Open(
    const Digest& digest) {
  ASSIGN_OR_RETURN(auto reader, store_.Open(digest));
  return std::make_shared<FaultyBlobReader>(*this, std::move(reader));
}

absl::StatusOr<std::shared_ptr<BlobWriter>> FaultyBlobStore::Create(
    const Digest& digest, int64_t owner) {
  RETURN_IF_ERROR(Take(0));
  ASSIGN_OR_RETURN(auto writer, store_.Create(digest, owner));
  return std::make_shared<FaultyBlobWriter>(*this, std::move(writer));
}

absl::Status FaultyBlobStore::Put(const Digest& digest,
                                  absl::string_view bytes) {
  RETURN_IF_ERROR(Take(bytes.size()));
  return store_.Put(digest, bytes);
}

absl::Status FaultyBlobStore::Delete(const Digest& digest) {
  DamageFrom(std::nullopt);
  return store_.Delete(digest);
}

absl::Status FaultyBlobStore::Take(uint64_t bytes) {
  MutexLock lock(&mutex_);
  if (!room_bytes_) return absl::OkStatus();
  if (*room_bytes_ <= bytes) {
    room_bytes_ = 0;
    return absl::ResourceExhaustedError("the disk is full");
  }
  *room_bytes_ -= bytes;
  return absl::OkStatus();
}

void FaultyBlobStore::FailCommits(int count) {
  MutexLock lock(&mutex_);
  failing_commits_ = count;
}

absl::Status FaultyBlobStore::TakeCommit() {
  MutexLock lock(&mutex_);
  if (failing_commits_ == 0) return absl::OkStatus();
  --failing_commits_;
  return absl::InternalError("the disk failed at the end");
}

bool FaultyBlobStore::IsDamaged(uint64_t offset) const {
  MutexLock lock(&mutex_);
  if (!damaged_from_ || offset < *damaged_from_) return false;
  damage_found_ = true;
  found_.SignalAll();
  return true;
}

bool FaultyBlobStore::supplies_late() const {
  MutexLock lock(&mutex_);
  return late_;
}

absl::StatusOr<std::vector<StoredBlob>> FaultyBlobStore::List(
    const std::optional<Digest>& start_after, int max) const {
  return store_.List(start_after, max);
}

}  // namespace cvr::testing
