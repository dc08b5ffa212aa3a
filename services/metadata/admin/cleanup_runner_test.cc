#include "services/metadata/admin/cleanup_runner.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/content_wire.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/admin/cleanup_fixture.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

TEST_F(CleanupRunnerTest, DropsWhatIsOlderAndNothingElse) {
  MakePolicy();
  clock_.Advance(7 * kDay);
  AddEntries(1, 1, 1, 90 * kDay, 30 * kDay);
  AddEntries(2, 2, 1, 90 * kDay, 30 * kDay + absl::Seconds(1));
  AddEntries(3, 3, 1, 30 * kDay, absl::InfiniteDuration());
  AddEntries(4, 4, 2, 30 * kDay + absl::Seconds(1), absl::InfiniteDuration());
  AddOld(5, 5, /*upstream_id=*/3);
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::ElementsAre(1, 3, 5));
  const auto policy = Policy();
  EXPECT_EQ(policy.last_run().state(), v1::CleanupRun::STATE_SUCCEEDED);
  EXPECT_EQ(policy.last_run().deleted_count(), 2);
  EXPECT_EQ(policy.last_run().deleted_bytes(), 20);
  EXPECT_EQ(FromWire(policy.last_run().start_time()), clock_.Now());
  EXPECT_EQ(FromWire(policy.next_run_time()), clock_.Now() + 7 * kDay);
}

TEST_F(CleanupRunnerTest, RunsWhenItsTimeHasCome) {
  MakePolicy();
  AddOld(1, 1);
  clock_.Advance(7 * kDay - absl::Seconds(1));
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_FALSE(Policy().has_last_run());
  clock_.Advance(absl::Seconds(1));
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(Policy().last_run().deleted_count(), 1);
  // The figures are those of the last run.
  clock_.Advance(7 * kDay);
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(Policy().last_run().deleted_count(), 0);
  EXPECT_EQ(Policy().last_run().deleted_bytes(), 0);
}

TEST_F(CleanupRunnerTest, OneThatIsOffRunsWhenAskedToOnly) {
  MakePolicy(/*enabled=*/false);
  AddOld(1, 1);
  clock_.Advance(100 * kDay);
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::ElementsAre(1));
  MakeDue();
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::IsEmpty());
  EXPECT_FALSE(Policy().has_next_run_time());
  const int writes = store_.writes;
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(store_.writes, writes) << "it ran again";
}

TEST_F(CleanupRunnerTest, WhatWasJustPulledStays) {
  MakePolicy();
  AddOld(1, 2);
  pulls_.Count(2, clock_.Now());
  MakeDue();
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::ElementsAre(2));
}

// Begin, three batches, end.
TEST_F(CleanupRunnerTest, OthersMayWriteBetweenBatches) {
  MakePolicy();
  AddOld(1, 96);
  MakeDue();
  const int before = store_.writes;
  std::vector<size_t> left;
  store_.before_write = [&](int) {
    left.push_back(Left().size());
    // Downloaded while the first batch waits.
    if (left.size() == 3) pulls_.Count(96, clock_.Now());
    return absl::OkStatus();
  };
  ASSERT_THAT(runner_->RunDue(), IsOk());
  store_.before_write = nullptr;
  // The download is merged by a write of its own.
  EXPECT_THAT(left, ::testing::ElementsAre(96, 96, 56, 16, 16, 1));
  EXPECT_EQ(store_.writes, before + 6);
  EXPECT_THAT(Left(), ::testing::ElementsAre(96));
  EXPECT_EQ(Policy().last_run().deleted_count(), 95);
  EXPECT_EQ(Policy().last_run().deleted_bytes(), 950);
}

TEST_F(CleanupRunnerTest, ChangesHoldFromTheNextBatchOn) {
  MakePolicy();
  AddOld(1, 96);
  MakeDue();
  const int before = store_.writes;
  store_.before_write = [&](int number) {
    if (number != before + 3) return absl::OkStatus();
    store_.before_write = nullptr;
    Update(/*enabled=*/true, /*keep_days=*/60);
    return absl::OkStatus();
  };
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(Left().size(), 56);
  EXPECT_EQ(Policy().last_run().deleted_count(), 40);
  EXPECT_EQ(Policy().last_run().state(), v1::CleanupRun::STATE_SUCCEEDED);
}

TEST_F(CleanupRunnerTest, OneThatIsDeletedInTheMiddleStops) {
  MakePolicy();
  AddOld(1, 96);
  MakeDue();
  const int before = store_.writes;
  store_.before_write = [&](int number) {
    if (number != before + 3) return absl::OkStatus();
    store_.before_write = nullptr;
    Put([](WriteTransaction& transaction) {
      tables::DeleteCleanupPolicy(transaction, "default");
    });
    MakePolicy();
    return absl::OkStatus();
  };
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(Left().size(), 56);
  EXPECT_FALSE(Policy().has_last_run());
  EXPECT_EQ(Policy().last_run().deleted_count(), 0);
}

TEST_F(CleanupRunnerTest, GoesOnWithWhatACrashLeft) {
  MakePolicy();
  AddOld(1, 96);
  MakeDue();
  const int before = store_.writes;
  // From the second batch on nothing is written: so is what dies there.
  store_.before_write = [&](int number) {
    return number < before + 3 ? absl::OkStatus()
                               : absl::UnavailableError("the disk is gone");
  };
  EXPECT_THAT(runner_->RunDue(), StatusIs(absl::StatusCode::kUnavailable));
  runner_.reset();
  store_.before_write = nullptr;
  EXPECT_EQ(Policy().last_run().state(), v1::CleanupRun::STATE_RUNNING);
  EXPECT_EQ(Policy().last_run().deleted_count(), 40);
  const absl::Time began = clock_.Now();
  clock_.Advance(absl::Hours(1));

  runner_ = NewRunner();
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::IsEmpty());
  EXPECT_EQ(Policy().last_run().state(), v1::CleanupRun::STATE_SUCCEEDED);
  EXPECT_EQ(Policy().last_run().deleted_count(), 96);
  EXPECT_EQ(FromWire(Policy().last_run().start_time()), began);
  EXPECT_EQ(FromWire(Policy().next_run_time()), clock_.Now() + 7 * kDay);
}

