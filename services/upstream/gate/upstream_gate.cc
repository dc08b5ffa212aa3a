#include "services/upstream/gate/upstream_gate.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/upstream/http/rate_fields.h"

namespace cvr {
namespace {

// After waiting in vain: what is under way may take long.
constexpr absl::Duration kBusyRetryAfter = absl::Seconds(5);

absl::Status Busy(const UpstreamAccess& access, absl::string_view detail) {
  return WithRetryAfter(errors::UpstreamUnavailable(access.name, detail),
                        kBusyRetryAfter);
}

}  // namespace

// Tells the gate when the answer begins, and its own errors from the client's.
class UpstreamGate::WatchedSink : public UpstreamBlobSink {
 public:
  WatchedSink(UpstreamGate& gate, const AdmittedRequest& admitted,
              UpstreamBlobSink& sink)
      : gate_(gate), admitted_(admitted), sink_(sink) {}

  absl::Status OnHeader(const UpstreamBlobHeader& header) override {
    gate_.OnAnswered(admitted_);
    return Noted(sink_.OnHeader(header));
  }
  absl::Status OnBytes(absl::string_view bytes) override {
    return Noted(sink_.OnBytes(bytes));
  }
  std::stop_token cancel() const override { return sink_.cancel(); }

  // Whether the receiver has ended the transfer.
  bool had_enough() const { return had_enough_; }

 private:
  absl::Status Noted(absl::Status status) {
    if (!status.ok()) had_enough_ = true;
    return status;
  }

  UpstreamGate& gate_;
  const AdmittedRequest& admitted_;
  UpstreamBlobSink& sink_;
  bool had_enough_ = false;
};

UpstreamGate::UpstreamGate(MakeClient make_client, Options options,
                           const Clock* clock)
    : options_(std::move(options)),
      clock_(clock),
      client_(make_client(this)),
      on_stop_(options_.stop, [this] { WakeAll(); }) {}

absl::StatusOr<UpstreamManifest> UpstreamGate::GetManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  return AskQuickly<UpstreamManifest>(access, [&] {
    return client_->GetManifest(access, repository, reference);
  });
}

absl::StatusOr<Descriptor> UpstreamGate::HeadManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  return AskQuickly<Descriptor>(access, [&] {
    return client_->HeadManifest(access, repository, reference);
  });
}

absl::StatusOr<UpstreamList> UpstreamGate::ListTags(
    const UpstreamAccess& access, const Repository& repository) {
  return AskQuickly<UpstreamList>(
      access, [&] { return client_->ListTags(access, repository); });
}

absl::StatusOr<UpstreamList> UpstreamGate::ListReferrers(
    const UpstreamAccess& access, const Repository& repository,
    const Digest& subject) {
  return AskQuickly<UpstreamList>(access, [&] {
    return client_->ListReferrers(access, repository, subject);
  });
}

absl::Status UpstreamGate::GetBlob(const UpstreamAccess& access,
                                   const Repository& repository,
                                   const Digest& digest,
                                   const UpstreamBlobPart& part,
                                   UpstreamBlobSink& sink) {
  ASSIGN_OR_RETURN(const AdmittedRequest admitted,
                   Enter(access, Traffic::kBlob, sink.cancel()));
  WatchedSink watched(*this, admitted, sink);
  absl::Status status =
      client_->GetBlob(access, repository, digest, part, watched);
  Leave(admitted, watched.had_enough() ? absl::OkStatus() : status);
  return status;
}

template <typename T>
absl::StatusOr<T> UpstreamGate::AskQuickly(
    const UpstreamAccess& access, absl::FunctionRef<absl::StatusOr<T>()> ask) {
  ASSIGN_OR_RETURN(const AdmittedRequest admitted,
                   Enter(access, Traffic::kQuick));
  absl::StatusOr<T> answer = ask();
  Leave(admitted, answer.status());
  return answer;
}

