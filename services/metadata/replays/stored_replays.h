#ifndef SERVICES_METADATA_REPLAYS_STORED_REPLAYS_H_
#define SERVICES_METADATA_REPLAYS_STORED_REPLAYS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/access/request_replays.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// RequestReplays in the store, sealed. An answer that the transaction of the
// change comes to (AnswerSink) is stored in that transaction. Where a method
// comes to its answer otherwise, it is stored right after: should the process
// die in between, a repetition makes the change again. Thread-safe.
class StoredReplays : public RequestReplays {
 public:
  struct Options {
    absl::Duration keep = absl::Hours(24);
    // Answers of one access token: a caller cannot fill the disk.
    int64_t per_caller_max = 10'000;
    absl::Duration sweep_interval = absl::Minutes(10);
  };

  // All must outlive it.
  StoredReplays(MetadataStore& store, const SecretBox& box, const Clock& clock,
                const Options& options);
  StoredReplays(MetadataStore& store, const SecretBox& box, const Clock& clock)
      : StoredReplays(store, box, clock, Options{}) {}
  ~StoredReplays() override = default;

  // Removes old answers in the background from now on. Call at most once.
  void Start() { thread_.Start(absl::ZeroDuration()); }
  void Stop() { thread_.Stop(); }

  absl::StatusOr<std::unique_ptr<Claim>> Begin(
      const RepeatableRequest& request, absl::Time deadline,
      google::protobuf::Message& answer) override;

  // Removes what is older than `keep`, in transactions of bounded size. Errors:
  // those of tables.h.
  absl::Status Sweep();

 private:
  class StoredClaim;

  // Enters the request among those at work. Errors: ABORTED.
  absl::Status Enter(const std::string& key, absl::Time deadline);
  void Leave(const std::string& key);
  // Whether there is an answer, which is put into `answer`.
  absl::StatusOr<bool> FindAnswer(const RepeatableRequest& request,
                                  google::protobuf::Message& answer) const;
  // Errors: RESOURCE_EXHAUSTED.
  absl::Status CheckCount(int64_t token_id) const;
  bool IsOld(absl::Time create_time) const;

  MetadataStore& store_;
  const SecretBox& box_;
  const Clock& clock_;
  const Options options_;

  Mutex mutex_;
  CondVar left_;
  // Encoded keys.
  absl::flat_hash_set<std::string> at_work_ ABSL_GUARDED_BY(mutex_);

  PeriodicThread thread_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_REPLAYS_STORED_REPLAYS_H_
