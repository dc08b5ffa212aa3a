#ifndef SERVICES_BLOB_ENGINE_SINGLE_FLIGHT_H_
#define SERVICES_BLOB_ENGINE_SINGLE_FLIGHT_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/mutex.h"
#include "services/common/thread.h"

namespace cvr {

// Work that is done once for all who want it at the same time. It belongs to
// nobody: it runs on the pool and ends even when all of them have left.
// `Value` is cheap to copy. Thread-safe. The pool must be shut down before this
// object is destroyed.
template <typename Value>
class SingleFlight {
 public:
  using Work = absl::AnyInvocable<absl::StatusOr<Value>()>;

  struct Outcome {
    absl::StatusOr<Value> value;
    // This caller's `work` was run, not that of one who came before.
    bool led = false;
  };

  explicit SingleFlight(ThreadPool& pool) : pool_(pool) {}

  // Waits for what `work`, or the work that is in flight for `key`, answers.
  // Errors of its own: DEADLINE_EXCEEDED; UNAVAILABLE when the pool takes no
  // more work.
  Outcome Do(const std::string& key, absl::Time deadline, Work work) {
    bool led = false;
    const auto flight = Join(key, led);
    if (led &&
        !pool_.Schedule([this, key, flight, work = std::move(work)]() mutable {
          Land(key, *flight, work());
        })) {
      Land(key, *flight, absl::UnavailableError("too many requests at once"));
    }
    MutexLock lock(&mutex_);
    while (!flight->landed) {
      if (flight->changed.WaitWithDeadline(&mutex_, deadline) &&
          !flight->landed) {
        return {absl::DeadlineExceededError("no answer in time"), led};
      }
    }
    return {flight->value, led};
  }

 private:
  // Guarded by mutex_; a shared pointer, since waiters outlast the map's entry.
  struct Flight {
    CondVar changed;
    bool landed = false;
    absl::StatusOr<Value> value;
  };

  std::shared_ptr<Flight> Join(const std::string& key, bool& led) {
    MutexLock lock(&mutex_);
    auto& flight = flights_[key];
    led = flight == nullptr;
    if (led) flight = std::make_shared<Flight>();
    return flight;
  }

  void Land(const std::string& key, Flight& flight,
            absl::StatusOr<Value> value) {
    MutexLock lock(&mutex_);
    flight.value = std::move(value);
    flight.landed = true;
    flights_.erase(key);
    flight.changed.SignalAll();
  }

  ThreadPool& pool_;

  Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Flight>> flights_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_SINGLE_FLIGHT_H_
