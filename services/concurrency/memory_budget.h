#ifndef SERVICES_CONCURRENCY_MEMORY_BUDGET_H_
#define SERVICES_CONCURRENCY_MEMORY_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// Memory that is shared by those who hold things whose size others choose.
// No upstream and no tenant takes more of it than a share, so one who takes all
// he can leaves room for the others. It counts what is asked for and allocates
// nothing. Thread-safe; must outlive its leases.
class MemoryBudget {
 public:
  struct Options {
    size_t bytes_max = 0;
    size_t bytes_per_tenant_max = 0;    // At most bytes_max.
    size_t bytes_per_upstream_max = 0;  // At most bytes_per_tenant_max.
    // How long one waits for room.
    absl::Duration wait_max = absl::Seconds(10);
  };

  // Room that is taken as long as this lives. Whoever holds one must not wait
  // for another: two who do so wait for each other.
  using Lease = std::shared_ptr<const void>;

  explicit MemoryBudget(const Options& options) : options_(options) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Takes room for `bytes`, in the shares of `owner`; waits for it where there
  // is none, in which others are not held up. More than an upstream's share
  // counts as all of it. What takes more than an eighth of the whole leaves a
  // quarter of it free, so that large things leave room for small ones. Errors:
  // RESOURCE_EXHAUSTED, with a Retry-After, when there is none in time.
  absl::StatusOr<Lease> Take(const ShareKey& owner, size_t bytes);

  size_t bytes_in_use() const;

 private:
  struct Held;

  bool Fits(const ShareKey& owner, size_t bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const ShareKey& owner, size_t bytes);

  const Options options_;

  mutable Mutex mutex_;
  CondVar freed_;
  size_t in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  // Only those who have some.
  absl::flat_hash_map<int64_t, size_t> by_upstream_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> by_tenant_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_MEMORY_BUDGET_H_
