#include "services/upstream/gate/request_slots.h"

#include <vector>

#include "gmock/gmock.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;

class RequestSlotsTest : public ::testing::Test {
 protected:
  void Join(Traffic traffic, int count = 1) {
    for (int i = 0; i < count; ++i) places_.push_back(slots_.Join(traffic));
  }
  std::vector<bool> Granted() const {
    std::vector<bool> granted;
    for (const auto& place : places_) granted.push_back(place->is_granted);
    return granted;
  }
  void Leave(size_t index) {
    slots_.Leave(places_[index]);
    places_.erase(places_.begin() + static_cast<long>(index));
  }

  RequestSlots slots_;
  std::vector<RequestSlots::Place> places_;
};

TEST_F(RequestSlotsTest, FirstComeFirstServed) {
  slots_.SetLimit(2);
  Join(Traffic::kQuick, 4);
  EXPECT_THAT(Granted(), ElementsAre(true, true, false, false));
  EXPECT_EQ(slots_.running(), 2);
  EXPECT_EQ(slots_.waiting(), 2);
  Leave(1);
  EXPECT_THAT(Granted(), ElementsAre(true, true, false));
  // One that waits no longer does not take a turn.
  Join(Traffic::kQuick);
  Leave(2);
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true, true));
  EXPECT_EQ(slots_.waiting(), 0);
}

TEST_F(RequestSlotsTest, BlobsLeaveAQuarterToOthers) {
  slots_.SetLimit(8);
  Join(Traffic::kBlob, 8);
  EXPECT_EQ(slots_.running(), 6);
  Join(Traffic::kQuick, 3);
  EXPECT_EQ(slots_.running(), 8);
  EXPECT_EQ(slots_.waiting(), 3);
  EXPECT_FALSE(places_.back()->is_granted);
  // The slot of a blob goes to whoever waits for the longest time.
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true, true, true, true, true, true, false,
                                     true, true, false));
}

TEST_F(RequestSlotsTest, QuickRequestsMayTakeAllSlots) {
  slots_.SetLimit(4);
  Join(Traffic::kQuick, 4);
  EXPECT_EQ(slots_.running(), 4);
}

TEST_F(RequestSlotsTest, OneOfTwoSlotsIsKeptAndOneAloneIsForAll) {
  slots_.SetLimit(2);
  Join(Traffic::kBlob, 2);
  EXPECT_EQ(slots_.running(), 1);
  slots_.SetLimit(0);  // As 1.
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true));
  Join(Traffic::kQuick);
  EXPECT_THAT(Granted(), ElementsAre(true, false));
}

TEST_F(RequestSlotsTest, LimitMayMove) {
  slots_.SetLimit(1);
  Join(Traffic::kQuick, 5);
  slots_.SetLimit(4);
  EXPECT_EQ(slots_.running(), 4);
  slots_.SetLimit(2);
  Leave(0);
  Leave(0);
  EXPECT_EQ(slots_.running(), 2);
  EXPECT_EQ(slots_.waiting(), 1);
  Leave(0);
  EXPECT_THAT(Granted(), ElementsAre(true, true));
}

}  // namespace
}  // namespace cvr
