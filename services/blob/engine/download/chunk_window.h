#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_CHUNK_WINDOW_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_CHUNK_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "services/blob/engine/download/window_budget.h"
#include "services/common/chunk.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// The newest chunks of one download, by their number in the blob, and the
// memory that they may take: a window of its own bound, within a budget that
// all downloads share. Two chunks are always allowed, since the receiver and
// the stages cannot work at the same time with less. Not thread-safe.
class ChunkWindow {
 public:
  struct Options {
    size_t bytes_max = 0;  // Counts as at least two chunks.
    // What more than two chunks is taken from; null = without limit.
    WindowBudget* budget = nullptr;
    // Whose share of the budget it is.
    ShareKey share = {};
  };

  explicit ChunkWindow(Options options);
  // Returns what was taken from the budget.
  ~ChunkWindow();
  ChunkWindow(const ChunkWindow&) = delete;
  ChunkWindow& operator=(const ChunkWindow&) = delete;

  // Whether Push() has to wait for PopFront(). Otherwise what the next chunk
  // needs is taken from the budget, so ask before each Push().
  [[nodiscard]] bool IsFull();

  // As the chunk after the last one.
  void Push(Chunk chunk);
  // Drops the oldest, of which there is one. Its part of the budget is kept for
  // the next.
  void PopFront();

  // Drops all chunks and returns the budget. Their numbers stay taken: begin()
  // does not change.
  void Clear();
  // The same; the next chunk is number `begin`.
  void Reset(uint64_t begin);

  // The number of the oldest chunk, or of the next one if there is none.
  uint64_t begin() const { return begin_; }
  // Null when it is not in the window. Valid until the next change.
  const Chunk* Find(uint64_t number) const;

 private:
  const size_t chunks_max_;
  WindowBudget* const budget_;
  const ShareKey share_;

  std::deque<Chunk> chunks_;
  uint64_t begin_ = 0;
  size_t taken_ = 0;  // From the budget.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_CHUNK_WINDOW_H_
