#ifndef SERVICES_UPSTREAM_GATE_UPSTREAM_GATE_H_
#define SERVICES_UPSTREAM_GATE_UPSTREAM_GATE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/api/upstream_health.h"
#include "services/upstream/gate/upstream_admission.h"
#include "services/upstream/http/answer_observer.h"

namespace cvr {

// Spares upstreams, and those who would wait for them in vain: an
// UpstreamClient in front of another one that, for each UpstreamAccess::id,
//
//   * opens a circuit after failures in a row: connect, DNS, TLS, timeout, 408,
//     5xx, a body that breaks off. Answers of any other kind show that it is
//     up, and errors of a sink say nothing of it. See CircuitBreaker;
//   * keeps to UpstreamLimits::concurrent_requests; others wait for their turn.
//     See ConcurrencyLimiter;
//   * keeps the pauses that the upstream asks for by Retry-After, at most an
//     hour: after 429 for such traffic as it answered (registries count
//     manifests and not blobs), after 5xx for all of it;
//   * keeps what it says of its rate limit.
//
// Errors besides the other client's, at once and with a Retry-After:
//   UNAVAILABLE         (UPSTREAM_UNAVAILABLE) the circuit is open or its probe
//                       under way, a pause after 5xx, no permit in time, or too
//                       many waiting
//   RESOURCE_EXHAUSTED  (UPSTREAM_RATE_LIMITED) a pause after 429
//
// An id with another URL, other credentials or other certificates is a new
// upstream. What nobody has asked for a day is forgotten. Thread-safe.
class UpstreamGate : public UpstreamClient,
                     public UpstreamHealth,
                     private AnswerObserver {
 public:
  struct Options {
    // For a permit.
    absl::Duration wait_max = absl::Seconds(30);
    // For each upstream.
    size_t waiting_max = 1024;
    absl::Duration forget_after = absl::Hours(24);
    // Ends every wait for a permit, now and later: the process stops.
    std::stop_token stop = {};
  };
  // Makes the client behind the gate; it tells the observer, which outlives it,
  // what upstreams say of their limits.
  using MakeClient =
      absl::FunctionRef<std::unique_ptr<UpstreamClient>(AnswerObserver*)>;

  // `clock` must outlive it. Waiting for a permit takes real time all the same.
  UpstreamGate(MakeClient make_client, Options options, const Clock* clock);

  absl::StatusOr<UpstreamManifest> GetManifest(
      const UpstreamAccess& access, const Repository& repository,
      const Reference& reference) override;
  absl::StatusOr<Descriptor> HeadManifest(const UpstreamAccess& access,
                                          const Repository& repository,
                                          const Reference& reference) override;
  absl::Status GetBlob(const UpstreamAccess& access,
                       const Repository& repository, const Digest& digest,
                       const UpstreamBlobPart& part,
                       UpstreamBlobSink& sink) override;
  absl::StatusOr<UpstreamList> ListTags(const UpstreamAccess& access,
                                        const Repository& repository) override;
  absl::StatusOr<UpstreamList> ListReferrers(const UpstreamAccess& access,
                                             const Repository& repository,
                                             const Digest& subject) override;

  bool IsSavingBudget(int64_t upstream_id, int reserve_percent) override;
  std::vector<UpstreamState> States() const override;

 private:
  class WatchedSink;
  // A request on its way.
  struct AdmittedRequest {
    UpstreamAdmission* admission;  // Not forgotten meanwhile.
    Traffic traffic;
    ConcurrencyLimiter::Handle handle;
    CircuitBreaker::Ticket ticket;
  };

  void OnAnswer(int64_t upstream_id, const HttpHead& head) override;

  // Waits for the turn of a request. A pass must be given back by Leave().
  absl::StatusOr<AdmittedRequest> Enter(const UpstreamAccess& access,
                                        Traffic traffic,
                                        const std::stop_token& cancel = {});
  absl::Status AwaitPermit(UpstreamAdmission& admission,
                           const UpstreamAccess& access, Traffic traffic,
                           ConcurrencyLimiter::Handle handle,
                           const std::stop_token& cancel)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnAnswered(const AdmittedRequest& admitted);
  void WakeAll();
  // `outcome`: see UpstreamAdmission::OnOutcome().
  void Leave(const AdmittedRequest& admitted, const absl::Status& outcome);
  template <typename T>
  absl::StatusOr<T> AskQuickly(const UpstreamAccess& access,
                               absl::FunctionRef<absl::StatusOr<T>()> ask);

  UpstreamAdmission& AdmissionOf(const UpstreamAccess& access, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const Clock* const clock_;

  mutable Mutex mutex_;
  // By id.
  std::map<int64_t, std::unique_ptr<UpstreamAdmission>> admissions_
      ABSL_GUARDED_BY(mutex_);
  absl::Time forgets_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();

  // Uses what is above; these two are last.
  const std::unique_ptr<UpstreamClient> client_;
  const std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_UPSTREAM_GATE_H_
