#include "services/upstream/gate/rate_meter.h"

#include "gtest/gtest.h"

namespace cvr {
namespace {

class RateMeterTest : public ::testing::Test {
 protected:
  void Tell(int64_t limit, int64_t remaining) {
    meter_.OnTold({limit, remaining, absl::Hours(6)}, now_);
  }
  int64_t Remaining() const { return meter_.At(now_)->remaining; }

  absl::Time now_ = absl::FromUnixSeconds(1700000000);
  RateMeter meter_;
};

TEST_F(RateMeterTest, SaysNothingUntilItWasTold) {
  EXPECT_FALSE(meter_.At(now_).has_value());
  EXPECT_FALSE(meter_.IsLow(100, now_));
}

TEST_F(RateMeterTest, RequestsComeBackEvenlyUpToTheLimit) {
  Tell(100, 20);
  EXPECT_EQ(Remaining(), 20);
  now_ += absl::Hours(3);
  EXPECT_EQ(Remaining(), 70);
  now_ += absl::Hours(3);
  EXPECT_EQ(Remaining(), 100);
  now_ += absl::Hours(24 * 365);
  EXPECT_EQ(Remaining(), 100);
}

TEST_F(RateMeterTest, WhatItIsToldReplacesTheEstimate) {
  Tell(100, 20);
  now_ += absl::Hours(3);
  Tell(200, 5);
  EXPECT_EQ(Remaining(), 5);
  EXPECT_EQ(meter_.At(now_)->limit, 200);
  EXPECT_EQ(meter_.At(now_)->observe_time, now_);
  // A clock that goes back takes nothing away.
  now_ -= absl::Hours(1);
  EXPECT_EQ(Remaining(), 5);
}

TEST_F(RateMeterTest, IsLowBelowItsReserve) {
  Tell(100, 10);
  EXPECT_FALSE(meter_.IsLow(10, now_));
  EXPECT_TRUE(meter_.IsLow(11, now_));
  EXPECT_FALSE(meter_.IsLow(0, now_));
  Tell(100, 9);
  EXPECT_TRUE(meter_.IsLow(10, now_));
  now_ += absl::Hours(6) / 100;
  EXPECT_FALSE(meter_.IsLow(10, now_));
  Tell(100, 100);
  EXPECT_TRUE(meter_.IsLow(100, now_));
  EXPECT_FALSE(meter_.IsLow(99, now_));
}

}  // namespace
}  // namespace cvr
