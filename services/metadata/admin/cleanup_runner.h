#ifndef SERVICES_METADATA_ADMIN_CLEANUP_RUNNER_H_
#define SERVICES_METADATA_ADMIN_CLEANUP_RUNNER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/any.pb.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"

namespace cvr {

// Whether the policy deletes an entry at that time: it was last pulled, or made
// if it never was, longer ago than the policy keeps.
bool IsTooOld(const stored::CacheEntry& entry,
              const stored::CleanupPolicyResource& policy, absl::Time now);

// Runs cleanup policies when they are due or asked for. It is the only one who
// does, so a run that goes on when it looks was left over by a crash: it goes
// on with that run. DESIGN.md, "Cleanup". Thread-safe.
class CleanupRunner {
 public:
  // The tables whose changes may make a run due.
  static constexpr Table kTables[] = {Table::kCleanupPolicies};

  struct Options {
    absl::Duration check_interval = absl::Minutes(1);
  };

  // All must outlive it. Does nothing before Start().
  CleanupRunner(MetadataStore& store, PullCounter& pulls, const Clock& clock,
                const Options& options);
  // Stops, and waits for the batch at hand.
  ~CleanupRunner() = default;
  CleanupRunner(const CleanupRunner&) = delete;
  CleanupRunner& operator=(const CleanupRunner&) = delete;

  // From now on a thread of its own runs what is due: at once, at every
  // interval, and when woken. To be called once.
  void Start();

  // Makes a run return after its current batch; the rest stays due. Final.
  void Stop() { thread_.Stop(); }

  // Runs what is due, one group after the other; waits for a run that is in
  // progress. A policy that fails has the error in its own row and does not
  // delay others. Errors: those of MetadataStore when what is due or the
  // outcome of a run cannot be read or written; it stays due then.
  absl::Status RunDue();

  // Runs the policy of the operation's group, enabled or not, and returns its
  // CleanupRun; waits for a run that is in progress. Called again with the same
  // operation it goes on with its run, or returns it. Errors: why the run
  // failed, CANCELLED when the operation was cancelled; NOT_FOUND when the
  // group was deleted meanwhile.
  absl::StatusOr<google::protobuf::Any> RunFor(OperationRun& operation);

  // Told of changes of kTables, on the thread of the write: makes the runner's
  // thread look now. The runner's own writes do not, since nothing is due by
  // them; otherwise a run whose outcome cannot be written would be repeated
  // without a pause. Returns whether the thread looks.
  bool NotePolicyChange();

 private:
  // One run at work.
  struct Work {
    std::string group;
    absl::Time now;           // Entries that are too old by then go.
    OperationRun* operation;  // Null = none.
  };

  // The groups whose policy is due.
  absl::StatusOr<std::vector<std::string>> DueGroups() const;
  // Does one run to its end, and returns whether it could; a run that fails
  // could.
  absl::Status Run(const Work& work) ABSL_EXCLUSIVE_LOCKS_REQUIRED(run_mutex_);
  // False when the policy is not due any more.
  absl::StatusOr<bool> Begin(const Work& work);
  // Drops what is too old, as long as the policy runs. Errors besides those of
  // the store: CANCELLED.
  absl::Status DropOld(const Work& work);
  // The ids of an upstream's entries that look too old.
  absl::StatusOr<std::vector<int64_t>> OldEntries(const Work& work,
                                                  int64_t upstream_id) const;
  // Drops those of `ids` that are too old, in one transaction. False when the
  // policy does not run any more.
  absl::StatusOr<bool> DropBatch(const Work& work,
                                 const std::vector<int64_t>& ids);
  absl::Status End(const Work& work, const absl::Status& outcome);
  bool IsStopping(const Work& work) const;

  MetadataStore& store_;
  PullCounter& pulls_;
  const Clock& clock_;
  const Options options_;

  Mutex run_mutex_;  // Held for a whole RunDue().

  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_CLEANUP_RUNNER_H_
