// Runs that somebody asks for, the history of runs, and rows of earlier
// revisions.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/content_wire.h"
#include "services/metadata/admin/cleanup_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

TEST_F(CleanupRunnerTest, AnOperationRunsOneThatIsOff) {
  AddOld(1, 96);
  const auto operation = Ask();
  ASSERT_THAT(operation, IsOk());
  EXPECT_EQ(operation->method(), "CleanupPolicyService.RunCleanup");
  EXPECT_EQ(operation->group(), "default");
  const auto run = Work(*operation);
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->state(), v1::CleanupRun::STATE_SUCCEEDED);
  EXPECT_EQ(run->deleted_count(), 96);
  EXPECT_EQ(run->deleted_bytes(), 960);
  EXPECT_EQ(run->operation_id(), operation->id());
  EXPECT_EQ(FromWire(run->end_time()), clock_.Now());
  EXPECT_EQ(progress_.done_count(), 96);
  EXPECT_EQ(progress_.done_bytes(), 960);
  EXPECT_THAT(Left(), ::testing::IsEmpty());
  EXPECT_FALSE(Policy().has_next_run_time());
  // Called again it returns the run, and makes no other one.
  AddOld(1, 1);
  EXPECT_EQ(Work(*operation)->SerializeAsString(), run->SerializeAsString());
  EXPECT_THAT(Left(), ::testing::ElementsAre(1));
  EXPECT_THAT(Runs(), ::testing::SizeIs(1));
}

TEST_F(CleanupRunnerTest, AnOperationGoesOnAfterACrash) {
  AddOld(1, 96);
  const auto operation = Ask();
  ASSERT_THAT(operation, IsOk());
  const int before = store_.writes;
  // Begin, the first batch and its report are written.
  store_.before_write = [&](int number) {
    return number < before + 4 ? absl::OkStatus()
                               : absl::UnavailableError("the disk is gone");
  };
  EXPECT_THAT(Work(*operation), StatusIs(absl::StatusCode::kUnavailable));
  store_.before_write = nullptr;
  EXPECT_EQ(Policy().last_run().state(), v1::CleanupRun::STATE_RUNNING);
  clock_.Advance(absl::Hours(1));
  runner_ = NewRunner();
  const auto run = Work(*operation);
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->deleted_count(), 96);
  EXPECT_EQ(FromWire(run->start_time()), clock_.Now() - absl::Hours(1));
  EXPECT_THAT(Runs(), ::testing::SizeIs(1));
}

// The runner's own thread is there first, or the operation failed.
TEST_F(CleanupRunnerTest, ARunThatIsLeftOverIsEndedByWhoeverComesFirst) {
  AddOld(1, 96);
  const auto operation = Ask();
  ASSERT_THAT(operation, IsOk());
  const int before = store_.writes;
  store_.before_write = [&](int number) {
    return number < before + 4 ? absl::OkStatus()
                               : absl::UnavailableError("the disk is gone");
  };
  EXPECT_THAT(Work(*operation), StatusIs(absl::StatusCode::kUnavailable));
  store_.before_write = nullptr;
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::IsEmpty());
  const auto run = Work(*operation);
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->deleted_count(), 96);
  EXPECT_EQ(run->operation_id(), operation->id());
  EXPECT_THAT(Runs(), ::testing::SizeIs(1));
}

