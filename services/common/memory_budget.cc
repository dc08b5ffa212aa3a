#include "services/common/memory_budget.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/clock.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

// Documents are short-lived.
constexpr absl::Duration kRetryAfter = absl::Seconds(5);

}  // namespace

struct MemoryBudget::Held {
  Held(MemoryBudget& budget, int64_t owner, size_t bytes)
      : budget(budget), owner(owner), bytes(bytes) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { budget.GiveBack(owner, bytes); }

  MemoryBudget& budget;
  const int64_t owner;
  const size_t bytes;
};

absl::StatusOr<MemoryBudget::Lease> MemoryBudget::Take(int64_t owner,
                                                       size_t bytes) {
  bytes = std::min(bytes, options_.bytes_per_owner_max);
  const SteadyDeadline deadline(options_.wait_max);
  MutexLock lock(&mutex_);
  while (!Fits(owner, bytes)) {
    const bool is_late = freed_.WaitWithTimeout(&mutex_, deadline.left());
    if (is_late && !Fits(owner, bytes)) {
      return WithRetryAfter(
          absl::ResourceExhaustedError(absl::StrCat(
              "no room in memory for a document of ", bytes, " bytes")),
          kRetryAfter);
    }
  }
  in_use_ += bytes;
  by_owner_[owner] += bytes;
  return std::make_shared<const Held>(*this, owner, bytes);
}

size_t MemoryBudget::bytes_in_use() const {
  MutexLock lock(&mutex_);
  return in_use_;
}

bool MemoryBudget::Fits(int64_t owner, size_t bytes) const {
  const auto it = by_owner_.find(owner);
  const size_t owned = it == by_owner_.end() ? 0 : it->second;
  // Large things leave room for small ones, whosever they are.
  const size_t bytes_max = bytes > options_.bytes_max / 8
                               ? options_.bytes_max - options_.bytes_max / 4
                               : options_.bytes_max;
  return in_use_ + bytes <= bytes_max &&
         owned + bytes <= options_.bytes_per_owner_max;
}

void MemoryBudget::GiveBack(int64_t owner, size_t bytes) {
  MutexLock lock(&mutex_);
  in_use_ -= bytes;
  const auto it = by_owner_.find(owner);
  it->second -= bytes;
  if (it->second == 0) by_owner_.erase(it);
  freed_.SignalAll();
}

}  // namespace cvr
