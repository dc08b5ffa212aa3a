#include "services/upstream/gate/circuit_breaker.h"

#include "gtest/gtest.h"

namespace cvr {
namespace {

using Circuit = UpstreamState::Circuit;

class CircuitBreakerTest : public ::testing::Test {
 protected:
  void Fail() { breaker_.OnFailure(breaker_.Begin(), rules_, now_); }
  void Open() {
    for (int i = 0; i < rules_.failures_to_open; ++i) Fail();
  }
  Circuit State() const { return breaker_.StateAt(now_); }

  const CircuitBreaker::Rules rules_ = {3, absl::Seconds(30)};
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
  CircuitBreaker breaker_;
};

TEST_F(CircuitBreakerTest, FailuresInARowOpenIt) {
  Fail();
  Fail();
  EXPECT_EQ(State(), Circuit::kClosed);
  EXPECT_TRUE(breaker_.Admits(now_));
  Fail();
  EXPECT_EQ(State(), Circuit::kOpen);
  EXPECT_FALSE(breaker_.Admits(now_));
  EXPECT_EQ(breaker_.open_until(), now_ + absl::Seconds(30));
  EXPECT_EQ(breaker_.failure_count(), 3);
}

TEST_F(CircuitBreakerTest, SuccessBetweenFailuresStartsTheRowAnew) {
  for (int i = 0; i < 10; ++i) {
    Fail();
    Fail();
    breaker_.OnSuccess(breaker_.Begin());
  }
  EXPECT_EQ(State(), Circuit::kClosed);
  EXPECT_EQ(breaker_.failure_count(), 0);
}

TEST_F(CircuitBreakerTest, OneProbeAtATimeWhenTheTimeIsOver) {
  Open();
  now_ += absl::Seconds(29);
  EXPECT_FALSE(breaker_.Admits(now_));
  now_ += absl::Seconds(1);
  EXPECT_EQ(State(), Circuit::kHalfOpen);
  ASSERT_TRUE(breaker_.Admits(now_));
  const auto probe = breaker_.Begin();
  EXPECT_FALSE(breaker_.Admits(now_));
  now_ += absl::Hours(1);
  EXPECT_FALSE(breaker_.Admits(now_));
  breaker_.OnSuccess(probe);
  EXPECT_EQ(State(), Circuit::kClosed);
  EXPECT_TRUE(breaker_.Admits(now_));
  EXPECT_EQ(breaker_.failure_count(), 0);
  EXPECT_LT(breaker_.open_until(), now_);
}

TEST_F(CircuitBreakerTest, EachFailedProbeDoublesTheTimeUpToTenfold) {
  Open();
  for (const int factor : {2, 4, 8, 10, 10}) {
    now_ = breaker_.open_until();
    ASSERT_TRUE(breaker_.Admits(now_));
    Fail();
    EXPECT_EQ(breaker_.open_until(), now_ + absl::Seconds(30) * factor);
  }
  // Success forgets that.
  now_ = breaker_.open_until();
  breaker_.OnSuccess(breaker_.Begin());
  Open();
  EXPECT_EQ(breaker_.open_until(), now_ + absl::Seconds(30));
}

TEST_F(CircuitBreakerTest, AnAnswerEndsAProbeButNotTheRow) {
  Fail();
  const auto answered = breaker_.Begin();
  breaker_.OnAnswered(answered);
  breaker_.OnFailure(answered, rules_, now_);
  EXPECT_EQ(breaker_.failure_count(), 2);
  Fail();
  ASSERT_EQ(State(), Circuit::kOpen);
  now_ = breaker_.open_until();
  const auto probe = breaker_.Begin();
  breaker_.OnAnswered(probe);
  EXPECT_EQ(State(), Circuit::kClosed);
  breaker_.OnFailure(probe, rules_, now_);
  EXPECT_EQ(breaker_.failure_count(), 1);
}

TEST_F(CircuitBreakerTest, WhatBeganBeforeItOpenedDecidesNothing) {
  const auto early = breaker_.Begin();
  const auto other = breaker_.Begin();
  Open();
  const absl::Time until = breaker_.open_until();
  breaker_.OnSuccess(early);
  EXPECT_EQ(State(), Circuit::kOpen);
  now_ = until;
  const auto probe = breaker_.Begin();
  breaker_.OnFailure(other, rules_, now_);
  EXPECT_FALSE(breaker_.Admits(now_)) << "the probe is still running";
  EXPECT_EQ(breaker_.open_until(), until);
  breaker_.OnSuccess(probe);
  EXPECT_EQ(State(), Circuit::kClosed);
}

TEST_F(CircuitBreakerTest, LateFailureCountsOnceItIsClosedAgain) {
  const auto early = breaker_.Begin();
  Open();
  now_ = breaker_.open_until();
  breaker_.OnSuccess(breaker_.Begin());
  breaker_.OnFailure(early, rules_, now_);
  EXPECT_EQ(breaker_.failure_count(), 1);
  EXPECT_EQ(State(), Circuit::kClosed);
}

TEST_F(CircuitBreakerTest, ResetForgetsAlsoWhatIsUnderWay) {
  const auto early = breaker_.Begin();
  Open();
  breaker_.Reset();
  EXPECT_EQ(State(), Circuit::kClosed);
  breaker_.OnFailure(early, rules_, now_);
  EXPECT_EQ(breaker_.failure_count(), 0);
  Fail();
  EXPECT_EQ(breaker_.failure_count(), 1);
}

}  // namespace
}  // namespace cvr
