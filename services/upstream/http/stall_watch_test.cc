#include "services/upstream/http/stall_watch.h"

#include "gmock/gmock.h"

namespace cvr {
namespace {

const absl::Time kStart = absl::UnixEpoch();
constexpr absl::Duration kWindow = absl::Seconds(30);

absl::Time At(double seconds) { return kStart + absl::Seconds(seconds); }

TEST(StallWatchTest, NoticesAWindowWithTooFewBytes) {
  StallWatch watch(kWindow, 30, kStart);
  EXPECT_FALSE(watch.IsStalled(At(29)));
  watch.OnBytes(29, At(29), absl::ZeroDuration());
  EXPECT_TRUE(watch.IsStalled(At(30)));
}

TEST(StallWatchTest, EveryWindowCounts) {
  StallWatch watch(kWindow, 30, kStart);
  watch.OnBytes(1000000, At(1), absl::ZeroDuration());
  EXPECT_FALSE(watch.IsStalled(At(30)));
  watch.OnBytes(29, At(30), absl::ZeroDuration());
  EXPECT_TRUE(watch.IsStalled(At(60)));
}

// Once it took up to two: the window that a body stops in had enough bytes.
TEST(StallWatchTest, BodyThatStopsIsNoticedAfterOneWindow) {
  StallWatch watch(kWindow, 30, kStart);
  for (int second = 0; second <= 31; ++second) {
    watch.OnBytes(1000000, At(second), absl::ZeroDuration());
    EXPECT_FALSE(watch.IsStalled(At(second)));
  }
  EXPECT_FALSE(watch.IsStalled(At(31 + 29.9)));
  EXPECT_TRUE(watch.IsStalled(At(31 + 30)));
}

// A few bytes now and then do not pass for progress.
TEST(StallWatchTest, BodyThatTricklesIsNoticedAfterOneWindow) {
  StallWatch watch(kWindow, 30 * 1024, kStart);
  watch.OnBytes(100'000'000, At(40), absl::ZeroDuration());
  double noticed = 0;
  for (double second = 44; noticed == 0 && second < 100; second += 0.5) {
    if (static_cast<int>(second) % 4 == 0) {
      watch.OnBytes(8, At(second), absl::ZeroDuration());
    }
    if (watch.IsStalled(At(second))) noticed = second;
  }
  EXPECT_GE(noticed, 70);
  EXPECT_LE(noticed, 70 + 30.0 / 16 + 0.5);
}

TEST(StallWatchTest, SteadyRateAboveTheMinimumIsFine) {
  StallWatch watch(kWindow, 30 * 1024, kStart);
  for (int second = 1; second < 1000; ++second) {
    watch.OnBytes(1100, At(second), absl::ZeroDuration());
    ASSERT_FALSE(watch.IsStalled(At(second))) << second;
  }
}

TEST(StallWatchTest, TheReceiversTimeDoesNotCount) {
  StallWatch watch(kWindow, 30, kStart);
  watch.OnBytes(1, kStart, absl::Seconds(100));
  EXPECT_FALSE(watch.IsStalled(At(129)));
  EXPECT_TRUE(watch.IsStalled(At(130)));
}

TEST(StallWatchTest, WithoutAMinimumNothingIsStalled) {
  StallWatch watch(kWindow, 0, kStart);
  EXPECT_FALSE(watch.IsStalled(At(1000)));
}

}  // namespace
}  // namespace cvr
