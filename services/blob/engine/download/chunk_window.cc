#include "services/blob/engine/download/chunk_window.h"

#include <algorithm>
#include <utility>

#include "services/common/limits.h"

namespace cvr {
namespace {

// A window this small still lets the receiver and the stages work at the same
// time.
constexpr size_t kWindowChunksMin = 2;

}  // namespace

ChunkWindow::ChunkWindow(Options options)
    : chunks_max_(
          std::max(kWindowChunksMin, options.bytes_max / limits::kChunkBytes)),
      budget_(options.budget),
      share_(std::move(options.share)) {}

ChunkWindow::~ChunkWindow() { Clear(); }

bool ChunkWindow::IsFull() {
  if (chunks_.size() >= chunks_max_) return true;
  if (budget_ == nullptr || chunks_.size() < kWindowChunksMin + taken_) {
    return false;
  }
  if (!budget_->Take(share_)) return true;
  ++taken_;
  return false;
}

void ChunkWindow::Push(Chunk chunk) { chunks_.push_back(std::move(chunk)); }

void ChunkWindow::PopFront() {
  chunks_.pop_front();
  ++begin_;
}

void ChunkWindow::Clear() {
  chunks_.clear();
  if (budget_ != nullptr) budget_->Return(share_, std::exchange(taken_, 0));
}

void ChunkWindow::Reset(uint64_t begin) {
  Clear();
  begin_ = begin;
}

const Chunk* ChunkWindow::Find(uint64_t number) const {
  if (number < begin_ || number - begin_ >= chunks_.size()) return nullptr;
  return &chunks_[number - begin_];
}

}  // namespace cvr
