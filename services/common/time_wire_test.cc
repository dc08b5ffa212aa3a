#include "services/common/time_wire.h"

#include <cstdint>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(TimeWireTest, TimesComeBack) {
  struct Case {
    absl::Time time;
    int64_t seconds;
    int32_t nanos;
  };
  for (const Case& one : {
           Case{absl::UnixEpoch(), 0, 0},
           Case{absl::FromUnixSeconds(1'700'000'000), 1'700'000'000, 0},
           Case{absl::FromUnixNanos(1'500'000'001), 1, 500'000'001},
           // Before 1970 the nanoseconds still count forwards.
           Case{absl::FromUnixMillis(-500), -1, 500'000'000},
       }) {
    const auto message = ToWire(one.time);
    EXPECT_EQ(message.seconds(), one.seconds);
    EXPECT_EQ(message.nanos(), one.nanos);
    EXPECT_EQ(FromWire(message), one.time);
  }
}

// Half a second once arrived as none at all.
TEST(TimeWireTest, DurationsComeBack) {
  struct Case {
    absl::Duration duration;
    int64_t seconds;
    int32_t nanos;
  };
  for (const Case& one : {
           Case{absl::ZeroDuration(), 0, 0},
           Case{absl::Milliseconds(500), 0, 500'000'000},
           Case{absl::Hours(24 * 365), 31'536'000, 0},
           Case{absl::Seconds(3) + absl::Nanoseconds(1), 3, 1},
           // Both parts have the sign.
           Case{absl::Milliseconds(-1500), -1, -500'000'000},
       }) {
    const auto message = ToWire(one.duration);
    EXPECT_EQ(message.seconds(), one.seconds);
    EXPECT_EQ(message.nanos(), one.nanos);
    EXPECT_EQ(FromWire(message), one.duration);
  }
}

}  // namespace
}  // namespace cvr
