#include "services/metadata/admin/cleanup_runner.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/content_wire.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/admin/cleanup_policy_admin.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/operation_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

// A store that asks before each write whether it may.
class GuardedMetadataStore : public MetadataStore {
 public:
  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override {
    return store_.Read(fn);
  }
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override {
    const int number = ++writes;
    // It may replace itself.
    if (const auto ask = before_write) {
      const absl::Status status = ask(number);
      if (!status.ok()) return status;
    }
    return store_.Write(fn, durability);
  }

  void Watch(absl::Span<const Table> tables,
             WatchedMetadataStore::Watcher watcher) {
    store_.Watch(tables, std::move(watcher));
  }

  std::function<absl::Status(int number)> before_write;
  std::atomic<int> writes = 0;

 private:
  WatchedMetadataStore store_{std::make_unique<InMemoryMetadataStore>()};
};

// Upstreams 1 and 2 are of the default group, upstream 3 is of `acme`.
class CleanupRunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_.Watch(Operations::kTables, [this] { operations_.NoteChange(); });
    for (const char* group : {"default", "acme"}) {
      Put([&](WriteTransaction& transaction) {
        stored::Group row;
        row.set_name(group);
        tables::PutGroup(transaction, row);
      });
    }
    for (const int64_t id : {1, 2, 3}) {
      Put([&](WriteTransaction& transaction) {
        stored::Upstream row;
        row.mutable_upstream()->set_id(id);
        row.mutable_upstream()->set_group(id == 3 ? "acme" : "default");
        tables::PutUpstream(transaction, row);
      });
    }
  }

  void Put(const std::function<void(WriteTransaction&)>& fn) {
    ASSERT_THAT(store_.Write(
                    [&](WriteTransaction& transaction) {
                      fn(transaction);
                      return absl::OkStatus();
                    },
                    Durability::kSynced),
                IsOk());
  }

  static stored::CacheEntry Entry(int64_t id, int64_t upstream_id) {
    stored::CacheEntry entry;
    entry.set_id(id);
    entry.set_upstream_id(upstream_id);
    entry.set_relative_path(absl::StrCat("/a/manifests/t", id));
    entry.set_digest(Digest::OfBytes(absl::StrCat(id)).ToString());
    entry.set_size(10);
    return entry;
  }

  // Entries `first` to `last`, made and downloaded so long ago.
  void AddEntries(int64_t first, int64_t last, int64_t upstream_id,
                  absl::Duration made, absl::Duration downloaded) {
    Put([&](WriteTransaction& transaction) {
      for (int64_t id = first; id <= last; ++id) {
        stored::CacheEntry entry = Entry(id, upstream_id);
        *entry.mutable_create_time() = ToWire(clock_.Now() - made);
        if (downloaded != absl::InfiniteDuration()) {
          *entry.mutable_downloaded_at() = ToWire(clock_.Now() - downloaded);
        }
        EXPECT_TRUE(tables::PutCacheEntry(transaction, "", entry).ok());
      }
    });
  }
  void AddOld(int64_t first, int64_t last, int64_t upstream_id = 1) {
    AddEntries(first, last, upstream_id, 90 * kDay, 60 * kDay);
  }

  // By id.
  std::vector<int64_t> Left() {
    std::vector<int64_t> ids;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      return tables::VisitCacheEntries(
          transaction, 0, 0,
          [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
            ids.push_back(entry.id());
            return true;
          });
    }),
                IsOk());
    return ids;
  }

  void MakePolicy(bool enabled = true) { Update(enabled, /*keep_days=*/30); }
  v1::CleanupPolicy Policy(const std::string& group = "default") {
    v1::GetCleanupPolicyRequest request;
    request.set_group(group);
    const auto policy = admin_.Get(request);
    EXPECT_THAT(policy, IsOk());
    return policy.ok() ? *policy : v1::CleanupPolicy();
  }
  void Update(bool enabled, int keep_days) {
    v1::UpdateCleanupPolicyRequest request;
    auto& policy = *request.mutable_cleanup_policy();
    policy.set_group("default");
    policy.set_enabled(enabled);
    *policy.mutable_keep_after_last_pull() = ToWire(keep_days * kDay);
    request.mutable_update_mask()->add_paths("enabled");
    request.mutable_update_mask()->add_paths("keep_after_last_pull");
    ASSERT_THAT(admin_.Update(request), IsOk());
  }
  // As if an earlier revision had been asked for a run: one write.
  void MakeDue(const std::string& group = "default") {
    Put([&](WriteTransaction& transaction) {
      auto row = *tables::CleanupPolicyOf(transaction, group);
      row.set_is_run_requested(true);
      tables::PutCleanupPolicy(transaction, row);
    });
  }

  absl::StatusOr<v1::Operation> Ask(const std::string& group = "default",
                                    bool validate_only = false) {
    v1::RunCleanupRequest request;
    request.set_group(group);
    request.set_validate_only(validate_only);
    return admin_.Run(request, Caller::System());
  }
  // What the operation asks for, done here.
  absl::StatusOr<v1::CleanupRun> Work(const v1::Operation& operation) {
    stored::Operation row;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      row = **tables::FindOperation(transaction, operation.id());
      return absl::OkStatus();
    }),
                IsOk());
    OperationRun run(operations_, row);
    const auto done = runner_->RunFor(run);
    progress_ = run.progress();
    if (!done.ok()) return done.status();
    v1::CleanupRun response;
    EXPECT_TRUE(done->UnpackTo(&response));
    return response;
  }
  std::vector<v1::CleanupRun> Runs() {
    v1::ListCleanupRunsRequest request;
    request.set_group("default");
    const auto runs = admin_.ListRuns(request);
    EXPECT_THAT(runs, IsOk());
    return {runs->runs().begin(), runs->runs().end()};
  }

  std::unique_ptr<CleanupRunner> NewRunner() {
    return std::make_unique<CleanupRunner>(
        store_, pulls_, clock_,
        CleanupRunner::Options{.check_interval = absl::InfiniteDuration()});
  }

  FakeClock clock_;
  GuardedMetadataStore store_;
  PullCounter pulls_{store_, {.flush_interval = absl::InfiniteDuration()}};
  Operations operations_{store_, clock_};  // Not started.
  CleanupPolicyAdmin admin_{store_, pulls_, operations_, clock_};
  v1::Operation::Progress progress_;
  std::unique_ptr<CleanupRunner> runner_ = NewRunner();
};

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
