#ifndef SERVICES_PROCESS_QUIET_LOG_H_
#define SERVICES_PROCESS_QUIET_LOG_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Warnings about what others do, who may do it a thousand times a second: each
// is written at once, and then not again before a minute has passed, with the
// number of those in between. Thread-safe.
class QuietLog {
 public:
  // `clock` must outlive it.
  explicit QuietLog(const Clock& clock = Clock::Real()) : clock_(clock) {}

  // Writes `line`, unless it was written for the same `cause` in the last
  // minute. Of causes, 64 are told apart; the others count as one.
  void Warn(absl::string_view cause, absl::string_view line);

 private:
  struct Cause {
    absl::Time written_at = absl::InfinitePast();
    size_t left_out = 0;
  };

  const Clock& clock_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, Cause> causes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_PROCESS_QUIET_LOG_H_
