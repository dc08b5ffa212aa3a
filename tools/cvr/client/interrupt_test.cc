#include "tools/cvr/client/interrupt.h"

#include <csignal>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/support/waiting/latch.h"

namespace cvr {
namespace {

TEST(InterruptWatchTest, BothSignalsAreCaughtWhileItLives) {
  for (const int signal : {SIGINT, SIGTERM}) {
    testing::Latch called;
    InterruptWatch watch([&] { called.Set(); });
    EXPECT_FALSE(watch.interrupted());
    ASSERT_EQ(raise(signal), 0);
    EXPECT_TRUE(called.WaitFor(absl::Minutes(1)));
    EXPECT_TRUE(watch.interrupted());
  }
}

TEST(InterruptWatchTest, WhatWasBeforeIsAgainAfterwards) {
  struct sigaction before;
  sigaction(SIGINT, nullptr, &before);
  {
    InterruptWatch watch([] {});
  }
  struct sigaction after;
  sigaction(SIGINT, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

TEST(InterruptWatchTest, SecondSignalEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        testing::Latch called;
        InterruptWatch watch([&] { called.Set(); });
        raise(SIGINT);
        EXPECT_TRUE(called.WaitFor(absl::Minutes(1)));
        raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace cvr
