#include "services/blob/engine/walk/text_lines.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Items = std::vector<absl::string_view>;

// Chunks in memory, like a blob.
class MemoryReader final : public BlobReader {
 public:
  MemoryReader(std::vector<Chunk> chunks, uint64_t size,
               MemoryBudget::Lease room)
      : chunks_(std::move(chunks)), size_(size), room_(std::move(room)) {}

  uint64_t size() const override { return size_; }
  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    if (offset >= size_) return absl::OutOfRangeError("past the end");
    return chunks_[offset / limits::kChunkBytes].Sub(offset %
                                                     limits::kChunkBytes);
  }

 private:
  const std::vector<Chunk> chunks_;
  const uint64_t size_;
  const MemoryBudget::Lease room_;
};

std::shared_ptr<const BlobReader> InMemory(absl::string_view kind,
                                           const Items& items, uint64_t size,
                                           MemoryBudget::Lease room) {
  std::vector<Chunk> chunks;
  LineChunks text(kind, items);
  for (Chunk chunk = text.Next(); !chunk.empty(); chunk = text.Next()) {
    chunks.push_back(std::move(chunk));
  }
  return std::make_shared<MemoryReader>(std::move(chunks), size,
                                        std::move(room));
}

absl::Status PutSmall(BlobStore& store, const Digest& digest,
                      absl::string_view kind, const Items& items) {
  std::string joined;
  LineChunks text(kind, items);
  for (Chunk chunk = text.Next(); !chunk.empty(); chunk = text.Next()) {
    joined.append(chunk.bytes().data(), chunk.size());
  }
  return store.Put(digest, joined);
}

absl::Status Write(BlobStore& store, const Digest& digest, uint64_t size,
                   absl::string_view kind, const Items& items) {
  if (size <= limits::kInlineBlobBytesMax) {
    return PutSmall(store, digest, kind, items);
  }
  // Nobody's, so it begins with nothing.
  ASSIGN_OR_RETURN(const auto writer, store.Create(digest, /*owner=*/0));
  LineChunks text(kind, items);
  for (Chunk chunk = text.Next(); !chunk.empty(); chunk = text.Next()) {
    RETURN_IF_ERROR(writer->Append(chunk));
  }
  return writer->Commit();
}

}  // namespace

// --- Writing ----------------------------------------------------------------

void LineChunks::Add(absl::string_view line) {
  text_.append(line.data(), line.size());
  text_.push_back('\n');
}

Chunk LineChunks::Next() {
  if (!has_begun_) Add(kind_);
  has_begun_ = true;
  while (text_.size() < limits::kChunkBytes && next_ < items_.size()) {
    Add(items_[next_++]);
  }
  if (text_.size() <= limits::kChunkBytes) {
    return Chunk::OfString(std::exchange(text_, std::string()));
  }
  std::string chunk = text_.substr(0, limits::kChunkBytes);
  text_.erase(0, limits::kChunkBytes);
  return Chunk::OfString(std::move(chunk));
}

StoredText StoreText(BlobStore& store, absl::string_view kind,
                     const Items& items, MemoryBudget::Lease room) {
  DigestHasher hasher(DigestAlgorithm::kSha256);
  uint64_t size = 0;
  LineChunks text(kind, items);
  for (Chunk chunk = text.Next(); !chunk.empty(); chunk = text.Next()) {
    hasher.Update(chunk.bytes());
    size += chunk.size();
  }
  const Digest digest = hasher.Current();
  auto opened = store.Open(digest);
  absl::Status written = absl::OkStatus();
  if (!opened.ok()) {
    written = Write(store, digest, size, kind, items);
    if (written.ok()) opened = store.Open(digest);
  }
  if (opened.ok()) return {digest, size, *std::move(opened), absl::OkStatus()};
  return {digest, size, InMemory(kind, items, size, std::move(room)),
          written.ok() ? opened.status() : written};
}

// --- Reading ----------------------------------------------------------------

LineCursor::LineCursor(std::shared_ptr<const BlobReader> reader,
                       absl::string_view kind, size_t line_bytes_max)
    : reader_(std::move(reader)),
      kind_(kind),
      line_bytes_max_(line_bytes_max) {}

absl::Status LineCursor::Invalid(absl::string_view detail) const {
  return absl::DataLossError(
      absl::StrCat("a stored list of ", kind_, " ", detail));
}

absl::Status LineCursor::Start() {
  has_started_ = true;
  GoTo(0);
  ASSIGN_OR_RETURN(const bool has_kind, NextLine());
  if (!has_kind || line_ != kind_) return Invalid("is something else");
  return absl::OkStatus();
}

void LineCursor::GoTo(uint64_t offset) {
  rest_ = absl::string_view();
  next_chunk_ = offset;
}

absl::StatusOr<bool> LineCursor::NextLine() {
  crossing_.clear();
  for (;;) {
    if (rest_.empty()) {
      if (next_chunk_ >= reader_->size()) {
        if (crossing_.empty()) return false;
        return Invalid("breaks off");
      }
      ASSIGN_OR_RETURN(chunk_, reader_->ReadChunk(next_chunk_));
      next_chunk_ += chunk_.size();
      rest_ = chunk_.bytes();
    }
    const size_t end = rest_.find('\n');
    const absl::string_view part = rest_.substr(0, end);
    if (crossing_.size() + part.size() > line_bytes_max_) {
      return Invalid("has a line that is too long");
    }
    if (end == absl::string_view::npos) {
      crossing_.append(part.data(), part.size());
      rest_ = absl::string_view();
      continue;
    }
    rest_.remove_prefix(end + 1);
    line_ = part;
    if (!crossing_.empty()) {
      crossing_.append(part.data(), part.size());
      line_ = crossing_;
    }
    return true;
  }
}

absl::StatusOr<bool> LineCursor::Next() {
  if (std::exchange(has_pending_, false)) return true;
  if (!has_started_) RETURN_IF_ERROR(Start());
  return NextLine();
}

absl::StatusOr<bool> LineCursor::BeginsUpTo(
    uint64_t chunk, absl::string_view last,
    bool (*precedes)(absl::string_view, absl::string_view)) {
  GoTo(chunk * limits::kChunkBytes);
  // The end of an item that began before; it may be empty or have begun here.
  ASSIGN_OR_RETURN(const bool has_end, NextLine());
  if (!has_end) return false;
  ASSIGN_OR_RETURN(const bool has_item, NextLine());
  return has_item && !precedes(last, line_);
}

absl::Status LineCursor::SeekAfter(absl::string_view last,
                                   bool (*precedes)(absl::string_view,
                                                    absl::string_view)) {
  RETURN_IF_ERROR(Start());
  // The item is after the first one that begins in `from`, and not after the
  // first one that begins in `to`.
  uint64_t from = 0;
  uint64_t to =
      (reader_->size() + limits::kChunkBytes - 1) / limits::kChunkBytes;
  while (to - from > 1) {
    const uint64_t middle = from + (to - from) / 2;
    ASSIGN_OR_RETURN(const bool is_up_to, BeginsUpTo(middle, last, precedes));
    (is_up_to ? from : to) = middle;
  }
  if (from == 0) {
    RETURN_IF_ERROR(Start());
  } else {
    GoTo(from * limits::kChunkBytes);
    RETURN_IF_ERROR(NextLine().status());
  }
  for (;;) {
    ASSIGN_OR_RETURN(const bool has_item, NextLine());
    if (!has_item) return absl::OkStatus();
    if (precedes(last, line_)) break;
  }
  has_pending_ = true;
  return absl::OkStatus();
}

}  // namespace cvr
