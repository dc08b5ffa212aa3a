#include "services/blob/store/testing/in_memory_blob_store.h"

#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"

namespace cvr {
namespace {

uint64_t SizeOf(const std::vector<Chunk>& chunks) {
  return chunks.empty()
             ? 0
             : (chunks.size() - 1) * limits::kChunkBytes + chunks.back().size();
}

Chunk ChunkAt(const std::vector<Chunk>& chunks, uint64_t offset) {
  return chunks[offset / limits::kChunkBytes].Sub(offset % limits::kChunkBytes);
}

}  // namespace

class InMemoryBlobStore::Reader final : public BlobReader {
 public:
  explicit Reader(std::vector<Chunk> chunks) : chunks_(std::move(chunks)) {}

  uint64_t size() const override { return SizeOf(chunks_); }

  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    if (offset >= size()) return errors::RangeNotSatisfiable(size());
    return ChunkAt(chunks_, offset);
  }

 private:
  const std::vector<Chunk> chunks_;
};

class InMemoryBlobStore::Writer final : public BlobWriter {
 public:
  Writer(InMemoryBlobStore* store, const Owned& upload,
         std::vector<Chunk> chunks)
      : store_(store),
        digest_(upload.first),
        owner_(upload.second),
        chunks_(std::move(chunks)),
        readable_(SizeOf(chunks_)) {}

  absl::Status Append(Chunk chunk) override {
    MutexLock lock(&mutex_);
    if (state_.ok()) state_ = DoAppend(std::move(chunk));
    return state_;
  }

  absl::Status Commit() override {
    std::vector<Chunk> chunks;
    {
      MutexLock lock(&mutex_);
      if (!state_.ok()) return state_;
      state_ = absl::FailedPreconditionError("the upload is already committed");
      readable_ = SizeOf(chunks_);
      chunks = chunks_;
    }
    store_->Publish({digest_, owner_}, std::move(chunks));
    return absl::OkStatus();
  }

  void Suspend() override {
    std::vector<Chunk> chunks;
    {
      MutexLock lock(&mutex_);
      if (!state_.ok()) return;
      state_ = absl::FailedPreconditionError("the upload is already suspended");
      chunks = chunks_;
    }
    if (owner_ != 0) store_->Keep({digest_, owner_}, std::move(chunks));
  }

  void Disown() override { owner_ = 0; }

  uint64_t readable_size() const override {
    MutexLock lock(&mutex_);
    return readable_;
  }

  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    MutexLock lock(&mutex_);
    if (offset >= readable_) return errors::RangeNotSatisfiable(readable_);
    return ChunkAt(chunks_, offset);
  }

 private:
  absl::Status DoAppend(Chunk chunk) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (chunk.empty()) return absl::OkStatus();
    const uint64_t size = SizeOf(chunks_);
    if (size % limits::kChunkBytes != 0 || chunk.size() > limits::kChunkBytes) {
      return absl::InvalidArgumentError(
          "all chunks except the last must have the full chunk size");
    }
    if (chunk.size() > store_->options_.blob_bytes_max - size) {
      return WithReason(absl::ResourceExhaustedError(
                            "the blob is larger than the maximum size"),
                        Reason::kContentTooLarge);
    }
    chunks_.push_back(std::move(chunk));
    if (SizeOf(chunks_) >= readable_ + store_->options_.segment_bytes) {
      readable_ = SizeOf(chunks_);
    }
    return absl::OkStatus();
  }

  InMemoryBlobStore* const store_;
  const Digest digest_;
  std::atomic<int64_t> owner_;

  mutable Mutex mutex_;
  absl::Status state_ ABSL_GUARDED_BY(mutex_);
  std::vector<Chunk> chunks_ ABSL_GUARDED_BY(mutex_);
  uint64_t readable_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::shared_ptr<const BlobReader>> InMemoryBlobStore::Open(
    const Digest& digest) {
  MutexLock lock(&mutex_);
  const auto blob = blobs_.find(digest);
  if (blob == blobs_.end()) return errors::BlobUnknown(digest.ToString());
  return blob->second;
}

absl::StatusOr<std::shared_ptr<BlobWriter>> InMemoryBlobStore::Create(
    const Digest& digest, int64_t owner) {
  MutexLock lock(&mutex_);
  const Owned upload = {digest, owner};
  auto interrupted = interrupted_.extract(upload);
  return std::make_shared<Writer>(this, upload,
                                  interrupted.empty()
                                      ? std::vector<Chunk>()
                                      : std::move(interrupted.mapped()));
}

absl::Status InMemoryBlobStore::Put(const Digest& digest,
                                    absl::string_view bytes) {
  if (bytes.size() > limits::kManifestBytesMax) {
    return absl::InvalidArgumentError(
        "the blob is too large for Put(); use Create()");
  }
  std::vector<Chunk> chunks;
  for (size_t at = 0; at < bytes.size(); at += limits::kChunkBytes) {
    chunks.push_back(
        Chunk::OfString(std::string(bytes.substr(at, limits::kChunkBytes))));
  }
  Publish({digest, 0}, std::move(chunks));
  return absl::OkStatus();
}

absl::Status InMemoryBlobStore::Delete(const Digest& digest) {
  MutexLock lock(&mutex_);
  blobs_.erase(digest);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredBlob>> InMemoryBlobStore::List(
    const std::optional<Digest>& start_after, int max) const {
  MutexLock lock(&mutex_);
  std::map<std::string, Digest> sorted;
  for (const auto& [digest, blob] : blobs_) {
    sorted.emplace(digest.ToString(), digest);
  }
  std::vector<StoredBlob> page;
  auto it = start_after ? sorted.upper_bound(start_after->ToString())
                        : sorted.begin();
  for (; it != sorted.end() && static_cast<int>(page.size()) < max; ++it) {
    page.push_back({it->second, stored_at_.at(it->second)});
  }
  return page;
}

void InMemoryBlobStore::Publish(const Owned& upload,
                                std::vector<Chunk> chunks) {
  auto blob = std::make_shared<const Reader>(std::move(chunks));
  MutexLock lock(&mutex_);
  if (blobs_.emplace(upload.first, std::move(blob)).second) {
    stored_at_[upload.first] = Clock::Real().Now();
  }
  interrupted_.erase(upload);
}

void InMemoryBlobStore::Keep(const Owned& upload, std::vector<Chunk> chunks) {
  if (!chunks.empty() && chunks.back().size() < limits::kChunkBytes) {
    chunks.pop_back();
  }
  MutexLock lock(&mutex_);
  if (chunks.empty()) return;
  std::vector<Chunk>& kept = interrupted_[upload];
  if (chunks.size() > kept.size()) kept = std::move(chunks);
}

}  // namespace cvr
