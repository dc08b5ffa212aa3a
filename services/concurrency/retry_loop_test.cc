#include "services/concurrency/retry_loop.h"

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeSleeper : public Sleeper {
 public:
  bool Sleep(absl::Duration duration) override {
    slept.push_back(duration);
    return !stopped;
  }
  std::vector<absl::Duration> slept;
  bool stopped = false;
};

class RetryLoopTest : public ::testing::Test {
 protected:
  // Runs the loop over these outcomes; the last repeats.
  absl::Status Run(std::vector<Attempt> outcomes,
                   Idempotency idempotency = Idempotency::kIdempotent) {
    return RetryLoop(policy_, idempotency, sleeper_, [&] {
      const size_t i = std::min<size_t>(attempts_++, outcomes.size() - 1);
      return outcomes[i];
    });
  }

  const absl::Status broken_ = errors::UpstreamUnavailable("r.test", "reset");
  RetryPolicy policy_{.attempts_max = 3,
                      .delay_min = absl::Seconds(1),
                      .delay_max = absl::Seconds(3),
                      .random = [] { return 0.0; }};
  FakeSleeper sleeper_;
  int attempts_ = 0;
};

TEST_F(RetryLoopTest, SuccessIsNotRepeated) {
  EXPECT_THAT(Run({{absl::OkStatus()}}), IsOk());
  EXPECT_EQ(attempts_, 1);
  EXPECT_THAT(sleeper_.slept, IsEmpty());
}

TEST_F(RetryLoopTest, TransientErrorsAreRepeatedWithDoublingDelays) {
  policy_.attempts_max = 5;
  EXPECT_THAT(
      Run({{broken_}, {broken_}, {broken_}, {broken_}, {absl::OkStatus()}}),
      IsOk());
  EXPECT_THAT(sleeper_.slept, ElementsAre(absl::Seconds(1), absl::Seconds(2),
                                          absl::Seconds(3), absl::Seconds(3)));
}

TEST_F(RetryLoopTest, AttemptsEnd) {
  EXPECT_THAT(Run({{broken_}}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(attempts_, 3);
}

TEST_F(RetryLoopTest, ProgressStartsTheCountAnew) {
  EXPECT_THAT(Run({{broken_},
                   {broken_},
                   {broken_, /*progressed=*/true},
                   {broken_},
                   {absl::OkStatus()}}),
              IsOk());
  EXPECT_THAT(sleeper_.slept, ElementsAre(absl::Seconds(1), absl::Seconds(2),
                                          absl::Seconds(1), absl::Seconds(2)));
}

TEST_F(RetryLoopTest, JitterShortensDelaysByUpToHalf) {
  policy_.random = [] { return 1.0; };
  EXPECT_THAT(Run({{broken_}, {absl::OkStatus()}}), IsOk());
  EXPECT_THAT(sleeper_.slept, ElementsAre(absl::Milliseconds(500)));
}

TEST_F(RetryLoopTest, AnswersThatAreWrongAreNotRepeated) {
  EXPECT_THAT(Run({{errors::ContentMismatch("r.test", "a", "b")}}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Run({{errors::BlobUnknown("sha256:0")}}),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Run({{broken_, false, /*final=*/true}}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(attempts_, 3);
}

TEST_F(RetryLoopTest, WorkThatIsNotIdempotentIsAttemptedOnce) {
  EXPECT_THAT(Run({{broken_}}, Idempotency::kNotIdempotent),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(attempts_, 1);
}

TEST_F(RetryLoopTest, RetryAfterIsObeyedWhenItIsShort) {
  EXPECT_THAT(Run({{errors::UpstreamRateLimited("r.test", absl::Seconds(2))},
                   {absl::OkStatus()}}),
              IsOk());
  EXPECT_THAT(sleeper_.slept, ElementsAre(absl::Seconds(2)));
  EXPECT_THAT(Run({{errors::UpstreamRateLimited("r.test", absl::Hours(6))}}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(sleeper_.slept.size(), 1);
}

TEST_F(RetryLoopTest, StoppedSleeperEndsTheLoop) {
  sleeper_.stopped = true;
  EXPECT_THAT(Run({{broken_}}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(attempts_, 1);
}

TEST(StoppableSleeperTest, StopEndsAWait) {
  StoppableSleeper sleeper;
  bool whole = true;
  {
    Thread thread("sleeper", [&] { whole = sleeper.Sleep(absl::Hours(1)); });
    sleeper.Stop();
  }
  EXPECT_FALSE(whole);
  EXPECT_FALSE(sleeper.Sleep(absl::Hours(1)));
}

TEST(StoppableSleeperTest, WholeWaitIsTrue) {
  StoppableSleeper sleeper;
  EXPECT_TRUE(sleeper.Sleep(absl::ZeroDuration()));
}

}  // namespace
}  // namespace cvr
