#include "services/blob/engine/download/chunk_window.h"

#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

constexpr size_t kChunk = limits::kChunkBytes;

Chunk Text(absl::string_view text) { return Chunk(text, nullptr); }

TEST(ChunkWindowTest, ChunksAreFoundByTheirNumber) {
  ChunkWindow window({.bytes_max = 8 * kChunk});
  window.Reset(5);
  window.Push(Text("five"));
  window.Push(Text("six"));
  EXPECT_EQ(window.begin(), 5);
  EXPECT_EQ(window.Find(4), nullptr);
  ASSERT_NE(window.Find(5), nullptr);
  EXPECT_EQ(window.Find(5)->bytes(), "five");
  ASSERT_NE(window.Find(6), nullptr);
  EXPECT_EQ(window.Find(6)->bytes(), "six");
  EXPECT_EQ(window.Find(7), nullptr);
  window.PopFront();
  EXPECT_EQ(window.begin(), 6);
  EXPECT_EQ(window.Find(5), nullptr);
  EXPECT_EQ(window.Find(6)->bytes(), "six");
}

TEST(ChunkWindowTest, ClearKeepsNumbersAndResetSetsThem) {
  ChunkWindow window({.bytes_max = 8 * kChunk});
  window.Push(Text("a"));
  window.PopFront();
  window.Push(Text("b"));
  window.Clear();
  EXPECT_EQ(window.begin(), 1);
  EXPECT_EQ(window.Find(1), nullptr);
  window.Reset(0);
  window.Push(Text("c"));
  EXPECT_EQ(window.Find(0)->bytes(), "c");
}

TEST(ChunkWindowTest, ItIsFullAtItsOwnBound) {
  ChunkWindow window({.bytes_max = 3 * kChunk});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(window.IsFull());
    window.Push(Text("x"));
  }
  EXPECT_TRUE(window.IsFull());
  window.PopFront();
  EXPECT_FALSE(window.IsFull());
}

TEST(ChunkWindowTest, TwoChunksAreAlwaysAllowed) {
  WindowBudget budget(0);
  ChunkWindow window({.bytes_max = 0, .budget = &budget});
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(window.IsFull());
    window.Push(Text("x"));
  }
  EXPECT_TRUE(window.IsFull());
}

TEST(ChunkWindowTest, WhatIsMoreThanTwoIsTakenFromTheBudgetOnce) {
  WindowBudget budget(1);
  ChunkWindow window({.bytes_max = 8 * kChunk, .budget = &budget});
  window.Push(Text("a"));
  window.Push(Text("b"));
  EXPECT_EQ(budget.taken(), 0);
  EXPECT_FALSE(window.IsFull());
  EXPECT_FALSE(window.IsFull());  // Asking again takes no more.
  EXPECT_EQ(budget.taken(), 1);
  window.Push(Text("c"));
  EXPECT_TRUE(window.IsFull());
  window.PopFront();
  EXPECT_FALSE(window.IsFull());
  EXPECT_EQ(budget.taken(), 1);
}

TEST(ChunkWindowTest, TheBudgetGetsBackWhatNobodyUses) {
  WindowBudget budget(1);
  {
    ChunkWindow window({.bytes_max = 8 * kChunk, .budget = &budget});
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(window.IsFull());
        window.Push(Text("x"));
      }
      EXPECT_EQ(budget.taken(), 1);
      if (round == 0) window.Reset(0);
    }
  }
  EXPECT_EQ(budget.taken(), 0);
}

}  // namespace
}  // namespace cvr
