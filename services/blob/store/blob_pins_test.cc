#include "services/blob/store/blob_pins.h"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BlobPinsTest : public ::testing::Test {
 protected:
  std::vector<uint64_t> reclaimed_;
  BlobPins pins_{
      [this](const CopyId& copy) { reclaimed_.push_back(copy.generation); }};
  const Digest digest_ = Digest::OfBytes("a");
};

TEST_F(BlobPinsTest, WhatNobodyHoldsGoesAtOnce) {
  pins_.ReclaimWhenUnpinned({digest_, 1});
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST_F(BlobPinsTest, HeldCopyGoesWithItsLastHold) {
  std::optional<BlobPins::Pin> first(pins_.PinCopy({digest_, 1}));
  std::optional<BlobPins::Pin> second(pins_.PinCopy({digest_, 1}));
  pins_.ReclaimWhenUnpinned({digest_, 1});
  first.reset();
  EXPECT_THAT(reclaimed_, IsEmpty());
  second.reset();
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST_F(BlobPinsTest, HoldOnOneCopyDoesNotKeepAnother) {
  const auto pin = pins_.PinCopy({digest_, 2});
  pins_.ReclaimWhenUnpinned({digest_, 1});
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST_F(BlobPinsTest, HoldOnAllKeepsEveryCopyOfItsDigestOnly) {
  std::optional<BlobPins::Pin> all(pins_.PinAll(digest_));
  pins_.ReclaimWhenUnpinned({digest_, 1});
  pins_.ReclaimWhenUnpinned({Digest::OfBytes("b"), 7});
  EXPECT_THAT(reclaimed_, ElementsAre(7));
  // The reader that asked found generation 1 before it was retired.
  std::optional<BlobPins::Pin> one(pins_.PinCopy({digest_, 1}));
  all.reset();
  EXPECT_THAT(reclaimed_, ElementsAre(7));
  one.reset();
  EXPECT_THAT(reclaimed_, ElementsAre(7, 1));
}

TEST_F(BlobPinsTest, KnowsWhatIsHeld) {
  EXPECT_FALSE(pins_.IsPinned(digest_));
  {
    const auto pin = pins_.PinCopy({digest_, 1});
    EXPECT_TRUE(pins_.IsPinned(digest_));
    EXPECT_FALSE(pins_.IsPinned(Digest::OfBytes("b")));
  }
  EXPECT_FALSE(pins_.IsPinned(digest_));
  pins_.ReclaimWhenUnpinned({digest_, 1});
  EXPECT_FALSE(pins_.IsPinned(digest_));
}

TEST_F(BlobPinsTest, MovedHoldLetsGoOnce) {
  auto first = std::make_unique<BlobPins::Pin>(pins_.PinCopy({digest_, 1}));
  auto second = std::make_unique<BlobPins::Pin>(std::move(*first));
  pins_.ReclaimWhenUnpinned({digest_, 1});
  first = nullptr;
  EXPECT_THAT(reclaimed_, IsEmpty());
  second = nullptr;
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST(BlobPinsThreadTest, EveryDoomedCopyIsReclaimedOnceAndUnheld) {
  constexpr int kRounds = 500;
  std::atomic<int> readers[kRounds] = {};
  std::atomic<int> reclaimed = 0, reclaimed_in_use = 0;
  BlobPins pins([&](const CopyId& copy) {
    ++reclaimed;
    if (readers[copy.generation] > 0) ++reclaimed_in_use;
  });
  const Digest digest = Digest::OfBytes("a");
  std::atomic<uint64_t> current = 0;
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 3; ++i) {
      threads.push_back(std::make_unique<Thread>("reader", [&] {
        while (current + 1 < kRounds) {
          auto all = std::make_unique<BlobPins::Pin>(pins.PinAll(digest));
          const uint64_t generation = current;
          const auto pin = pins.PinCopy({digest, generation});
          ++readers[generation];
          all = nullptr;
          --readers[generation];
        }
      }));
    }
    for (uint64_t generation = 0; generation + 1 < kRounds; ++generation) {
      current = generation + 1;  // As a deletion: first not to be found,
      pins.ReclaimWhenUnpinned({digest, generation});  // then retired.
    }
  }
  EXPECT_EQ(reclaimed, kRounds - 1);
  EXPECT_EQ(reclaimed_in_use, 0);
}

}  // namespace
}  // namespace cvr
