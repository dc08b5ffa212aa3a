#ifndef SERVICES_UPSTREAM_AUTH_AUTHORIZATION_CACHE_H_
#define SERVICES_UPSTREAM_AUTH_AUTHORIZATION_CACHE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// A value for the Authorization header and how long to use it. Secret.
struct Authorization {
  std::string value;
  absl::Time use_until;
  // Nobody's credentials were shown for it, though there were some.
  bool is_anonymous = false;
};

// Values that opened something, by what they open. Thread-safe.
class AuthorizationCache {
 public:
  using Fetch = absl::FunctionRef<absl::StatusOr<Authorization>()>;

  // `clock` must outlive it. Holds at most `entries_max`; what would not be
  // used for the longest time is dropped first.
  AuthorizationCache(const Clock* clock, size_t entries_max)
      : clock_(clock), entries_max_(entries_max) {}

  // Empty when there is none in its time.
  std::string Find(const std::string& key) const;

  // Whether that is what is held, and it is_anonymous.
  bool IsAnonymous(const std::string& key, const std::string& value) const;

  // Drops `rejected`, unless another value has taken its place.
  void Forget(const std::string& key, const std::string& rejected);

  // Another value than `rejected`: one that somebody has put there since, or
  // what `fetch` brings. One fetch serves all who wait for the key, its error
  // too, unless that is CANCELLED: then another's is tried. No lock is held
  // meanwhile. `cancel` ends the wait for another's fetch with CANCELLED.
  absl::StatusOr<std::string> Renew(const std::string& key,
                                    const std::string& rejected, Fetch fetch,
                                    const std::stop_token& cancel = {});

 private:
  struct Flight {
    bool done = false;
    absl::StatusOr<Authorization> result = absl::UnknownError("in flight");
  };

  struct Turn {
    std::shared_ptr<Flight> flight;
    bool is_leader = false;
  };

  // Joins a fetch, or is to begin one.
  Turn TakeTurn(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Land(const std::string& key, Flight& flight,
            absl::StatusOr<Authorization> result);
  void Put(const std::string& key, const Authorization& authorization)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock* const clock_;
  const size_t entries_max_;

  mutable Mutex mutex_;
  CondVar landed_;
  std::map<std::string, Authorization> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Flight>> flights_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_AUTH_AUTHORIZATION_CACHE_H_
