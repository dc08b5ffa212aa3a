#include "services/upstream/gate/concurrency_limiter.h"

#include <vector>

#include "gmock/gmock.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;

class ConcurrencyLimiterTest : public ::testing::Test {
 protected:
  void Join(Traffic traffic, int count = 1) {
    for (int i = 0; i < count; ++i) {
      handles_.push_back(limiter_.Acquire(traffic));
    }
  }
  std::vector<bool> Granted() const {
    std::vector<bool> granted;
    for (const auto& handle : handles_) granted.push_back(handle->is_granted);
    return granted;
  }
  void Leave(size_t index) {
    limiter_.Release(handles_[index]);
    handles_.erase(handles_.begin() + static_cast<long>(index));
  }

  ConcurrencyLimiter limiter_;
  std::vector<ConcurrencyLimiter::Handle> handles_;
};

TEST_F(ConcurrencyLimiterTest, FirstComeFirstServed) {
  limiter_.SetLimit(2);
  Join(Traffic::kQuick, 4);
  EXPECT_THAT(Granted(), ElementsAre(true, true, false, false));
  EXPECT_EQ(limiter_.running(), 2);
  EXPECT_EQ(limiter_.waiting(), 2);
  Leave(1);
  EXPECT_THAT(Granted(), ElementsAre(true, true, false));
  // One that waits no longer does not take a turn.
  Join(Traffic::kQuick);
  Leave(2);
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true, true));
  EXPECT_EQ(limiter_.waiting(), 0);
}

TEST_F(ConcurrencyLimiterTest, BlobsLeaveAQuarterToOthers) {
  limiter_.SetLimit(8);
  Join(Traffic::kBlob, 8);
  EXPECT_EQ(limiter_.running(), 6);
  Join(Traffic::kQuick, 3);
  EXPECT_EQ(limiter_.running(), 8);
  EXPECT_EQ(limiter_.waiting(), 3);
  EXPECT_FALSE(handles_.back()->is_granted);
  // The permit of a blob goes to whoever waits for the longest time.
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true, true, true, true, true, true, false,
                                     true, true, false));
}

TEST_F(ConcurrencyLimiterTest, QuickRequestsMayTakeAllSlots) {
  limiter_.SetLimit(4);
  Join(Traffic::kQuick, 4);
  EXPECT_EQ(limiter_.running(), 4);
}

TEST_F(ConcurrencyLimiterTest, OneOfTwoSlotsIsKeptAndOneAloneIsForAll) {
  limiter_.SetLimit(2);
  Join(Traffic::kBlob, 2);
  EXPECT_EQ(limiter_.running(), 1);
  limiter_.SetLimit(0);  // As 1.
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true));
  Join(Traffic::kQuick);
  EXPECT_THAT(Granted(), ElementsAre(true, false));
}

TEST_F(ConcurrencyLimiterTest, LimitMayMove) {
  limiter_.SetLimit(1);
  Join(Traffic::kQuick, 5);
  limiter_.SetLimit(4);
  EXPECT_EQ(limiter_.running(), 4);
  limiter_.SetLimit(2);
  Leave(0);
  Leave(0);
  EXPECT_EQ(limiter_.running(), 2);
  EXPECT_EQ(limiter_.waiting(), 1);
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true, true));
}

}  // namespace
}  // namespace cvr
