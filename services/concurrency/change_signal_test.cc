#include "services/concurrency/change_signal.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "services/concurrency/thread.h"

namespace cvr {
namespace {

constexpr auto kNever = [] { return false; };

TEST(ChangeSignalTest, AChangeIsNotMissed) {
  ChangeSignal signal;
  const uint64_t seen = signal.version();
  // Before the wait.
  signal.Notify();
  signal.Await(seen, SteadyDeadline(absl::InfiniteDuration()), kNever);
  EXPECT_NE(signal.version(), seen);
  // During it.
  const uint64_t next = signal.version();
  Thread notifier("notifier", [&] { signal.Notify(); });
  signal.Await(next, SteadyDeadline(absl::InfiniteDuration()), kNever);
  EXPECT_NE(signal.version(), next);
}

TEST(ChangeSignalTest, WaitsEnd) {
  ChangeSignal signal;
  const uint64_t seen = signal.version();
  signal.Await(seen, SteadyDeadline(absl::ZeroDuration()), kNever);
  signal.Await(seen, SteadyDeadline(absl::InfiniteDuration()),
               [] { return true; });
  EXPECT_EQ(signal.version(), seen);
  EXPECT_FALSE(signal.stopped());
  Thread stopper("stopper", [&] { signal.Stop(); });
  signal.Await(seen, SteadyDeadline(absl::InfiniteDuration()), kNever);
  EXPECT_TRUE(signal.stopped());
}

}  // namespace
}  // namespace cvr