TEST_F(CleanupRunnerTest, AFailureIsShownAndTriedAgainNextTime) {
  MakePolicy();
  AddOld(1, 96);
  MakeDue();
  const int before = store_.writes;
  const std::string reason =
      "x" + std::string(127, 'y') + std::string(200, 'z');
  store_.before_write = [&](int number) {
    return number == before + 3
               ? absl::ResourceExhaustedError("\xc3\xa9" + reason)
               : absl::OkStatus();
  };
  // A failure of one group is no failure of the runner.
  EXPECT_THAT(runner_->RunDue(), IsOk());
  const auto policy = Policy();
  EXPECT_EQ(policy.last_run().state(), v1::CleanupRun::STATE_FAILED);
  EXPECT_EQ(policy.last_run().error().message(),
            ("\xc3\xa9" + reason).substr(0, 255));
  EXPECT_EQ(policy.last_run().deleted_count(), 40);
  EXPECT_EQ(FromWire(policy.next_run_time()), clock_.Now() + 7 * kDay);
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(Left().size(), 56);

  clock_.Advance(7 * kDay);
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::IsEmpty());
  EXPECT_EQ(Policy().last_run().state(), v1::CleanupRun::STATE_SUCCEEDED);
  EXPECT_EQ(Policy().last_run().error().message(), "");
  EXPECT_EQ(Policy().last_run().deleted_count(), 56);
}

TEST_F(CleanupRunnerTest, NoMessageEndsWithHalfACharacter) {
  MakePolicy();
  AddOld(1, 1);
  MakeDue();
  const int before = store_.writes;
  store_.before_write = [&](int number) {
    return number == before + 2
               ? absl::DataLossError(std::string(254, 'a') + "\xc3\xa9")
               : absl::OkStatus();
  };
  EXPECT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(Policy().last_run().error().message(), std::string(254, 'a'));
}

TEST_F(CleanupRunnerTest, ADamagedGroupKeepsNoOtherWaiting) {
  MakePolicy();
  AddOld(1, 1);
  AddOld(2, 2, /*upstream_id=*/3);
  Put([](WriteTransaction& transaction) {
    stored::CacheEntry entry = Entry(2, 3);
    entry.set_relative_path("/nonsense");
    EXPECT_TRUE(tables::PutCacheEntry(transaction, "", entry).ok());
  });
  MakeDue("acme");
  MakeDue();
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_EQ(Policy().last_run().deleted_count(), 1);
  EXPECT_EQ(Policy("acme").last_run().state(), v1::CleanupRun::STATE_FAILED);
}

// With a thread of its own.
class CleanupThreadTest : public CleanupRunnerTest {
 protected:
  // Holds up the write with that number.
  void HoldAt(int number) {
    store_.before_write = [this, number](int now) {
      if (now != number) return absl::OkStatus();
      MutexLock lock(&mutex_);
      is_held_ = true;
      changed_.SignalAll();
      while (!may_go_) changed_.Wait(&mutex_);
      return absl::OkStatus();
    };
  }
  void AwaitHeld() {
    MutexLock lock(&mutex_);
    while (!is_held_) changed_.Wait(&mutex_);
  }
  void LetGo() {
    MutexLock lock(&mutex_);
    may_go_ = true;
    changed_.SignalAll();
  }

  Mutex mutex_;
  CondVar changed_;
  bool is_held_ ABSL_GUARDED_BY(mutex_) = false;
  bool may_go_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST_F(CleanupThreadTest, ARequestWakesIt) {
  MakePolicy();
  AddOld(1, 1);
  const int before = store_.writes;
  store_.Watch(CleanupRunner::kTables,
               [runner = runner_.get()] { runner->NotePolicyChange(); });
  HoldAt(before + 2);  // The request is the first.
  runner_->Start();
  MakeDue();
  AwaitHeld();
  LetGo();
  runner_.reset();
  EXPECT_TRUE(Policy().has_last_run());
}

// A run whose outcome cannot be written would be repeated without a pause.
TEST_F(CleanupRunnerTest, ItsOwnWritesDoNotWakeIt) {
  int changes = 0;
  int wakes = 0;
  store_.Watch(CleanupRunner::kTables, [&] {
    ++changes;
    if (runner_->NotePolicyChange()) ++wakes;
  });
  MakePolicy();
  MakeDue();
  EXPECT_EQ(wakes, 2);
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_TRUE(Policy().has_last_run());
  EXPECT_GT(changes, 2);
  EXPECT_EQ(wakes, 2);
  MakeDue();
  EXPECT_EQ(wakes, 3);
}

TEST_F(CleanupThreadTest, StopsAfterTheBatchAtHand) {
  MakePolicy();
  AddOld(1, 96);
  MakeDue();
  HoldAt(store_.writes + 2);
  runner_->Start();
  AwaitHeld();
  runner_->Stop();
  LetGo();
  runner_.reset();
  EXPECT_EQ(Left().size(), 56);
  EXPECT_EQ(Policy().last_run().deleted_count(), 40);
  EXPECT_EQ(Policy().last_run().state(), v1::CleanupRun::STATE_RUNNING);
}

}  // namespace
}  // namespace cvr::testing
