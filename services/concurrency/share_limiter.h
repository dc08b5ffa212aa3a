#ifndef SERVICES_CONCURRENCY_SHARE_LIMITER_H_
#define SERVICES_CONCURRENCY_SHARE_LIMITER_H_

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// Limits how many callers do something that blocks at the same time, with a
// share for each upstream and tenant (see ShareLedger), so that a slow upstream
// does not block the work for others. Callers beyond the limit are refused;
// use FairPool if they should wait. Thread-safe. Must outlive what Enter()
// returns.
class ShareLimiter {
 public:
  // The permission to run, until this is destroyed.
  class Permit {
   public:
    Permit(ShareLimiter& limiter, ShareKey key)
        : limiter_(&limiter), key_(std::move(key)) {}
    ~Permit() {
      if (limiter_ != nullptr) limiter_->Leave(key_);
    }
    Permit(Permit&& other) noexcept
        : limiter_(std::exchange(other.limiter_, nullptr)),
          key_(std::move(other.key_)) {}
    Permit& operator=(Permit&&) = delete;

   private:
    ShareLimiter* limiter_;
    const ShareKey key_;
  };

  // `what` names the work in error messages: "tests of upstreams".
  ShareLimiter(size_t places, const char* what)
      : what_(what), held_({.total = places}) {}

  // Errors: those of ShareRefusal().
  absl::StatusOr<Permit> Enter(const ShareKey& key) {
    MutexLock lock(&mutex_);
    const ShareLedger::Verdict verdict = held_.Judge(key);
    if (verdict != ShareLedger::Verdict::kAdmitted) {
      return ShareRefusal(verdict, key, what_);
    }
    held_.Take(key);
    return absl::StatusOr<Permit>(absl::in_place, *this, key);
  }

 private:
  void Leave(const ShareKey& key) {
    MutexLock lock(&mutex_);
    held_.Return(key);
  }

  const char* const what_;
  Mutex mutex_;
  ShareLedger held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_SHARE_LIMITER_H_
