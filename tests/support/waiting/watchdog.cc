#include "tests/support/waiting/watchdog.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "services/concurrency/clock.h"
#include "tests/support/waiting/thread_stacks.h"

namespace cvr::testing {
namespace {

constexpr absl::Duration kPatienceDefault = absl::Minutes(2);
// For the stacks, before Bazel ends the test.
constexpr absl::Duration kSpareMin = absl::Seconds(10);
// How often it is looked, in one patience, whether the process computes.
constexpr int kLooks = 8;

absl::Time Now() { return Clock::Real().SteadyNow(); }

// Of a watch, whose thread may need the stacks at once.
absl::Time Begin() {
  PrepareThreadStacks();
  return Now();
}

absl::Duration Computed() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

std::optional<absl::Duration> SecondsOf(const char* text) {
  int seconds = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &seconds) || seconds <= 0) {
    return std::nullopt;
  }
  return absl::Seconds(seconds);
}

}  // namespace

Watchdog::Watchdog(const Options& options)
    : options_(options),
      began_(Begin()),
      since_(began_),
      looked_(began_),
      computed_(Computed()),
      thread_("watchdog", [this] { Watch(); }) {}

Watchdog::~Watchdog() {
  MutexLock lock(&mutex_);
  done_ = true;
  changed_.SignalAll();
}

void Watchdog::Doing(std::string what) {
  MutexLock lock(&mutex_);
  doing_ = std::move(what);
  since_ = Now();
  changed_.SignalAll();
}

std::optional<Watchdog::Options> Watchdog::FromEnvironment(
    const std::function<const char*(const char*)>& variable) {
  const auto timeout = SecondsOf(variable("TEST_TIMEOUT"));
  const auto patience = SecondsOf(variable("CVR_WATCHDOG_SECONDS"));
  if (!timeout && !patience) return std::nullopt;
  Options options;
  options.is_cpu_progress = true;
  options.patience = patience.value_or(kPatienceDefault);
  if (timeout) options.total = *timeout - std::max(kSpareMin, *timeout / 20);
  return options;
}

void Watchdog::Watch() {
  MutexLock lock(&mutex_);
  while (!done_) {
    const absl::Time now = Now();
    if (options_.is_cpu_progress && HasComputed(now)) since_ = now;
    if (now >= began_ + options_.total) End(now - began_, doing_);
    if (now >= since_ + options_.patience) End(now - since_, doing_);
    absl::Duration pause =
        std::min(began_ + options_.total, since_ + options_.patience) - now;
    if (options_.is_cpu_progress) {
      pause = std::min(pause, options_.patience / kLooks);
    }
    changed_.WaitWithTimeout(&mutex_, pause);
  }
}

bool Watchdog::HasComputed(absl::Time now) {
  const absl::Duration computed = Computed();
  const bool has = computed - computed_ > (now - looked_) / 100;
  computed_ = computed;
  looked_ = now;
  return has;
}

void Watchdog::End(absl::Duration waited, const std::string& what) const {
  std::cerr << "hangs for " << absl::Trunc(waited, absl::Milliseconds(1))
            << ": " << what << std::endl;
  PrintThreadStacks(STDERR_FILENO);
  std::abort();
}

}  // namespace cvr::testing
