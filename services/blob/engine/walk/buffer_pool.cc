#include "services/blob/engine/walk/buffer_pool.h"

#include <utility>
#include <vector>

#include "services/common/limits.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// The idle buffers. Owned by the pool and by every buffer in use.
class BufferPool::Shelf {
 public:
  explicit Shelf(size_t count_max) : count_max_(count_max) {}

  std::unique_ptr<char[]> Take() {
    MutexLock lock(&mutex_);
    ++in_use_;
    if (buffers_.empty()) return nullptr;
    auto buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
  }

  void Return(std::unique_ptr<char[]> buffer) {
    MutexLock lock(&mutex_);
    --in_use_;
    if (buffers_.size() < count_max_) buffers_.push_back(std::move(buffer));
  }

  size_t count() const {
    MutexLock lock(&mutex_);
    return buffers_.size();
  }

  size_t in_use() const {
    MutexLock lock(&mutex_);
    return in_use_;
  }

 private:
  const size_t count_max_;
  mutable Mutex mutex_;
  size_t in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<char[]>> buffers_ ABSL_GUARDED_BY(mutex_);
};

BufferPool::BufferPool(size_t idle_bytes_max)
    : shelf_(std::make_shared<Shelf>(idle_bytes_max / limits::kChunkBytes)) {}

BufferPool::~BufferPool() = default;

std::shared_ptr<char> BufferPool::Acquire() {
  auto buffer = shelf_->Take();
  // Not make_unique: that would write every byte.
  if (buffer == nullptr) buffer.reset(new char[limits::kChunkBytes]);
  return std::shared_ptr<char>(buffer.release(), [shelf = shelf_](char* data) {
    shelf->Return(std::unique_ptr<char[]>(data));
  });
}

size_t BufferPool::idle_count() const { return shelf_->count(); }

size_t BufferPool::in_use_count() const { return shelf_->in_use(); }

}  // namespace cvr
