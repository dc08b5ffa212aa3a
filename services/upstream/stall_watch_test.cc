#include "services/upstream/stall_watch.h"

#include "gmock/gmock.h"

namespace cvr {
namespace {

const absl::Time kStart = absl::UnixEpoch();

TEST(StallWatchTest, NoticesAWindowWithTooFewBytes) {
  StallWatch watch(absl::Seconds(30), 30, kStart);
  EXPECT_FALSE(watch.IsStalled(kStart + absl::Seconds(29)));
  watch.OnBytes(29, absl::ZeroDuration());
  EXPECT_TRUE(watch.IsStalled(kStart + absl::Seconds(30)));
}

TEST(StallWatchTest, EveryWindowCounts) {
  StallWatch watch(absl::Seconds(30), 30, kStart);
  watch.OnBytes(1000000, absl::ZeroDuration());
  EXPECT_FALSE(watch.IsStalled(kStart + absl::Seconds(30)));
  EXPECT_FALSE(watch.IsStalled(kStart + absl::Seconds(59)));
  EXPECT_TRUE(watch.IsStalled(kStart + absl::Seconds(60)));
}

TEST(StallWatchTest, TheReceiversTimeDoesNotCount) {
  StallWatch watch(absl::Seconds(30), 30, kStart);
  watch.OnBytes(1, absl::Seconds(100));
  EXPECT_FALSE(watch.IsStalled(kStart + absl::Seconds(129)));
  EXPECT_TRUE(watch.IsStalled(kStart + absl::Seconds(130)));
}

}  // namespace
}  // namespace cvr
