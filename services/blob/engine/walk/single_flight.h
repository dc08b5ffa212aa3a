#ifndef SERVICES_BLOB_ENGINE_WALK_SINGLE_FLIGHT_H_
#define SERVICES_BLOB_ENGINE_WALK_SINGLE_FLIGHT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/fair_pool.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// How long somebody waits: until a time of the steady clock, or until he has
// left.
struct Patience {
  absl::Time deadline = absl::InfiniteFuture();
  std::stop_token cancel = {};

  absl::Duration left() const { return deadline - Clock::Real().SteadyNow(); }
};

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

  // Answers are remembered for so long, for those who asked before they came.
  static constexpr absl::Duration kMemory = absl::Seconds(5);
  // And so many of them at most; beyond that all are forgotten.
  static constexpr size_t kRememberedMax = 4096;

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

  // What is left of an answer while it is remembered: answers may hold on to
  // bytes, but memory must not. Nothing = it is not remembered.
  using Reduce = std::function<std::optional<Value>(const Value&)>;

  explicit SingleFlight(FairPool& pool, Reduce reduce = nullptr)
      : pool_(pool), reduce_(std::move(reduce)) {}

  // Joins the flight for `key`, or starts one with `work`, for which `share`
  // gives a thread. When the pool refuses that, the flight answers its error at
  // once. An answer that came
  // after `asked_at` counts as one to this question, too, unless it was an
  // error.
  Ticket Begin(const std::string& key, const ShareKey& share, Work work,
               absl::Time asked_at = absl::InfiniteFuture());

  // Joins the flight for `key`. Nothing when there is none.
  std::optional<Ticket> Join(const std::string& key);

  // Blocks until there is an answer, or patience ends. Whether there is.
  bool AwaitLanding(const Ticket& ticket, const Patience& patience);

  // Waits for what the flight answers. Errors of its own: DEADLINE_EXCEEDED;
  // CANCELLED.
  absl::StatusOr<Value> Wait(const Ticket& ticket, const Patience& patience);

  // Begin() and Wait() at once.
  Outcome Do(const std::string& key, const ShareKey& share,
             const Patience& patience, Work work) {
    const Ticket ticket = Begin(key, share, std::move(work));
    return {Wait(ticket, patience), ticket.led()};
  }

 private:
  // Guarded by mutex_; a shared pointer, since waiters outlast the map's entry.
  struct Flight {
    CondVar changed;
    bool landed = false;
    absl::Time landed_at;
    absl::StatusOr<Value> value;
  };
  using Flights = absl::flat_hash_map<std::string, std::shared_ptr<Flight>>;

  Ticket Enter(const std::string& key, absl::Time asked_at);
  void Land(const std::string& key, Flight& flight,
            absl::StatusOr<Value> value);
  void Remember(const std::string& key, const Flight& landed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  FairPool& pool_;
  const Reduce reduce_;  // Or null.

  Mutex mutex_;
  Flights flights_ ABSL_GUARDED_BY(mutex_);
  Flights remembered_ ABSL_GUARDED_BY(mutex_);
  absl::Time forgets_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

template <typename Value>
auto SingleFlight<Value>::Begin(const std::string& key, const ShareKey& share,
                                Work work, absl::Time asked_at) -> Ticket {
  const Ticket ticket = Enter(key, asked_at);
  if (!ticket.led()) return ticket;
  absl::Status refused = pool_.Schedule(
      share,
      [this, key, flight = ticket.flight_, work = std::move(work)]() mutable {
        Land(key, *flight, work());
      });
  if (!refused.ok()) Land(key, *ticket.flight_, std::move(refused));
  return ticket;
}

template <typename Value>
auto SingleFlight<Value>::Join(const std::string& key)
    -> std::optional<Ticket> {
  MutexLock lock(&mutex_);
  const auto it = flights_.find(key);
  if (it == flights_.end()) return std::nullopt;
  Ticket ticket;
  ticket.flight_ = it->second;
  return ticket;
}

template <typename Value>
bool SingleFlight<Value>::AwaitLanding(const Ticket& ticket,
                                       const Patience& patience) {
  Flight& flight = *ticket.flight_;
  const std::stop_callback wake(patience.cancel, [this, &flight] {
    MutexLock lock(&mutex_);
    flight.changed.SignalAll();
  });
  MutexLock lock(&mutex_);
  while (!flight.landed && !patience.cancel.stop_requested()) {
    if (flight.changed.WaitWithTimeout(&mutex_, patience.left())) break;
  }
  return flight.landed;
}

template <typename Value>
absl::StatusOr<Value> SingleFlight<Value>::Wait(const Ticket& ticket,
                                                const Patience& patience) {
  if (!AwaitLanding(ticket, patience)) {
    if (patience.cancel.stop_requested()) {
      return absl::CancelledError("nobody waits for the answer any more");
    }
    return absl::DeadlineExceededError(
        "timeout while waiting for the upstream");
  }
  MutexLock lock(&mutex_);
  return ticket.flight_->value;
}

template <typename Value>
auto SingleFlight<Value>::Enter(const std::string& key, absl::Time asked_at)
    -> Ticket {
  MutexLock lock(&mutex_);
  Ticket ticket;
  const auto known = remembered_.find(key);
  if (known != remembered_.end() && asked_at <= known->second->landed_at &&
      !flights_.contains(key)) {
    ticket.flight_ = known->second;
    return ticket;
  }
  auto& flight = flights_[key];
  ticket.led_ = flight == nullptr;
  if (ticket.led_) flight = std::make_shared<Flight>();
  ticket.flight_ = flight;
  return ticket;
}

template <typename Value>
void SingleFlight<Value>::Land(const std::string& key, Flight& flight,
                               absl::StatusOr<Value> value) {
  MutexLock lock(&mutex_);
  flight.value = std::move(value);
  flight.landed = true;
  flight.landed_at = Clock::Real().SteadyNow();
  flights_.erase(key);
  if (flight.value.ok()) Remember(key, flight);
  flight.changed.SignalAll();
}

template <typename Value>
void SingleFlight<Value>::Remember(const std::string& key,
                                   const Flight& landed) {
  std::optional<Value> reduced =
      reduce_ ? reduce_(*landed.value) : *landed.value;
  if (!reduced) return;
  const absl::Time now = landed.landed_at;
  if (now >= forgets_at_) {
    absl::erase_if(remembered_, [now](const auto& one) {
      return one.second->landed_at + kMemory <= now;
    });
    forgets_at_ = now + kMemory;
  }
  if (remembered_.size() >= kRememberedMax) remembered_.clear();
  auto kept = std::make_shared<Flight>();
  kept->landed = true;
  kept->landed_at = now;
  kept->value = *std::move(reduced);
  remembered_[key] = std::move(kept);
}

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_SINGLE_FLIGHT_H_