TEST_F(CleanupRunnerTest, ACancelledOperationKeepsWhatItHasDone) {
  AddOld(1, 96);
  const auto operation = Ask();
  ASSERT_THAT(operation, IsOk());
  const int before = store_.writes;
  store_.before_write = [&](int number) {
    if (number != before + 2) return absl::OkStatus();  // The first batch.
    store_.before_write = nullptr;
    v1::CancelOperationRequest cancel;
    cancel.set_id(operation->id());
    EXPECT_THAT(operations_.Cancel(cancel, Caller::System()), IsOk());
    return absl::OkStatus();
  };
  EXPECT_THAT(Work(*operation), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(Left().size(), 56);
  const auto run = Policy().last_run();
  EXPECT_EQ(run.state(), v1::CleanupRun::STATE_FAILED);
  EXPECT_EQ(run.error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  EXPECT_EQ(run.deleted_count(), 40);
}

TEST_F(CleanupRunnerTest, ValidatingCountsWhatWouldGo) {
  AddOld(1, 3);
  AddEntries(4, 4, 1, kDay, kDay);
  AddOld(5, 5, /*upstream_id=*/3);
  pulls_.Count(3, clock_.Now());
  const auto operation = Ask("default", /*validate_only=*/true);
  ASSERT_THAT(operation, IsOk());
  EXPECT_TRUE(operation->done());
  v1::CleanupRun run;
  ASSERT_TRUE(operation->response().UnpackTo(&run));
  EXPECT_EQ(run.deleted_count(), 2);
  EXPECT_EQ(run.deleted_bytes(), 20);
  EXPECT_EQ(Left().size(), 5);
  EXPECT_FALSE(Policy().has_last_run());
  EXPECT_THAT(Ask("nobody"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Ask("nobody", true), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CleanupRunnerTest, TheLastHundredRunsAreKept) {
  for (int i = 1; i <= 103; ++i) {
    AddOld(i, i);
    MakeDue();
    clock_.Advance(absl::Seconds(1));
    ASSERT_THAT(runner_->RunDue(), IsOk());
  }
  std::vector<int64_t> starts;
  v1::ListCleanupRunsRequest request;
  request.set_group("default");
  request.set_page_size(30);
  do {
    const auto page = admin_.ListRuns(request);
    ASSERT_THAT(page, IsOk());
    for (const auto& run : page->runs()) {
      starts.push_back(absl::ToUnixSeconds(clock_.Now()) -
                       run.start_time().seconds());
      EXPECT_EQ(run.operation_id(), 0);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  ASSERT_THAT(starts, ::testing::SizeIs(100));
  // Newest first, a second apart.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(starts[i], i);
}

// What earlier revisions have written: days, and the last run in the policy.
TEST_F(CleanupRunnerTest, RowsOfEarlierRevisionsAreRead) {
  Put([&](WriteTransaction& transaction) {
    stored::CleanupPolicy row;
    auto& policy = *row.mutable_policy();
    policy.set_group("default");
    policy.set_enabled(true);
    policy.set_keep_n_days_after_download(5);
    policy.set_cadence_days(14);
    policy.set_notify_on_success(true);
    policy.set_status(stored::CleanupPolicyResource::STATUS_FAILED);
    policy.set_failure_message("no room");
    *policy.mutable_last_run_time() = ToWire(clock_.Now() - kDay);
    policy.set_last_run_deleted_entries(3);
    policy.set_last_run_deleted_bytes(30);
    *policy.mutable_next_run_time() = ToWire(clock_.Now() + kDay);
    *policy.mutable_create_time() = ToWire(clock_.Now() - 9 * kDay);
    policy.set_etag("1f");
    transaction.Put(Table::kCleanupPolicies, "default",
                    row.SerializeAsString());
  });
  const v1::CleanupPolicy policy = Policy();
  EXPECT_TRUE(policy.enabled());
  EXPECT_EQ(FromWire(policy.keep_after_last_pull()), 5 * kDay);
  EXPECT_EQ(FromWire(policy.run_interval()), 14 * kDay);
  EXPECT_EQ(policy.etag(), "1f");
  EXPECT_EQ(policy.last_run().state(), v1::CleanupRun::STATE_FAILED);
  EXPECT_EQ(policy.last_run().error().message(), "no room");
  EXPECT_EQ(policy.last_run().deleted_count(), 3);
  EXPECT_EQ(policy.last_run().deleted_bytes(), 30);
  EXPECT_EQ(FromWire(policy.last_run().start_time()), clock_.Now() - kDay);
  internal::v1::GetFacadeSettingsRequest get;
  get.set_group("default");
  EXPECT_TRUE(admin_.GetFacadeSettings(get)->settings().notify_on_success());
  // The next run adds to what is known.
  clock_.Advance(kDay);
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Runs(), ::testing::SizeIs(2));
  EXPECT_EQ(FromWire(Policy().next_run_time()), clock_.Now() + 14 * kDay);
}

TEST_F(CleanupRunnerTest, ARunThatAnEarlierRevisionHasBegunGoesOn) {
  AddOld(1, 3);
  Put([&](WriteTransaction& transaction) {
    stored::CleanupPolicy row;
    auto& policy = *row.mutable_policy();
    policy.set_group("default");
    policy.set_enabled(true);
    policy.set_keep_n_days_after_download(30);
    policy.set_cadence_days(7);
    policy.set_status(stored::CleanupPolicyResource::STATUS_RUNNING);
    *policy.mutable_last_run_time() = ToWire(clock_.Now() - absl::Hours(1));
    policy.set_last_run_deleted_entries(4);
    *policy.mutable_next_run_time() = ToWire(clock_.Now() - absl::Hours(1));
    transaction.Put(Table::kCleanupPolicies, "default",
                    row.SerializeAsString());
  });
  ASSERT_THAT(runner_->RunDue(), IsOk());
  EXPECT_THAT(Left(), ::testing::IsEmpty());
  ASSERT_THAT(Runs(), ::testing::SizeIs(1));
  EXPECT_EQ(Runs()[0].state(), v1::CleanupRun::STATE_SUCCEEDED);
  EXPECT_EQ(Runs()[0].deleted_count(), 7);
}

}  // namespace
}  // namespace cvr::testing
