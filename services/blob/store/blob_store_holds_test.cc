#include "services/blob/store/blob_store_holds.h"

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

class BlobStoreHoldsTest : public ::testing::Test {
 protected:
  std::vector<uint64_t> reclaimed_;
  BlobStoreHolds holds_{
      [this](const CopyId& copy) { reclaimed_.push_back(copy.generation); }};
  const Digest digest_ = Digest::OfBytes("a");
};

TEST_F(BlobStoreHoldsTest, WhatNobodyHoldsGoesAtOnce) {
  holds_.Doom({digest_, 1});
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST_F(BlobStoreHoldsTest, HeldCopyGoesWithItsLastHold) {
  std::optional<BlobStoreHolds::Hold> first(holds_.HoldCopy({digest_, 1}));
  std::optional<BlobStoreHolds::Hold> second(holds_.HoldCopy({digest_, 1}));
  holds_.Doom({digest_, 1});
  first.reset();
  EXPECT_THAT(reclaimed_, IsEmpty());
  second.reset();
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST_F(BlobStoreHoldsTest, HoldOnOneCopyDoesNotKeepAnother) {
  const auto hold = holds_.HoldCopy({digest_, 2});
  holds_.Doom({digest_, 1});
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST_F(BlobStoreHoldsTest, HoldOnAllKeepsEveryCopyOfItsDigestOnly) {
  std::optional<BlobStoreHolds::Hold> all(holds_.HoldAll(digest_));
  holds_.Doom({digest_, 1});
  holds_.Doom({Digest::OfBytes("b"), 7});
  EXPECT_THAT(reclaimed_, ElementsAre(7));
  // The reader that asked found generation 1 before it was doomed.
  std::optional<BlobStoreHolds::Hold> one(holds_.HoldCopy({digest_, 1}));
  all.reset();
  EXPECT_THAT(reclaimed_, ElementsAre(7));
  one.reset();
  EXPECT_THAT(reclaimed_, ElementsAre(7, 1));
}

TEST_F(BlobStoreHoldsTest, KnowsWhatIsHeld) {
  EXPECT_FALSE(holds_.IsHeld(digest_));
  {
    const auto hold = holds_.HoldCopy({digest_, 1});
    EXPECT_TRUE(holds_.IsHeld(digest_));
    EXPECT_FALSE(holds_.IsHeld(Digest::OfBytes("b")));
  }
  EXPECT_FALSE(holds_.IsHeld(digest_));
  holds_.Doom({digest_, 1});
  EXPECT_FALSE(holds_.IsHeld(digest_));
}

TEST_F(BlobStoreHoldsTest, MovedHoldLetsGoOnce) {
  auto first =
      std::make_unique<BlobStoreHolds::Hold>(holds_.HoldCopy({digest_, 1}));
  auto second = std::make_unique<BlobStoreHolds::Hold>(std::move(*first));
  holds_.Doom({digest_, 1});
  first = nullptr;
  EXPECT_THAT(reclaimed_, IsEmpty());
  second = nullptr;
  EXPECT_THAT(reclaimed_, ElementsAre(1));
}

TEST(BlobStoreHoldsThreadTest, EveryDoomedCopyIsReclaimedOnceAndUnheld) {
  constexpr int kRounds = 500;
  std::atomic<int> readers[kRounds] = {};
  std::atomic<int> reclaimed = 0, reclaimed_in_use = 0;
  BlobStoreHolds holds([&](const CopyId& copy) {
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
          auto all =
              std::make_unique<BlobStoreHolds::Hold>(holds.HoldAll(digest));
          const uint64_t generation = current;
          const auto hold = holds.HoldCopy({digest, generation});
          ++readers[generation];
          all = nullptr;
          --readers[generation];
        }
      }));
    }
    for (uint64_t generation = 0; generation + 1 < kRounds; ++generation) {
      current = generation + 1;  // As a deletion: first not to be found,
      holds.Doom({digest, generation});  // then doomed.
    }
  }
  EXPECT_EQ(reclaimed, kRounds - 1);
  EXPECT_EQ(reclaimed_in_use, 0);
}

}  // namespace
}  // namespace cvr