absl::StatusOr<UpstreamGate::AdmittedRequest> UpstreamGate::Enter(
    const UpstreamAccess& access, Traffic traffic,
    const std::stop_token& cancel) {
  const std::stop_callback wake(cancel, [this] { WakeAll(); });
  MutexLock lock(&mutex_);
  UpstreamAdmission& admission = AdmissionOf(access, clock_->SteadyNow());
  RETURN_IF_ERROR(admission.Refusal(traffic, clock_->SteadyNow()));
  const ConcurrencyLimiter::Handle handle =
      admission.limiter().Acquire(traffic);
  if (const absl::Status status =
          AwaitPermit(admission, access, traffic, handle, cancel);
      !status.ok()) {
    admission.limiter().Release(handle);
    return status;
  }
  return AdmittedRequest{&admission, traffic, handle, admission.Begin()};
}

absl::Status UpstreamGate::AwaitPermit(UpstreamAdmission& admission,
                                       const UpstreamAccess& access,
                                       Traffic traffic,
                                       ConcurrencyLimiter::Handle handle,
                                       const std::stop_token& cancel) {
  if (handle->is_granted) return absl::OkStatus();
  if (admission.limiter().waiting() > options_.waiting_max) {
    return Busy(access, "its request queue is full");
  }
  const SteadyDeadline deadline(options_.wait_max);
  bool is_late = false;
  while (!handle->is_granted && !is_late) {
    if (cancel.stop_requested()) {
      return absl::CancelledError("nobody waits for the answer any more");
    }
    if (options_.stop.stop_requested()) {
      return WithReason(absl::UnavailableError("the process is stopping"),
                        Reason::kShuttingDown);
    }
    is_late =
        handle->granted_or_woken.WaitWithTimeout(&mutex_, deadline.left());
    // Things may have changed for the worse meanwhile.
    RETURN_IF_ERROR(admission.Refusal(traffic, clock_->SteadyNow()));
  }
  if (handle->is_granted) return absl::OkStatus();
  return Busy(access, absl::StrCat("no free request slot within ",
                                   absl::FormatDuration(options_.wait_max)));
}

// Lets all who wait look again at what they wait for.
void UpstreamGate::WakeAll() {
  MutexLock lock(&mutex_);
  for (const auto& [id, admission] : admissions_) {
    admission->limiter().WakeAll();
  }
}

void UpstreamGate::OnAnswered(const AdmittedRequest& admitted) {
  MutexLock lock(&mutex_);
  admitted.admission->OnAnswered(admitted.ticket);
}

void UpstreamGate::Leave(const AdmittedRequest& admitted,
                         const absl::Status& outcome) {
  MutexLock lock(&mutex_);
  admitted.admission->OnOutcome(admitted.ticket, admitted.traffic, outcome,
                                clock_->SteadyNow());
  admitted.admission->limiter().Release(admitted.handle);
}

void UpstreamGate::OnAnswer(int64_t upstream_id, const HttpHead& head) {
  const auto rate = ParseRateFields(head.fields);
  if (!rate) return;
  MutexLock lock(&mutex_);
  const auto admission = admissions_.find(upstream_id);
  if (admission != admissions_.end()) {
    admission->second->OnRate(*rate, clock_->SteadyNow());
  }
}

bool UpstreamGate::IsSavingBudget(int64_t upstream_id, int reserve_percent) {
  MutexLock lock(&mutex_);
  const auto admission = admissions_.find(upstream_id);
  return admission != admissions_.end() &&
         admission->second->IsSavingBudget(reserve_percent,
                                           clock_->SteadyNow());
}

std::vector<UpstreamState> UpstreamGate::States() const {
  std::vector<UpstreamState> states;
  MutexLock lock(&mutex_);
  for (const auto& [id, admission] : admissions_) {
    states.push_back(admission->StateAt(clock_->SteadyNow()));
  }
  return states;
}

UpstreamAdmission& UpstreamGate::AdmissionOf(const UpstreamAccess& access,
                                             absl::Time now) {
  if (now >= forgets_at_) Forget(now);
  std::unique_ptr<UpstreamAdmission>& admission = admissions_[access.id];
  if (admission == nullptr) admission = std::make_unique<UpstreamAdmission>();
  admission->Visit(access, now);
  return *admission;
}

void UpstreamGate::Forget(absl::Time now) {
  for (auto it = admissions_.begin(); it != admissions_.end();) {
    const UpstreamAdmission& admission = *it->second;
    const bool is_gone = !admission.is_busy() &&
                         now - admission.visited_at() > options_.forget_after;
    it = is_gone ? admissions_.erase(it) : std::next(it);
  }
  forgets_at_ = now + options_.forget_after / 8;
}

}  // namespace cvr
