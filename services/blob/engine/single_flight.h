#ifndef SERVICES_BLOB_ENGINE_SINGLE_FLIGHT_H_
#define SERVICES_BLOB_ENGINE_SINGLE_FLIGHT_H_

#include <memory>
#include <optional>
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
 private:
  struct Flight;

 public:
  using Work = absl::AnyInvocable<absl::StatusOr<Value>()>;

  // A place among those who want one flight's answer, which it keeps. Cheap to
  // copy; good for this object only.
  class Ticket {
   public:
    // This caller's `work` is what runs, not that of one who came before.
    bool led() const { return led_; }

   private:
    friend class SingleFlight;
    std::shared_ptr<Flight> flight_;
    bool led_ = false;
  };

  struct Outcome {
    absl::StatusOr<Value> value;
    bool led = false;  // As Ticket::led().
  };

  explicit SingleFlight(ThreadPool& pool) : pool_(pool) {}

  // Joins the flight for `key`, or starts one with `work`. When the pool takes
  // no more work, the flight answers UNAVAILABLE at once.
  Ticket Begin(const std::string& key, Work work) {
    const Ticket ticket = Enter(key);
    if (ticket.led() && !pool_.Schedule([this, key, flight = ticket.flight_,
                                         work = std::move(work)]() mutable {
          Land(key, *flight, work());
        })) {
      Land(key, *ticket.flight_,
           absl::UnavailableError("too many requests at once"));
    }
    return ticket;
  }

  // Joins the flight for `key`. Nothing when there is none.
  std::optional<Ticket> Join(const std::string& key) {
    MutexLock lock(&mutex_);
    const auto it = flights_.find(key);
    if (it == flights_.end()) return std::nullopt;
    Ticket ticket;
    ticket.flight_ = it->second;
    return ticket;
  }

  // Blocks until there is an answer, or `until`. Whether there is.
  bool AwaitLanding(const Ticket& ticket, absl::Time until) {
    MutexLock lock(&mutex_);
    Flight& flight = *ticket.flight_;
    while (!flight.landed) {
      if (flight.changed.WaitWithDeadline(&mutex_, until)) break;
    }
    return flight.landed;
  }

  // Waits for what the flight answers. Errors of its own: DEADLINE_EXCEEDED.
  absl::StatusOr<Value> Wait(const Ticket& ticket, absl::Time deadline) {
    if (!AwaitLanding(ticket, deadline)) {
      return absl::DeadlineExceededError("no answer in time");
    }
    MutexLock lock(&mutex_);
    return ticket.flight_->value;
  }

  // Begin() and Wait() at once.
  Outcome Do(const std::string& key, absl::Time deadline, Work work) {
    const Ticket ticket = Begin(key, std::move(work));
    return {Wait(ticket, deadline), ticket.led()};
  }

 private:
  // Guarded by mutex_; a shared pointer, since waiters outlast the map's entry.
  struct Flight {
    CondVar changed;
    bool landed = false;
    absl::StatusOr<Value> value;
  };

  Ticket Enter(const std::string& key) {
    MutexLock lock(&mutex_);
    auto& flight = flights_[key];
    Ticket ticket;
    ticket.led_ = flight == nullptr;
    if (ticket.led_) flight = std::make_shared<Flight>();
    ticket.flight_ = flight;
    return ticket;
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
