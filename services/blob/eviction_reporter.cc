#include "services/blob/eviction_reporter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "services/common/limits.h"
#include "services/concurrency/clock.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Nothing else wants the thread: as long as the service is away, it waits.
EvictionReporter::Options Patient(EvictionReporter::Options options) {
  options.retry.attempts_max = std::numeric_limits<int>::max();
  return options;
}

}  // namespace

EvictionReporter::EvictionReporter(ContentIndex& metadata,
                                   const Options& options)
    : metadata_(metadata),
      options_(Patient(options)),
      thread_(std::make_unique<Thread>("evictions", [this] { Run(); })) {}

EvictionReporter::~EvictionReporter() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  sleeper_.Stop();
  thread_.reset();
}

void EvictionReporter::Report(absl::Span<const Digest> digests) {
  MutexLock lock(&mutex_);
  const size_t room = options_.queued_digests_max - queue_.size();
  const auto kept = digests.subspan(0, std::min(room, digests.size()));
  queue_.insert(queue_.end(), kept.begin(), kept.end());
  unreported_ += digests.size() - kept.size();
  changed_.SignalAll();
}

void EvictionReporter::Run() {
  while (true) {
    const std::vector<Digest> batch = AwaitBatch();
    if (batch.empty()) return;
    const absl::Status status =
        RetryLoop(options_.retry, Idempotency::kIdempotent, sleeper_,
                  [&] { return Attempt{metadata_.ForgetContent(batch)}; });
    // An error that may pass comes out of the loop only when it was stopped.
    const bool go_on = status.ok() || !IsTransient(status);
    const size_t unreported = Finish(batch.size(), status.ok(), go_on);
    if (unreported == 0) continue;
    spdlog::warn(
        "{} evicted blobs were not reported to the metadata service (their "
        "cache entries become misses): {}",
        unreported, status.ok() ? "too many" : status.ToString());
  }
}

std::vector<Digest> EvictionReporter::AwaitBatch() {
  MutexLock lock(&mutex_);
  while (queue_.empty() && !stopping_) changed_.Wait(&mutex_);
  const SteadyDeadline deadline(options_.gather_interval);
  while (queue_.size() < limits::kForgottenDigestsMax && !stopping_) {
    if (changed_.WaitWithTimeout(&mutex_, deadline.left())) break;
  }
  const size_t size = std::min(queue_.size(), limits::kForgottenDigestsMax);
  return {queue_.begin(), queue_.begin() + size};
}

size_t EvictionReporter::Finish(size_t batch_size, bool sent, bool go_on) {
  MutexLock lock(&mutex_);
  if (!sent) unreported_ += batch_size;
  queue_.erase(queue_.begin(), queue_.begin() + batch_size);
  if (!go_on) {
    unreported_ += queue_.size();
    queue_.clear();
  }
  return std::exchange(unreported_, 0);
}

}  // namespace cvr
