#include "services/blob/engine/walk/single_flight.h"

#include <atomic>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

namespace cvr {
namespace {

using ::cvr::testing::Gate;
using ::cvr::testing::IsOkAndHolds;
using ::cvr::testing::StatusIs;

class SingleFlightTest : public ::testing::Test {
 protected:
  ~SingleFlightTest() override { pool_.Shutdown(); }

  FairPool pool_{{.name = "test", .threads_max = 2, .queued_tasks_max = 16}};
  SingleFlight<int> flights_{pool_};
  std::atomic<int> runs_ = 0;
};

TEST_F(SingleFlightTest, ThoseWhoComeMeanwhileShareTheAnswer) {
  Gate gate;
  const auto work = [&]() -> absl::StatusOr<int> {
    gate.Pass();
    return ++runs_;
  };
  bool followed = false;
  {
    Thread leader("leader", [&] {
      const auto outcome = flights_.Do("a", {}, Patience(), work);
      EXPECT_TRUE(outcome.led);
      EXPECT_THAT(outcome.value, IsOkAndHolds(1));
    });
    gate.AwaitArrivals();
    // The deadline has passed, which shows whether this call joined.
    const auto late = flights_.Do("a", {}, {absl::InfinitePast()}, work);
    followed = !late.led;
    EXPECT_THAT(late.value, StatusIs(absl::StatusCode::kDeadlineExceeded));
    gate.Open();
  }
  EXPECT_TRUE(followed);
  EXPECT_EQ(runs_, 1);
}

TEST_F(SingleFlightTest, OtherKeysAndLaterCallsAreTheirOwn) {
  const auto work = [&]() -> absl::StatusOr<int> { return ++runs_; };
  const Patience never;
  EXPECT_THAT(flights_.Do("a", {}, never, work).value, IsOkAndHolds(1));
  EXPECT_THAT(flights_.Do("a", {}, never, work).value, IsOkAndHolds(2));
  EXPECT_THAT(flights_.Do("b", {}, never, work).value, IsOkAndHolds(3));
}

// Else whoever asks a moment too late to join would ask once more.
TEST_F(SingleFlightTest, WhoAskedBeforeTheAnswerCameGetsIt) {
  const auto work = [&]() -> absl::StatusOr<int> { return ++runs_; };
  const absl::Time before = Clock::Real().SteadyNow();
  const Patience never;
  EXPECT_THAT(flights_.Do("a", {}, never, work).value, IsOkAndHolds(1));
  const auto late = flights_.Begin("a", {}, work, /*asked_at=*/before);
  EXPECT_FALSE(late.led());
  EXPECT_THAT(flights_.Wait(late, never), IsOkAndHolds(1));
  // Who asks after it gets another one.
  const auto later = flights_.Begin(
      "a", {}, work, Clock::Real().SteadyNow() + absl::Seconds(1));
  EXPECT_TRUE(later.led());
  EXPECT_THAT(flights_.Wait(later, never), IsOkAndHolds(2));
}

TEST_F(SingleFlightTest, ErrorsAreNoAnswersToEarlierQuestions) {
  const absl::Time before = Clock::Real().SteadyNow();
  const Patience never;
  flights_.Do("a", {}, never,
              []() -> absl::StatusOr<int> { return absl::NotFoundError(""); });
  EXPECT_TRUE(flights_
                  .Begin(
                      "a", {}, [] { return 1; }, before)
                  .led());
}

TEST_F(SingleFlightTest, ErrorsAreSharedAndForgotten) {
  const Patience never;
  const auto fail = []() -> absl::StatusOr<int> {
    return absl::NotFoundError("no");
  };
  EXPECT_THAT(flights_.Do("a", {}, never, fail).value,
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(flights_.Do("a", {}, never, [] { return 7; }).value,
              IsOkAndHolds(7));
}

TEST_F(SingleFlightTest, PoolThatTakesNoMoreIsUnavailable) {
  pool_.Shutdown();
  EXPECT_THAT(flights_.Do("a", {}, Patience(), [] { return 7; }).value,
              StatusIs(absl::StatusCode::kUnavailable));
}

// Whoever waits without a deadline can still leave.
TEST_F(SingleFlightTest, WaiterThatLeavesIsLetGo) {
  Gate gate;
  const auto ticket = flights_.Begin("a", {}, [&] {
    gate.Pass();
    return 1;
  });
  std::stop_source leave;
  absl::StatusOr<int> answer;
  {
    Thread waiter("waiter", [&] {
      answer =
          flights_.Wait(ticket, {absl::InfiniteFuture(), leave.get_token()});
    });
    gate.AwaitArrivals();
    leave.request_stop();
  }
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kCancelled));
  gate.Open();
  EXPECT_THAT(flights_.Wait(ticket, {}), IsOkAndHolds(1));
}

}  // namespace
}  // namespace cvr
