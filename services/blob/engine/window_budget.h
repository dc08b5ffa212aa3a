#ifndef SERVICES_BLOB_ENGINE_WINDOW_BUDGET_H_
#define SERVICES_BLOB_ENGINE_WINDOW_BUDGET_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cvr {

// Memory that the windows of all downloads share, counted in chunks. The two
// that each window needs to make progress are not part of it. Thread-safe.
class WindowBudget {
 public:
  explicit WindowBudget(size_t chunks_max)
      : left_(static_cast<int64_t>(chunks_max)) {}

  // One chunk. False when all are given out.
  [[nodiscard]] bool Take() {
    if (left_.fetch_sub(1) > 0) return true;
    left_.fetch_add(1);
    return false;
  }
  void Return(size_t chunks) { left_.fetch_add(static_cast<int64_t>(chunks)); }

  int64_t left() const { return left_; }

 private:
  std::atomic<int64_t> left_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WINDOW_BUDGET_H_
