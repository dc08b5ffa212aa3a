#include "services/blob/engine/download/content_streams.h"

#include <atomic>
#include <utility>

#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

absl::StatusOr<ContentHeader> MakeHeader(const StreamDescriptor& descriptor,
                                         const StreamRequest& stream_request) {
  ASSIGN_OR_RETURN(
      const ByteRange range,
      ResolveRange(stream_request.range, descriptor.target.size_bytes));
  return ContentHeader{descriptor.target, range, descriptor.cache_status,
                       descriptor.upstream_id, descriptor.goes_on_after};
}

// Walks through the header's range; where the bytes come from is up to others.
class RangeStream : public ContentStream {
 public:
  RangeStream(ContentHeader header, bool header_only)
      : header_(std::move(header)),
        next_(header_only ? header_.range.end() : header_.range.offset) {}

  const ContentHeader& header() const final { return header_; }

  absl::StatusOr<Chunk> Next() final {
    if (cancelled_) return absl::CancelledError("read cancelled");
    if (!error_.ok()) return error_;
    const uint64_t left = header_.range.end() - next_;
    if (left == 0) return Chunk();
    absl::StatusOr<Chunk> chunk = ReadAt(next_);
    if (!chunk.ok()) return error_ = std::move(chunk).status();
    if (chunk->size() > left) *chunk = chunk->Sub(0, left);
    next_ += chunk->size();
    return chunk;
  }

  void Cancel() override { cancelled_ = true; }

 private:
  // Some bytes from `offset` on, perhaps beyond the range; never empty.
  virtual absl::StatusOr<Chunk> ReadAt(uint64_t offset) = 0;

  const ContentHeader header_;
  uint64_t next_;
  absl::Status error_;
  std::atomic<bool> cancelled_ = false;
};

class BytesStream final : public RangeStream {
 public:
  BytesStream(ContentHeader header, bool header_only, Chunk bytes)
      : RangeStream(std::move(header), header_only), bytes_(std::move(bytes)) {}

 private:
  absl::StatusOr<Chunk> ReadAt(uint64_t offset) override {
    // A manifest in one piece; lists may be larger than a message.
    return bytes_.Sub(offset, limits::kManifestBytesMax);
  }

  const Chunk bytes_;
};

class ProducedStream final : public RangeStream {
 public:
  ProducedStream(ContentHeader header, bool header_only,
                 std::function<absl::StatusOr<Chunk>()> produce)
      : RangeStream(std::move(header), header_only),
        produce_(std::move(produce)) {}

 private:
  // They are asked for in order.
  absl::StatusOr<Chunk> ReadAt(uint64_t offset) override {
    for (;;) {
      ASSIGN_OR_RETURN(Chunk chunk, produce_());
      if (chunk.empty()) return absl::DataLossError("shorter than it was");
      const uint64_t begin = std::exchange(end_, end_ + chunk.size());
      if (end_ > offset)
        return begin < offset ? chunk.Sub(offset - begin) : chunk;
    }
  }

  const std::function<absl::StatusOr<Chunk>()> produce_;
  uint64_t end_ = 0;  // Of what has been produced.
};

class StoredStream final : public RangeStream {
 public:
  StoredStream(ContentHeader header, bool header_only, BlobStore& store,
               std::shared_ptr<const BlobReader> reader)
      : RangeStream(std::move(header), header_only),
        store_(store),
        reader_(std::move(reader)) {}

 private:
  absl::StatusOr<Chunk> ReadAt(uint64_t offset) override {
    absl::StatusOr<Chunk> chunk = reader_->ReadChunk(offset);
    if (absl::IsDataLoss(chunk.status())) {
      DropIfDamaged(store_, header().target.digest, offset);
    }
    return chunk;
  }

  BlobStore& store_;
  const std::shared_ptr<const BlobReader> reader_;
};

class FollowingStream final : public RangeStream {
 public:
  FollowingStream(ContentHeader header,
                  std::unique_ptr<BlobFeed::Reader> reader)
      : RangeStream(std::move(header), /*header_only=*/false),
        reader_(std::move(reader)) {}

  void Cancel() override {
    RangeStream::Cancel();
    reader_->Cancel();
  }

 private:
  absl::StatusOr<Chunk> ReadAt(uint64_t offset) override {
    return reader_->ReadChunk(offset);
  }

  const std::unique_ptr<BlobFeed::Reader> reader_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ContentStream>> MakeHeaderStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request) {
  ASSIGN_OR_RETURN(ContentHeader header,
                   MakeHeader(descriptor, stream_request));
  return std::make_unique<BytesStream>(std::move(header), /*header_only=*/true,
                                       Chunk());
}

absl::StatusOr<std::unique_ptr<ContentStream>> MakeBytesStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    Chunk bytes) {
  ASSIGN_OR_RETURN(ContentHeader header,
                   MakeHeader(descriptor, stream_request));
  return std::make_unique<BytesStream>(
      std::move(header), stream_request.header_only, std::move(bytes));
}

absl::StatusOr<std::unique_ptr<ContentStream>> MakeProducedStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    std::function<absl::StatusOr<Chunk>()> produce) {
  ASSIGN_OR_RETURN(ContentHeader header,
                   MakeHeader(descriptor, stream_request));
  return std::make_unique<ProducedStream>(
      std::move(header), stream_request.header_only, std::move(produce));
}

absl::StatusOr<std::unique_ptr<ContentStream>> MakeStoredStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    BlobStore& store, std::shared_ptr<const BlobReader> reader) {
  ASSIGN_OR_RETURN(ContentHeader header,
                   MakeHeader(descriptor, stream_request));
  return std::make_unique<StoredStream>(
      std::move(header), stream_request.header_only, store, std::move(reader));
}

void DropIfDamaged(BlobStore& store, const Digest& digest, uint64_t offset) {
  const auto stored = store.Open(digest);
  if (!stored.ok()) return;
  const absl::Status damage = (*stored)->ReadChunk(offset).status();
  if (!absl::IsDataLoss(damage)) return;
  spdlog::error("cached blob {} is corrupt and is removed: {}",
                digest.ToString(), damage.ToString());
  const absl::Status dropped = store.Delete(digest);
  if (!dropped.ok())
    spdlog::error("cannot remove a corrupt blob: {}", dropped.ToString());
}

absl::StatusOr<std::unique_ptr<ContentStream>> MakeFollowingStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    std::unique_ptr<BlobFeed::Reader> reader) {
  ASSIGN_OR_RETURN(ContentHeader header,
                   MakeHeader(descriptor, stream_request));
  if (!reader->SeekTo(header.range.offset)) {
    return absl::AbortedError("the requested bytes are no longer buffered");
  }
  return std::make_unique<FollowingStream>(std::move(header),
                                           std::move(reader));
}

}  // namespace cvr
