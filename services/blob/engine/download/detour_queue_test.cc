#include "services/blob/engine/download/detour_queue.h"

#include <cstddef>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

Chunk Text(absl::string_view text) { return Chunk(text, nullptr); }

TEST(DetourQueueTest, ChunksFollowEachOther) {
  DetourQueue queue(100);
  EXPECT_FALSE(queue.Take(100).has_value());
  EXPECT_FALSE(queue.HasNothingAt(100));  // They are on their way.
  queue.Push(Text("four"));
  queue.Push(Text("three"));
  EXPECT_EQ(queue.Take(100)->bytes(), "four");
  EXPECT_EQ(queue.offset(), 104);
  EXPECT_EQ(queue.Take(104)->bytes(), "three");
  EXPECT_EQ(queue.offset(), 109);
}

TEST(DetourQueueTest, AReaderElsewhereGetsNothing) {
  DetourQueue queue(100);
  queue.Push(Text("four"));
  EXPECT_FALSE(queue.Take(0).has_value());
  EXPECT_TRUE(queue.HasNothingAt(0));
  EXPECT_FALSE(queue.HasNothingAt(100));
  EXPECT_TRUE(queue.Take(100).has_value());
}

TEST(DetourQueueTest, WhatWasSentBeforeTheEndIsStillTaken) {
  DetourQueue queue(0);
  queue.Push(Text("last"));
  queue.End();
  EXPECT_FALSE(queue.HasNothingAt(0));
  EXPECT_TRUE(queue.Take(0).has_value());
  EXPECT_TRUE(queue.HasNothingAt(4));
}

TEST(DetourQueueTest, ItIsFullUntilAChunkIsTaken) {
  DetourQueue queue(0);
  for (size_t i = 0; i < DetourQueue::kChunksMax; ++i) {
    EXPECT_FALSE(queue.IsFull());
    queue.Push(Text("x"));
  }
  EXPECT_TRUE(queue.IsFull());
  EXPECT_TRUE(queue.Take(0).has_value());
  EXPECT_FALSE(queue.IsFull());
}

TEST(DetourQueueTest, AReaderThatLeavesStopsTheSenderAndDropsTheRest) {
  DetourQueue queue(0);
  const auto left = queue.left();
  queue.Push(Text("x"));
  EXPECT_FALSE(left.stop_requested());
  EXPECT_FALSE(queue.is_left());
  queue.Leave();
  EXPECT_TRUE(left.stop_requested());
  EXPECT_TRUE(queue.is_left());
  EXPECT_FALSE(queue.Take(0).has_value());
}

TEST(DetourQueueTest, WhatAStoppedSenderSentIsStillTaken) {
  DetourQueue queue(0);
  queue.Push(Text("x"));
  queue.StopSender();
  EXPECT_TRUE(queue.left().stop_requested());
  EXPECT_FALSE(queue.is_left());
  EXPECT_TRUE(queue.Take(0).has_value());
}

}  // namespace
}  // namespace cvr
