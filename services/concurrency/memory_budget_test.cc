#include "services/concurrency/memory_budget.h"

#include <vector>

#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

const ShareKey kGreedy = {"greedy", 1};
const ShareKey kInnocent = {"innocent", 2};

MemoryBudget::Options Impatient() {
  return {100, 60, 60, absl::ZeroDuration()};
}

TEST(MemoryBudgetTest, RoomIsTakenAsLongAsItIsHeld) {
  MemoryBudget budget(Impatient());
  {
    const auto lease = budget.Take(kGreedy, 40);
    ASSERT_THAT(lease, IsOk());
    EXPECT_EQ(budget.bytes_in_use(), 40u);
    const auto copy = *lease;
    EXPECT_EQ(budget.bytes_in_use(), 40u);
  }
  EXPECT_EQ(budget.bytes_in_use(), 0u);
}

TEST(MemoryBudgetTest, WhoTakesAllHeCanLeavesRoomForOthers) {
  MemoryBudget budget(Impatient());
  const auto first = budget.Take(kGreedy, 1000);  // All of a share.
  ASSERT_THAT(first, IsOk());
  const auto second = budget.Take(kGreedy, 1);
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(RetryAfterOf(second.status()));
  EXPECT_THAT(budget.Take(kInnocent, 12), IsOk());
}

TEST(MemoryBudgetTest, ManyUpstreamsOfOneTenantLeaveRoomForOthers) {
  MemoryBudget budget({100, 60, 40, absl::ZeroDuration()});
  const auto first = budget.Take({"greedy", 1}, 1000);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(budget.bytes_in_use(), 40u);
  const auto second = budget.Take({"greedy", 2}, 20);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(budget.Take({"greedy", 3}, 1),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(budget.Take(kInnocent, 12), IsOk());
}

TEST(MemoryBudgetTest, WhatIsGivenBackIsNobodysShareAnyMore) {
  MemoryBudget budget({100, 60, 40, absl::ZeroDuration()});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(budget.Take(kGreedy, 40), IsOk());
  }
  EXPECT_EQ(budget.bytes_in_use(), 0u);
}

TEST(MemoryBudgetTest, AllTogetherHaveNoMoreThanThereIs) {
  MemoryBudget budget(Impatient());
  const auto large = budget.Take(kGreedy, 60);
  EXPECT_THAT(budget.Take(kInnocent, 16),
              StatusIs(absl::StatusCode::kResourceExhausted));
  std::vector<MemoryBudget::Lease> small;
  for (int i = 0; i < 4; ++i) {
    const auto lease = budget.Take(kInnocent, 10);
    ASSERT_THAT(lease, IsOk());
    small.push_back(*lease);
  }
  EXPECT_THAT(budget.Take({"late", 3}, 1),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(MemoryBudgetTest, WhoWaitsGetsWhatIsGivenBack) {
  MemoryBudget budget({100, 60, 60, absl::InfiniteDuration()});
  auto held = budget.Take(kGreedy, 60);
  ASSERT_THAT(held, IsOk());
  Thread waiter("waiter",
                [&] { EXPECT_THAT(budget.Take(kGreedy, 30), IsOk()); });
  // Others are not held up by one who waits for his own share.
  EXPECT_THAT(budget.Take(kInnocent, 12), IsOk());
  held->reset();
}

}  // namespace
}  // namespace cvr::testing
