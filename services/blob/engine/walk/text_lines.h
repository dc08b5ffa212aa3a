#ifndef SERVICES_BLOB_ENGINE_WALK_TEXT_LINES_H_
#define SERVICES_BLOB_ENGINE_WALK_TEXT_LINES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/blob/store/blob_store.h"
#include "services/common/chunk.h"
#include "services/common/digest.h"
#include "services/concurrency/memory_budget.h"

namespace cvr {

// Lists as text, the form in which they are stored: a first line that names the
// kind of list, then one line for each item. They are blobs like any other, and
// are read chunk by chunk, never as a whole.
//
//   text = kind LF *(item LF)

// --- Writing ----------------------------------------------------------------

// The text of a list, cut into chunks of limits::kChunkBytes. Makes one at a
// time. `items` must outlive it.
class LineChunks {
 public:
  LineChunks(absl::string_view kind,
             const std::vector<absl::string_view>& items)
      : kind_(kind), items_(items) {}

  // Empty after the last.
  Chunk Next();

 private:
  void Add(absl::string_view line);

  const absl::string_view kind_;
  const std::vector<absl::string_view>& items_;
  bool has_begun_ = false;
  size_t next_ = 0;
  std::string text_;  // At least a chunk, unless the items have ended.
};

struct StoredText {
  Digest digest;
  uint64_t size_bytes = 0;
  std::shared_ptr<const BlobReader> reader;
  // Why it is in memory instead of in the store.
  absl::Status not_stored;
};

// Stores the text. When that fails it is kept in memory, which `room` counts.
StoredText StoreText(BlobStore& store, absl::string_view kind,
                     const std::vector<absl::string_view>& items,
                     MemoryBudget::Lease room);

// --- Reading ----------------------------------------------------------------

// Goes through the items of a text. Holds one chunk, and a line that crosses
// into the next one. Errors: DATA_LOSS for damage, and for what is no text of
// that kind or has a line beyond `line_bytes_max`. Not thread-safe.
class LineCursor {
 public:
  LineCursor(std::shared_ptr<const BlobReader> reader, absl::string_view kind,
             size_t line_bytes_max);

  // To the first item that comes after `last`, of items that are sorted by
  // `precedes`: by halving, so a few chunks are read. Before the first Next().
  absl::Status SeekAfter(absl::string_view last,
                         bool (*precedes)(absl::string_view,
                                          absl::string_view));

  // To the next item. False after the last.
  absl::StatusOr<bool> Next();

  // Where Next() has gone to; valid until it is called again.
  absl::string_view item() const { return line_; }

 private:
  absl::Status Start();
  // To the byte at `offset`.
  void GoTo(uint64_t offset);
  // As Next(), of lines.
  absl::StatusOr<bool> NextLine();
  absl::Status Invalid(absl::string_view detail) const;
  // Whether the first item that begins in or after that chunk is there and
  // does not come after `last`.
  absl::StatusOr<bool> BeginsUpTo(uint64_t chunk, absl::string_view last,
                                  bool (*precedes)(absl::string_view,
                                                   absl::string_view));

  const std::shared_ptr<const BlobReader> reader_;
  const std::string kind_;
  const size_t line_bytes_max_;
  bool has_started_ = false;
  bool has_pending_ = false;  // The next item is `line_` already.
  uint64_t next_chunk_ = 0;   // The byte after `chunk_`.
  Chunk chunk_;
  absl::string_view rest_;  // Of `chunk_`.
  std::string crossing_;
  absl::string_view line_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_TEXT_LINES_H_
