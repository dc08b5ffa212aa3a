#include "services/blob/store/inline_space.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace cvr {
namespace {

constexpr uint64_t kPlenty = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kMin = InlineSpace::kDeletedBytesMin;

TEST(InlineSpaceTest, LittleIsNotWorthRewriting) {
  InlineSpace space;
  space.Add(2 * kMin);
  space.Delete(kMin - 1);
  EXPECT_FALSE(space.TakeDeleted(kPlenty, /*is_short=*/false));
  space.Delete(1);
  EXPECT_TRUE(space.TakeDeleted(kPlenty, /*is_short=*/false));
}

TEST(InlineSpaceTest, WhatWasTakenIsNotTakenAgain) {
  InlineSpace space;
  space.Add(2 * kMin);
  space.Delete(kMin);
  EXPECT_TRUE(space.TakeDeleted(kPlenty, /*is_short=*/false));
  EXPECT_FALSE(space.TakeDeleted(kPlenty, /*is_short=*/false));
}

TEST(InlineSpaceTest, MuchIsNotRewrittenForLittle) {
  InlineSpace space;
  space.Add(9 * kMin);
  space.Delete(kMin);  // An eighth of the rest.
  EXPECT_FALSE(space.TakeDeleted(kPlenty, /*is_short=*/false));
  space.Delete(kMin);
  EXPECT_TRUE(space.TakeDeleted(kPlenty, /*is_short=*/false));
}

TEST(InlineSpaceTest, ShortOfSpaceLittleCountsToo) {
  InlineSpace space;
  space.Add(9 * kMin);
  space.Delete(InlineSpace::kDeletedBytesMinWhenShort);
  EXPECT_FALSE(space.TakeDeleted(kPlenty, /*is_short=*/false));
  EXPECT_TRUE(space.TakeDeleted(kPlenty, /*is_short=*/true));
}

TEST(InlineSpaceTest, NothingIsRewrittenWithoutTheRoomForIt) {
  InlineSpace space;
  space.Add(9 * kMin);
  space.Delete(4 * kMin);
  EXPECT_FALSE(space.TakeDeleted(5 * kMin, /*is_short=*/true));
  EXPECT_TRUE(space.TakeDeleted(8 * kMin, /*is_short=*/true));
}

TEST(InlineSpaceTest, WhatAnEarlierRunLeftIsFound) {
  InlineSpace space;
  space.Reset(/*blobs=*/1000, /*bytes=*/1000, /*file_bytes=*/kMin);
  EXPECT_FALSE(space.TakeDeleted(kPlenty, /*is_short=*/false));
  space.Reset(/*blobs=*/1000, /*bytes=*/1000, /*file_bytes=*/2 * kMin);
  EXPECT_TRUE(space.TakeDeleted(kPlenty, /*is_short=*/false));
  // Fewer bytes on disk than were written: they were compressed, say.
  space.Reset(/*blobs=*/1000, /*bytes=*/8 * kMin, /*file_bytes=*/kMin);
  EXPECT_FALSE(space.TakeDeleted(kPlenty, /*is_short=*/true));
}

TEST(InlineSpaceTest, DeletingWhatWasNeverAddedIsHarmless) {
  InlineSpace space;
  space.Delete(kMin);
  EXPECT_TRUE(space.TakeDeleted(2 * kMin + kMin, /*is_short=*/false));
}

}  // namespace
}  // namespace cvr
