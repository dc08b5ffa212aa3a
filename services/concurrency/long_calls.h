#ifndef SERVICES_CONCURRENCY_LONG_CALLS_H_
#define SERVICES_CONCURRENCY_LONG_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/errors.h"
#include "services/concurrency/keyed_counts.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Bounds calls that each keep one of a server's threads for long, such as waits
// and watches: of all callers, and of one, so that none locks out the others.
// Thread-safe. Must outlive what Enter() returns.
class LongCalls {
 public:
  struct Options {
    size_t total = 64;
    size_t per_caller = 16;
  };

  // A place, until this is destroyed.
  class Place {
   public:
    Place(LongCalls& calls, int64_t caller) : calls_(&calls), caller_(caller) {}
    ~Place() {
      if (calls_ != nullptr) calls_->Leave(caller_);
    }
    Place(Place&& other) noexcept
        : calls_(std::exchange(other.calls_, nullptr)),
          caller_(other.caller_) {}
    Place& operator=(Place&&) = delete;

   private:
    LongCalls* calls_;
    const int64_t caller_;
  };

  // `what` names the calls in error messages: "WatchResources".
  LongCalls(const Options& options, const char* what)
      : options_(options), what_(what) {}

  // `caller` is the id of an access token. Errors: RESOURCE_EXHAUSTED (reason
  // OVERLOADED) with RetryInfo.
  absl::StatusOr<Place> Enter(int64_t caller) {
    MutexLock lock(&mutex_);
    if (total_ >= options_.total ||
        CountOf(by_caller_, caller) >= options_.per_caller) {
      return WithRetryAfter(
          WithReason(absl::ResourceExhaustedError(
                         absl::StrCat("too many concurrent ", what_, " calls")),
                     Reason::kOverloaded),
          absl::Seconds(1));
    }
    ++total_;
    ++by_caller_[caller];
    return absl::StatusOr<Place>(absl::in_place, *this, caller);
  }

 private:
  void Leave(int64_t caller) {
    MutexLock lock(&mutex_);
    --total_;
    ReduceCount(by_caller_, caller);
  }

  const Options options_;
  const char* const what_;

  Mutex mutex_;
  size_t total_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<int64_t, size_t> by_caller_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_LONG_CALLS_H_
