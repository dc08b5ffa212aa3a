#ifndef TESTS_SUPPORT_WAITING_WATCHDOG_H_
#define TESTS_SUPPORT_WAITING_WATCHDOG_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"

namespace cvr::testing {

// For tests of what must not hang: ends the process with a message that says
// what was being done, and with the stacks of all threads, when that takes too
// long. Otherwise Bazel ends it, and nobody knows where it was. Thread-safe.
class Watchdog {
 public:
  struct Options {
    // From one Doing() to the next.
    absl::Duration patience = absl::InfiniteDuration();
    // From the beginning.
    absl::Duration total = absl::InfiniteDuration();
    // Whether a process that computes is not seen to hang: `patience` counts
    // only while it uses less than a hundredth of a processor.
    bool is_cpu_progress = false;
  };

  explicit Watchdog(const Options& options);
  explicit Watchdog(absl::Duration patience)
      : Watchdog(Options{.patience = patience}) {}
  ~Watchdog();

  // Begins anew to be patient.
  void Doing(std::string what);

  // For a whole test program: shortly before the time-out that Bazel has told,
  // or when no test has begun for two minutes, or CVR_WATCHDOG_SECONDS, in
  // which the program computed nothing. None where neither is in the
  // environment, as under a debugger. `variable` is std::getenv().
  static std::optional<Options> FromEnvironment(
      const std::function<const char*(const char*)>& variable);

 private:
  void Watch();
  // Whether the process has computed since the last call.
  bool HasComputed(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[noreturn]] void End(absl::Duration waited, const std::string& what) const;

  const Options options_;
  const absl::Time began_;
  Mutex mutex_;
  CondVar changed_;
  std::string doing_ ABSL_GUARDED_BY(mutex_) = "starting";
  absl::Time since_ ABSL_GUARDED_BY(mutex_);
  absl::Time looked_ ABSL_GUARDED_BY(mutex_);
  absl::Duration computed_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_WAITING_WATCHDOG_H_
