#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_DETOUR_QUEUE_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_DETOUR_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <utility>

#include "services/common/chunk.h"

namespace cvr {

// What is sent to one reader of a BlobFeed beside the feed, until the feed has
// got to where that reader is. Ends from either side: the sender has no more,
// or the reader needs no more. Not thread-safe, but for left().
class DetourQueue {
 public:
  // Enough to keep its upstream busy.
  static constexpr size_t kChunksMax = 4;

  // The first chunk begins at byte `offset` of the blob.
  explicit DetourQueue(uint64_t offset) : offset_(offset) {}

  // --- The sender -----------------------------------------------------------

  bool IsFull() const { return chunks_.size() >= kChunksMax; }
  // What follows the chunk before. The queue is neither full nor left.
  void Push(Chunk chunk) { chunks_.push_back(std::move(chunk)); }
  // There are no more.
  void End() { ended_ = true; }

  // --- The reader -----------------------------------------------------------

  // Where the chunk begins that is taken next.
  uint64_t offset() const { return offset_; }
  // The next chunk, for a reader that is at `offset`. Nothing when it is not
  // there yet, and when it never will be: see HasNothingAt().
  std::optional<Chunk> Take(uint64_t offset) {
    if (chunks_.empty() || offset_ != offset) return std::nullopt;
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    offset_ += chunk.size();
    return chunk;
  }
  // Whether no chunk for a reader at `offset` is here or will come: the sender
  // has ended, or the reader has gone elsewhere.
  bool HasNothingAt(uint64_t offset) const {
    return offset_ != offset || (chunks_.empty() && ended_);
  }

  // The reader needs no more: drops what there is and stops the sender.
  void Leave() {
    is_left_ = true;
    chunks_.clear();
    StopSender();
  }
  bool is_left() const { return is_left_; }

  // Ends the sender's request; what there is may still be taken.
  void StopSender() { left_.request_stop(); }
  // Says when the sender is to end. From any thread.
  std::stop_token left() const { return left_.get_token(); }

 private:
  uint64_t offset_;  // Of the first of `chunks_`.
  std::deque<Chunk> chunks_;
  bool ended_ = false;
  bool is_left_ = false;
  // What it calls only wakes, and takes no lock of a feed.
  std::stop_source left_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_DETOUR_QUEUE_H_
