#ifndef SERVICES_BLOB_ENGINE_WALK_BUFFER_POOL_H_
#define SERVICES_BLOB_ENGINE_WALK_BUFFER_POOL_H_

#include <cstddef>
#include <memory>

namespace cvr {

// Buffers of limits::kChunkBytes that are used again and again: a fresh one
// costs page faults, and downloads need thousands a second. Thread-safe.
// Buffers may outlive the pool.
class BufferPool {
 public:
  // Keeps at most `idle_bytes_max` for the next ones who ask.
  explicit BufferPool(size_t idle_bytes_max);
  ~BufferPool();

  // Contents are whatever they were. Comes back by itself when the last owner
  // lets go.
  std::shared_ptr<char> Acquire();

  size_t idle_count() const;
  size_t in_use_count() const;

 private:
  class Shelf;
  const std::shared_ptr<Shelf> shelf_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_BUFFER_POOL_H_
