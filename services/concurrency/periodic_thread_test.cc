#include "services/concurrency/periodic_thread.h"

#include <atomic>
#include <memory>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/concurrency/mutex.h"
#include "tests/support/waiting/gate.h"

namespace cvr {
namespace {

using testing::Gate;

// Time for one thread: it passes when the test says so. Thread-safe.
class FakeTimer {
 public:
  PeriodicThread::Wait AsWait() {
    return [this](CondVar& changed, Mutex* mutex, absl::Duration timeout) {
      return Wait(changed, mutex, timeout);
    };
  }

  // Blocks until the thread has begun its n-th wait in all.
  void AwaitWaits(int count) {
    MutexLock lock(&mutex_);
    while (waits_ < count) changed_.Wait(&mutex_);
  }

  // Ends a wait, this one or the next one, as its timeout does. Only after
  // AwaitWaits().
  void Elapse() {
    Mutex* waiting_on = nullptr;
    CondVar* signalled_by = nullptr;
    {
      MutexLock lock(&mutex_);
      waiting_on = waiting_on_;
      signalled_by = signalled_by_;
      ++elapsed_;
    }
    MutexLock waiting(waiting_on);
    signalled_by->SignalAll();
  }

  // That of the last wait.
  absl::Duration timeout() {
    MutexLock lock(&mutex_);
    return timeout_;
  }

 private:
  bool Wait(CondVar& changed, Mutex* mutex, absl::Duration timeout) {
    {
      MutexLock lock(&mutex_);
      waiting_on_ = mutex;
      signalled_by_ = &changed;
      timeout_ = timeout;
      ++waits_;
      changed_.SignalAll();
      if (elapsed_ > 0) {
        --elapsed_;
        return true;
      }
    }
    changed.Wait(mutex);
    MutexLock lock(&mutex_);
    if (elapsed_ == 0) return false;
    --elapsed_;
    return true;
  }

