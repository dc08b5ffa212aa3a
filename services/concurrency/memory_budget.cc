#include "services/concurrency/memory_budget.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/keyed_counts.h"

namespace cvr {
namespace {

// Documents are short-lived.
constexpr absl::Duration kRetryAfter = absl::Seconds(5);

}  // namespace

struct MemoryBudget::Held {
  Held(MemoryBudget& budget, ShareKey owner, size_t bytes)
      : budget(budget), owner(std::move(owner)), bytes(bytes) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { budget.GiveBack(owner, bytes); }

  MemoryBudget& budget;
  const ShareKey owner;
  const size_t bytes;
};

absl::StatusOr<MemoryBudget::Lease> MemoryBudget::Take(const ShareKey& owner,
                                                       size_t bytes) {
  bytes = std::min(bytes, options_.bytes_per_upstream_max);
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
  if (owner.upstream_id != 0) by_upstream_[owner.upstream_id] += bytes;
  if (!owner.tenant.empty()) by_tenant_[owner.tenant] += bytes;
  return std::make_shared<const Held>(*this, owner, bytes);
}

size_t MemoryBudget::bytes_in_use() const {
  MutexLock lock(&mutex_);
  return in_use_;
}

bool MemoryBudget::Fits(const ShareKey& owner, size_t bytes) const {
  // Large things leave room for small ones, whosever they are.
  const size_t bytes_max = bytes > options_.bytes_max / 8
                               ? options_.bytes_max - options_.bytes_max / 4
                               : options_.bytes_max;
  return in_use_ + bytes <= bytes_max &&
         CountOf(by_upstream_, owner.upstream_id) + bytes <=
             options_.bytes_per_upstream_max &&
         CountOf(by_tenant_, owner.tenant) + bytes <=
             options_.bytes_per_tenant_max;
}

void MemoryBudget::GiveBack(const ShareKey& owner, size_t bytes) {
  MutexLock lock(&mutex_);
  in_use_ -= bytes;
  ReduceCount(by_upstream_, owner.upstream_id, bytes);
  ReduceCount(by_tenant_, owner.tenant, bytes);
  freed_.SignalAll();
}

}  // namespace cvr
