#include "services/concurrency/fair_pool.h"

#include <atomic>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"
#include "tests/support/waiting/latch.h"

namespace cvr {
namespace {

using ::cvr::testing::Gate;
using ::cvr::testing::IsOk;
using ::cvr::testing::Latch;
using ::cvr::testing::StatusIs;
using ::testing::ElementsAre;

constexpr absl::Duration kLong = absl::Seconds(60);

class FairPoolTest : public ::testing::Test {
 protected:
  ~FairPoolTest() override {
    gate_.Open();
    pool_.Shutdown();
  }

  // Tasks that stay until the gate is open; so many are accepted.
  int Hold(const ShareKey& key, int tasks) {
    int accepted = 0;
    for (int i = 0; i < tasks; ++i) {
      accepted += pool_.Schedule(key, [this] { gate_.Pass(); }).ok();
    }
    return accepted;
  }
  // Whether a task of that key runs while the gate is shut.
  bool Runs(const ShareKey& key) {
    Latch ran;
    EXPECT_THAT(pool_.Schedule(key, [&ran] { ran.Set(); }), IsOk());
    return ran.WaitFor(kLong);
  }

  Gate gate_;
  FairPool pool_{{.name = "test",
                  .what = "requests",
                  .threads_max = 16,
                  .queued_tasks_max = 64}};
};

// The whole point.
TEST_F(FairPoolTest, SlowUpstreamKeepsNobodyElseWaiting) {
  Hold({"greedy", 7}, 100);
  gate_.AwaitArrivals(4);
  EXPECT_EQ(pool_.running_count(), 4);
  EXPECT_TRUE(Runs({"innocent", 8}));
  // Nor its own tenant's other upstreams.
  EXPECT_TRUE(Runs({"greedy", 9}));
}

TEST_F(FairPoolTest, TenantWithManyUpstreamsKeepsNobodyElseWaiting) {
  for (int64_t upstream = 1; upstream <= 25; ++upstream) {
    Hold({"greedy", upstream}, 10);
  }
  gate_.AwaitArrivals(6);
  EXPECT_EQ(pool_.running_count(), 6);
  EXPECT_TRUE(Runs({"innocent", 100}));
}

// Together they have more than there is, but for what is kept for others.
TEST_F(FairPoolTest, SeveralGreedyTenantsLeaveRoomForAnother) {
  for (const char* const tenant : {"a", "b", "c"}) {
    for (int64_t upstream = 1; upstream <= 4; ++upstream) {
      Hold({tenant, 10 * tenant[0] + upstream}, 4);
    }
  }
  gate_.AwaitArrivals(14);
  EXPECT_TRUE(Runs({"innocent", 100}));
}

TEST_F(FairPoolTest, FullQueueOfOneIsNoFullQueueOfOthers) {
  // 4 run and a quarter of the queue waits.
  EXPECT_EQ(Hold({"greedy", 7}, 100), 4 + 16);
  const absl::Status refused = pool_.Schedule({"greedy", 7}, [] {});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(RetryAfterOf(refused).has_value());
  EXPECT_TRUE(Runs({"innocent", 8}));
}

TEST_F(FairPoolTest, TenantsTakeTurnsAndKeepTheirOrder) {
  FairPool one({.name = "one", .threads_max = 1, .queued_tasks_max = 64});
  std::vector<std::string> order;  // Of the pool's one thread.
  ASSERT_THAT(one.Schedule({"x", 9}, [this] { gate_.Pass(); }), IsOk());
  gate_.AwaitArrivals(1);
  for (const char* const name : {"a1", "a2", "a3", "b1", "b2"}) {
    ASSERT_THAT(one.Schedule({std::string(1, name[0]), 0},
                             [&order, name] { order.push_back(name); }),
                IsOk());
  }
  gate_.Open();
  one.Shutdown();
  EXPECT_THAT(order, ElementsAre("a1", "b1", "a2", "b2", "a3"));
}

// Work in parts that was admitted once is not refused in its middle.
TEST_F(FairPoolTest, ResumedWorkIsNotRefused) {
  Hold({"greedy", 7}, 100);
  std::atomic<int> runs = 0;
  EXPECT_TRUE(pool_.Resume({"greedy", 7}, [&runs] { ++runs; }));
  gate_.Open();
  pool_.Shutdown();
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(pool_.Resume({"greedy", 7}, [] {}));
}

TEST_F(FairPoolTest, ShutdownRunsWhatWasAccepted) {
  std::atomic<int> runs = 0;
  int accepted = 0;
  for (int i = 0; i < 200; ++i) {
    accepted += pool_.Schedule({"t", i % 7}, [&runs] { ++runs; }).ok();
  }
  pool_.Shutdown();
  EXPECT_EQ(runs, accepted);
  EXPECT_THAT(pool_.Schedule({}, [] {}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(FairPoolTest, PoolOfDetoursHasNoQueue) {
  FairPool detours({.name = "detours", .threads_max = 4});
  ASSERT_THAT(detours.Schedule({"a", 1}, [this] { gate_.Pass(); }), IsOk());
  EXPECT_FALSE(detours.Schedule({"a", 1}, [] {}).ok());
  EXPECT_THAT(detours.Schedule({"b", 2}, [] {}), IsOk());
  gate_.Open();
}

}  // namespace
}  // namespace cvr