  Mutex mutex_;
  CondVar changed_;
  // Those of the thread that waits.
  Mutex* waiting_on_ ABSL_GUARDED_BY(mutex_) = nullptr;
  CondVar* signalled_by_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Duration timeout_ ABSL_GUARDED_BY(mutex_);
  int waits_ ABSL_GUARDED_BY(mutex_) = 0;
  int elapsed_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Counts its runs. Thread-safe.
class Runs {
 public:
  void Add() {
    MutexLock lock(&mutex_);
    ++count_;
    changed_.SignalAll();
  }
  void Await(int count) {
    MutexLock lock(&mutex_);
    while (count_ < count) changed_.Wait(&mutex_);
  }
  int count() {
    MutexLock lock(&mutex_);
    return count_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

class PeriodicThreadTest : public ::testing::Test {
 protected:
  FakeTimer timer_;
  Runs runs_;
  // The delay that the work returns; less than 0 = infinite.
  std::atomic<int> delay_hours_ = -1;
  PeriodicThread thread_{"test",
                         [this] {
                           runs_.Add();
                           const int hours = delay_hours_;
                           return hours < 0 ? absl::InfiniteDuration()
                                            : absl::Hours(hours);
                         },
                         timer_.AsWait()};
};

TEST_F(PeriodicThreadTest, RunsFirstAfterTheFirstDelay) {
  thread_.Start(absl::InfiniteDuration());
  timer_.AwaitWaits(1);
  EXPECT_EQ(timer_.timeout(), absl::InfiniteDuration());
  EXPECT_EQ(runs_.count(), 0);
  timer_.Elapse();
  timer_.AwaitWaits(2);
  EXPECT_EQ(runs_.count(), 1);
}

TEST_F(PeriodicThreadTest, RunsAgainEachTimeThatTheDelayHasPassed) {
  thread_.Start(absl::InfiniteDuration());
  for (int run = 1; run <= 3; ++run) {
    timer_.AwaitWaits(run);
    timer_.Elapse();
    runs_.Await(run);
  }
  timer_.AwaitWaits(4);
  EXPECT_EQ(runs_.count(), 3);
}

// The work decides anew after each run, as a job that retries sooner after a
// failure does.
TEST_F(PeriodicThreadTest, WaitsForAsLongAsTheWorkSays) {
  delay_hours_ = 1;
  thread_.Start(absl::InfiniteDuration());
  timer_.AwaitWaits(1);
  thread_.Wake();
  timer_.AwaitWaits(2);
  EXPECT_LE(timer_.timeout(), absl::Hours(1));
  EXPECT_GT(timer_.timeout(), absl::ZeroDuration());
  delay_hours_ = 0;
  thread_.Wake();
  timer_.AwaitWaits(3);
  EXPECT_LE(timer_.timeout(), absl::ZeroDuration());
}

TEST_F(PeriodicThreadTest, RunsWhenWoken) {
  thread_.Start(absl::InfiniteDuration());
  timer_.AwaitWaits(1);
  thread_.Wake();
  runs_.Await(1);
  timer_.AwaitWaits(2);
  thread_.Wake();
  runs_.Await(2);
}

TEST_F(PeriodicThreadTest, RunsOnceAtOnceWhenItWasWokenBeforeItStarted) {
  thread_.Wake();
  thread_.Wake();
  thread_.Start(absl::InfiniteDuration());
  timer_.AwaitWaits(1);  // The first thing it waits for is its second run.
  EXPECT_EQ(runs_.count(), 1);
}

TEST(PeriodicThreadStopTest, RunsNothingWhenItWasStoppedBeforeItStarted) {
  Runs runs;
  {
    PeriodicThread thread("test", [&] {
      runs.Add();
      return absl::InfiniteDuration();
    });
    thread.Wake();
    thread.Stop();
    EXPECT_TRUE(thread.stopping());
    thread.Start(absl::ZeroDuration());
  }
  EXPECT_EQ(runs.count(), 0);
}

// A wake that comes during a run must not be lost: the run may have looked
// before the change that it is about.
TEST(PeriodicThreadWakeTest, RunsAgainWhenWokenDuringARun) {
  FakeTimer timer;
  Runs runs;
  Gate gate;
  PeriodicThread thread(
      "test",
      [&] {
        gate.Pass();
        runs.Add();
        return absl::InfiniteDuration();
      },
      timer.AsWait());
  thread.Wake();
  thread.Start(absl::InfiniteDuration());
  gate.AwaitArrivals(1);
  thread.Wake();
  thread.Wake();
  gate.Open();
  timer.AwaitWaits(1);
  EXPECT_EQ(runs.count(), 2);
}

TEST(PeriodicThreadStopTest, DestructionWaitsForTheRunInProgress) {
  Gate gate;
  bool ended = false;
  auto thread = std::make_unique<PeriodicThread>("test", [&] {
    gate.Pass();
    ended = true;
    return absl::InfiniteDuration();
  });
  thread->Wake();
  thread->Start(absl::InfiniteDuration());
  gate.AwaitArrivals(1);
  thread->Stop();
  gate.Open();
  thread.reset();
  EXPECT_TRUE(ended);
}

// Work that asks for the next run at once must not keep the thread from ending.
TEST(PeriodicThreadStopTest, StopsBetweenRunsWithoutADelay) {
  Runs runs;
  {
    PeriodicThread thread("test", [&] {
      runs.Add();
      if (runs.count() == 3) thread.Stop();
      return absl::ZeroDuration();
    });
    thread.Start(absl::ZeroDuration());
    runs.Await(3);
  }
  EXPECT_EQ(runs.count(), 3);
}

TEST(PeriodicThreadStopTest, EndsARealWaitWhenItIsStopped) {
  Runs runs;
  {
    PeriodicThread thread("test", [&] {
      runs.Add();
      return absl::InfiniteDuration();
    });
    thread.Start(absl::Hours(1));
  }
  EXPECT_EQ(runs.count(), 0);
}

}  // namespace
}  // namespace cvr
