#include "services/concurrency/thread.h"

#include <atomic>

#include "gtest/gtest.h"
#include "services/concurrency/clock.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr {
namespace {

using testing::Gate;

TEST(ThreadTest, RunsItsBodyAndIsJoined) {
  bool ran = false;
  {
    Thread thread("test", [&] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

TEST(ThreadPoolTest, RunsEveryAcceptedTaskBeforeItGoes) {
  std::atomic<int> ran = 0;
  {
    ThreadPool pool({.name = "t", .threads_max = 3, .queued_tasks_max = 1000});
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(pool.Schedule([&] { ++ran; }));
    }
  }
  EXPECT_EQ(ran, 1000);
}

// Tasks block, so each must get its own thread while there may be more.
TEST(ThreadPoolTest, GrowsWithBlockedTasksUpToItsBound) {
  Gate gate;
  ThreadPool pool({.name = "t", .threads_max = 4, .queued_tasks_max = 0});
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pool.Schedule([&] { gate.Pass(); }));
  }
  gate.AwaitArrivals(4);
  EXPECT_EQ(pool.thread_count(), 4);
  EXPECT_FALSE(pool.Schedule([] {})) << "no thread and no queue left";
  gate.Open();
}

TEST(ThreadPoolTest, QueuesUpToItsBound) {
  Gate gate;
  std::atomic<int> ran = 0;
  ThreadPool pool({.name = "t", .threads_max = 1, .queued_tasks_max = 2});
  ASSERT_TRUE(pool.Schedule([&] { gate.Pass(); }));
  gate.AwaitArrivals(1);
  EXPECT_TRUE(pool.Schedule([&] { ++ran; }));
  EXPECT_TRUE(pool.Schedule([&] { ++ran; }));
  EXPECT_FALSE(pool.Schedule([&] { ++ran; }));
  gate.Open();
  pool.Shutdown();
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(pool.Schedule([&] { ++ran; }));
}

TEST(ThreadPoolTest, IdleThreadsAreUsedAgain) {
  ThreadPool pool({.name = "t", .threads_max = 8, .queued_tasks_max = 8});
  for (int i = 0; i < 100; ++i) {
    Gate done;
    bool ran = false;
    ASSERT_TRUE(pool.Schedule([&] {
      ran = true;
      done.Open();
    }));
    done.Pass();
    EXPECT_TRUE(ran);
  }
  EXPECT_LE(pool.thread_count(), 8);
}

TEST(ThreadPoolTest, IdleThreadsGoAfterAWhile) {
  ThreadPool pool({.name = "t",
                   .threads_max = 8,
                   .queued_tasks_max = 0,
                   .idle_timeout = absl::Milliseconds(1)});
  ASSERT_TRUE(pool.Schedule([] {}));
  EXPECT_TRUE(testing::Eventually([&] { return pool.thread_count() == 0; },
                                  "the idle thread ends"));
}

// A trickle of tasks keeps one thread busy, not all that there ever were.
TEST(ThreadPoolTest, WhatIsLeftOfACrowdGoesAlthoughThereIsWork) {
  ThreadPool pool({.name = "t",
                   .threads_max = 32,
                   .queued_tasks_max = 32,
                   .idle_timeout = absl::Milliseconds(20)});
  Gate crowd;
  for (int i = 0; i < 32; ++i) {
    ASSERT_TRUE(pool.Schedule([&] { crowd.Pass(); }));
  }
  crowd.AwaitArrivals(32);
  EXPECT_EQ(pool.thread_count(), 32);
  crowd.Open();
  // Without pauses: between two tasks no thread is idle for long.
  const SteadyDeadline deadline(testing::kEventuallyMax);
  while (pool.thread_count() > 1 && !deadline.has_passed()) {
    Gate done;
    ASSERT_TRUE(pool.Schedule([&] { done.Open(); }));
    done.Pass();
  }
  EXPECT_LE(pool.thread_count(), 1);
}

}  // namespace
}  // namespace cvr
