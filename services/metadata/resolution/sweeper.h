#ifndef SERVICES_METADATA_RESOLUTION_SWEEPER_H_
#define SERVICES_METADATA_RESOLUTION_SWEEPER_H_

#include <cstdint>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/tables/link_tables.h"

namespace cvr {

// Deletes what a change has marked as deleted, in transactions of bounded size,
// so that others write in between: the links of revoked manifests and the rows
// of upstreams that were deleted or purged. Nothing of it is served since the
// mark was written, so it does not matter when this is done, only that it is:
// the marks are rows, and what a crash interrupts goes on at the next start.
// Thread-safe.
class Sweeper {
 public:
  // `store` must outlive it.
  explicit Sweeper(MetadataStore& store);
  // Waits for the transaction in work.
  ~Sweeper() = default;
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  // Sweeps on a thread of its own from now on: what an earlier process has
  // left, and then whenever it is woken. Call at most once.
  void Start() { thread_.Start(absl::ZeroDuration()); }
  // There is something to sweep. Does not wait.
  void Wake() { thread_.Wake(); }
  // Begins nothing more. Does not wait. Idempotent.
  void Stop() { thread_.Stop(); }

  // Deletes all that is marked now, on this thread, in at most
  // `transactions_max` transactions; the rest is left to the background thread.
  // Errors: those of tables.h.
  absl::Status Sweep(int transactions_max = std::numeric_limits<int>::max());

  // The links of one manifest alone, on this thread. Fine when it is not
  // marked.
  absl::Status Unlink(const tables::ContentKey& manifest);
  // The rows of one deleted upstream, likewise. What cannot be deleted now is
  // deleted later.
  void Remove(int64_t upstream_id);

  // From Claim() to Release() the rows of a purged upstream are left to an
  // operation, which deletes them itself; what it has left by then is swept. An
  // operation that has ended has no claim. Both are idempotent.
  void Claim(int64_t upstream_id, int64_t operation_id);
  void Release(int64_t upstream_id);

 private:
  absl::Status Unlink(const tables::ContentKey& manifest,
                      int& transactions_left);
  absl::Status DeleteRows(int64_t upstream_id, int& transactions_left);
  // The upstreams whose claims hold.
  absl::StatusOr<absl::flat_hash_set<int64_t>> Claimed(
      const ReadTransaction& transaction);
  // Returns the delay until the next run.
  absl::Duration Run();

  MetadataStore& store_;

  Mutex mutex_;
  // The operation by upstream.
  absl::flat_hash_map<int64_t, int64_t> claims_ ABSL_GUARDED_BY(mutex_);

  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_SWEEPER_H_
