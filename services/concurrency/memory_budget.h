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

// Limits the memory for objects whose size an upstream or client chooses, such
// as manifests and lists. Each upstream and each tenant has a share of it, so
// that one that sends large objects cannot use up the memory of the others. It
// only counts reservations and allocates nothing. Thread-safe; must outlive its
// leases.
class MemoryBudget {
 public:
  struct Options {
    size_t bytes_max = 0;
    size_t bytes_per_tenant_max = 0;    // At most bytes_max.
    size_t bytes_per_upstream_max = 0;  // At most bytes_per_tenant_max.
    // How long Take() waits for memory.
    absl::Duration wait_max = absl::Seconds(10);
  };

  // A reservation, which ends when the lease is destroyed. A thread that holds
  // a lease must not wait for another one: two such threads could wait for each
  // other forever.
  using Lease = std::shared_ptr<const void>;

  explicit MemoryBudget(const Options& options) : options_(options) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Reserves `bytes` in the shares of `owner`, and waits until they are free; a
  // waiting caller does not block others. More bytes than an upstream's share
  // count as the whole share. A reservation of more than an eighth of the total
  // must leave a quarter of the total free, so that large objects leave room
  // for small ones. Errors: RESOURCE_EXHAUSTED, with a Retry-After, after
  // Options::wait_max.
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
  // Only owners with reservations.
  absl::flat_hash_map<int64_t, size_t> by_upstream_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> by_tenant_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_MEMORY_BUDGET_H_
