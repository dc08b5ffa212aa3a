#ifndef TESTS_SUPPORT_WAITING_EVENTUALLY_H_
#define TESTS_SUPPORT_WAITING_EVENTUALLY_H_

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/concurrency/clock.h"

namespace cvr::testing {

// The deadline of a wait for something that happens by itself: far longer than
// that takes on a busy machine, and shorter than the 60 seconds of a small
// test, so that the test says what it waited for before Bazel ends it.
inline constexpr absl::Duration kEventuallyMax = absl::Seconds(40);

// Polls `condition`, which must be cheap to call often, until it is true:
//
//   EXPECT_TRUE(Eventually([&] { return pool.thread_count() == 0; },
//                          "the idle threads end"));
//
// A failure says how long the test has waited, and for what: `event`, as a
// clause. It is the last resort: whoever can be told of the event (Gate, Latch)
// waits for that instead. `condition` is called at least twice, and runs on the
// caller's thread.
[[nodiscard]] inline ::testing::AssertionResult Eventually(
    absl::FunctionRef<bool()> condition, absl::Duration timeout,
    absl::string_view event) {
  constexpr absl::Duration kIntervalMax = absl::Milliseconds(20);
  const SteadyDeadline deadline(timeout);
  absl::Duration interval = absl::Milliseconds(1);
  while (!condition()) {
    // Asked before the last look, which may be long after the one before.
    const bool is_last = deadline.has_passed();
    absl::SleepFor(interval);
    interval = std::min(2 * interval, kIntervalMax);
    if (!is_last) continue;
    if (condition()) break;
    return ::testing::AssertionFailure()
           << "waited " << absl::FormatDuration(timeout) << " until " << event;
  }
  return ::testing::AssertionSuccess();
}

[[nodiscard]] inline ::testing::AssertionResult Eventually(
    absl::FunctionRef<bool()> condition, absl::string_view event) {
  return Eventually(condition, kEventuallyMax, event);
}

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_WAITING_EVENTUALLY_H_
