#include "services/metadata/operations/operations.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "cvr/v1/cache_service.pb.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/metadata/operations/operation_visibility.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

constexpr char kPurge[] = "CacheService.PurgeUpstreamCache";

Caller Member(const std::string& group, int64_t token_id) {
  Caller caller;
  caller.token_id = token_id;
  caller.may_manage = true;
  caller.group = group;
  return caller;
}

v1::PurgeCacheResponse Purged(int64_t entries) {
  v1::PurgeCacheResponse response;
  response.set_entry_count(entries);
  return response;
}

// One process after the other over the same store.
class OperationsTest : public ::testing::Test {
 protected:
  OperationsTest() { Restart(); }

  void Restart(const Operations::Options& options = {}) {
    operations_.reset();
    auto tables = store_ == nullptr ? InMemoryMetadataStore::Tables()
                                    : memory_->Snapshot();
    auto memory =
        store_ == nullptr
            ? std::make_unique<InMemoryMetadataStore>()
            : std::make_unique<InMemoryMetadataStore>(std::move(tables));
    memory_ = memory.get();
    store_ = std::make_unique<WatchedMetadataStore>(std::move(memory));
    operations_ = std::make_unique<Operations>(*store_, clock_, options);
    store_->Watch(Operations::kTables, [this] { operations_->NoteChange(); });
  }

  v1::Operation Begin(const NewOperation& operation = {kPurge, "acme"}) {
    const auto started = operations_->StartNew(operation);
    EXPECT_THAT(started, IsOk());
    return started.ok() ? *started : v1::Operation();
  }

  v1::Operation Get(int64_t id) {
    v1::GetOperationRequest request;
    request.set_id(id);
    const auto operation = operations_->Get(request, Caller::System());
    EXPECT_THAT(operation, IsOk());
    return operation.ok() ? *operation : v1::Operation();
  }

  // As it is when it has ended.
  v1::Operation Ended(int64_t id) {
    v1::WaitOperationRequest request;
    request.set_id(id);
    request.mutable_timeout()->set_seconds(600);
    const auto operation =
        operations_->Wait(request, Caller::System(), [] { return false; });
    EXPECT_THAT(operation, IsOk());
    EXPECT_TRUE(operation.ok() && operation->done());
    return operation.ok() ? *operation : v1::Operation();
  }

  FakeClock clock_;
  InMemoryMetadataStore* memory_ = nullptr;
  std::unique_ptr<WatchedMetadataStore> store_;
  std::unique_ptr<Operations> operations_;
};

TEST_F(OperationsTest, WorkIsDoneAndItsResponseKept) {
  operations_->Register(kPurge, [](OperationRun& run) {
    EXPECT_EQ(run.argument(), "upstream 7");
    v1::Operation::Progress progress;
    progress.set_done_count(3);
    run.Report(progress);
    return PackedResponse(Purged(3));
  });
  operations_->Start();
  NewOperation wanted = {kPurge, "acme"};
  wanted.request_id = "r";
  wanted.total_count = 3;
  wanted.argument = "upstream 7";
  const auto started = Begin(wanted);
  EXPECT_GT(started.id(), 0);
  EXPECT_FALSE(started.done());
  EXPECT_EQ(started.method(), kPurge);
  EXPECT_EQ(started.group(), "acme");
  EXPECT_EQ(started.request_id(), "r");
  EXPECT_EQ(started.progress().total_count(), 3);
  const auto ended = Ended(started.id());
  v1::PurgeCacheResponse response;
  ASSERT_TRUE(ended.response().UnpackTo(&response));
  EXPECT_EQ(response.entry_count(), 3);
  EXPECT_EQ(ended.progress().done_count(), 3);
  EXPECT_TRUE(ended.has_end_time());
}

TEST_F(OperationsTest, AnErrorIsKeptWithItsReason) {
  operations_->Register(
      kPurge, [](OperationRun&) -> absl::StatusOr<google::protobuf::Any> {
        return errors::StoreFull("no room");
      });
  operations_->Start();
  const auto ended = Ended(Begin().id());
  ASSERT_TRUE(ended.has_error());
  EXPECT_THAT(
      ErrorFromWire(ended.error()),
      StatusIs(absl::StatusCode::kResourceExhausted, Reason::kStoreFull));
}

TEST_F(OperationsTest, WhatIsDiscardedDoesNotBegin) {
  std::atomic<int> calls = 0;
  operations_->Register(kPurge, [&](OperationRun&) {
    ++calls;
    return PackedResponse(Purged(0));
  });
  operations_->Start();
  EXPECT_FALSE(
      store_
          ->Write(
              [&](WriteTransaction& transaction) {
                EXPECT_THAT(operations_->StartIn(transaction, {kPurge, "acme"}),
                            IsOk());
                return absl::AbortedError("no");
              },
              Durability::kSynced)
          .ok());
  Ended(Begin().id());
  EXPECT_EQ(calls, 1);
}

TEST_F(OperationsTest, TheNextProcessGoesOn) {
  const auto started = Begin({kPurge, "acme", "", 0, 0, "argument"});
  Restart();
  operations_->Register(kPurge, [](OperationRun& run) {
    EXPECT_EQ(run.argument(), "argument");
    return PackedResponse(Purged(1));
  });
  operations_->Start();
  EXPECT_TRUE(Ended(started.id()).has_response());
}

// Work that a stop has cut short is begun again.
TEST_F(OperationsTest, WhatAStopCutsShortHasNotEnded) {
  ChangeSignal begun;
  operations_->Register(
      kPurge, [&](OperationRun& run) -> absl::StatusOr<google::protobuf::Any> {
        ChangeSignal never;
        begun.Notify();
        while (!run.stopping()) {
          never.Await(0, SteadyDeadline(absl::Milliseconds(1)),
                      [] { return false; });
        }
        return absl::CancelledError("stopping");
      });
  operations_->Start();
  const auto started = Begin();
  begun.Await(0, SteadyDeadline(absl::InfiniteDuration()),
              [] { return false; });
  operations_->Stop();
  Restart();
  EXPECT_FALSE(Get(started.id()).done());
  operations_->Register(
      kPurge, [](OperationRun&) { return PackedResponse(Purged(1)); });
  operations_->Start();
  EXPECT_TRUE(Ended(started.id()).has_response());
}

TEST_F(OperationsTest, AMethodThatIsGoneEndsItsOperations) {
  operations_->Start();
  const auto ended = Ended(Begin().id());
  EXPECT_THAT(ErrorFromWire(ended.error()),
              StatusIs(absl::StatusCode::kUnimplemented));
}

TEST_F(OperationsTest, CancelledBeforeItHasBegun) {
  operations_->Register(
      kPurge, [](OperationRun&) { return PackedResponse(Purged(1)); });
  const auto started = Begin();
  v1::CancelOperationRequest cancel;
  cancel.set_id(started.id());
  ASSERT_THAT(operations_->Cancel(cancel, Caller::System()), IsOk());
  EXPECT_TRUE(Get(started.id()).cancel_requested());
  operations_->Start();
  EXPECT_THAT(ErrorFromWire(Ended(started.id()).error()),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(operations_->Cancel(cancel, Caller::System()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(OperationsTest, CancelledAtWork) {
  ChangeSignal begun;
  operations_->Register(
      kPurge, [&](OperationRun& run) -> absl::StatusOr<google::protobuf::Any> {
        begun.Notify();
        ChangeSignal never;
        while (!run.cancelled()) {
          never.Await(0, SteadyDeadline(absl::Milliseconds(1)),
                      [] { return false; });
        }
        return absl::CancelledError("cancelled");
      });
  operations_->Start();
  const auto started = Begin();
  begun.Await(0, SteadyDeadline(absl::InfiniteDuration()),
              [] { return false; });
  v1::CancelOperationRequest cancel;
  cancel.set_id(started.id());
  ASSERT_THAT(operations_->Cancel(cancel, Caller::System()), IsOk());
  EXPECT_THAT(ErrorFromWire(Ended(started.id()).error()),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(OperationsTest, SomeCannotBeCancelled) {
  NewOperation operation = {kPurge, ""};
  operation.can_cancel = false;
  v1::CancelOperationRequest cancel;
  cancel.set_id(Begin(operation).id());
  EXPECT_THAT(operations_->Cancel(cancel, Caller::System()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(OperationsTest, WaitingEnds) {
  v1::WaitOperationRequest wait;
  wait.set_id(Begin().id());
  wait.mutable_timeout();
  const auto operation =
      operations_->Wait(wait, Caller::System(), [] { return false; });
  ASSERT_THAT(operation, IsOk());
  EXPECT_FALSE(operation->done());
  wait.mutable_timeout()->set_seconds(600);
  EXPECT_THAT(operations_->Wait(wait, Caller::System(), [] { return true; }),
              IsOk());
  operations_->Stop();
  EXPECT_THAT(operations_->Wait(wait, Caller::System(), [] { return false; }),
              IsOk());
  wait.set_id(4711);
  EXPECT_THAT(operations_->Wait(wait, Caller::System(), [] { return false; }),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(OperationsTest, SoManyWait) {
  Restart({.waiting = {.total = 4, .per_caller = 0}});
  v1::WaitOperationRequest wait;
  wait.set_id(Begin().id());
  EXPECT_THAT(
      operations_->Wait(wait, Caller::System(), [] { return true; }),
      StatusIs(absl::StatusCode::kResourceExhausted, Reason::kOverloaded));
}

TEST_F(OperationsTest, ListsShowWhatTheCallerMaySee) {
  const auto a = Begin({kPurge, "acme"});
  const auto b = Begin({"SecretService.RotateSecretKey", ""});
  const auto c = Begin({kPurge, "other"});
  const auto ids = [&](const std::string& group, const std::string& filter,
                       const Caller& caller) {
    v1::ListOperationsRequest request;
    request.set_group(group);
    request.set_filter(filter);
    std::vector<int64_t> result;
    const auto page = operations_->List(request, caller);
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) return result;
    for (const auto& operation : page->operations()) {
      result.push_back(operation.id());
    }
    return result;
  };
  using Ids = std::vector<int64_t>;
  EXPECT_EQ(ids("-", "", Caller::System()), Ids({c.id(), b.id(), a.id()}));
  EXPECT_EQ(ids("-", "", Member("acme", 5)), Ids({a.id()}));
  EXPECT_EQ(ids("other", "", Member("acme", 5)), Ids());
  EXPECT_EQ(ids("acme", "", Caller::System()), Ids({a.id()}));
  EXPECT_EQ(
      ids("-", R"(method = "SecretService.RotateSecretKey")", Caller::System()),
      Ids({b.id()}));
  EXPECT_EQ(ids("-", "done = true", Caller::System()), Ids());

  v1::ListOperationsRequest request;
  request.set_group("-");
  request.set_page_size(2);
  const auto first = operations_->List(request, Caller::System());
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->operations_size(), 2);
  request.set_page_token(first->next_page_token());
  const auto second = operations_->List(request, Caller::System());
  ASSERT_THAT(second, IsOk());
  ASSERT_EQ(second->operations_size(), 1);
  EXPECT_EQ(second->operations(0).id(), a.id());
  EXPECT_EQ(second->next_page_token(), "");
}

// A token for some registries sees what it has started, and nothing else.
TEST_F(OperationsTest, WhoHasStartedItMaySeeIt) {
  stored::Operation operation;
  operation.set_group("acme");
  operation.set_token_id(5);
  Caller caller = Member("acme", 5);
  caller.registry_ids = {1};
  EXPECT_TRUE(MaySeeOperation(caller, operation));
  caller.token_id = 6;
  EXPECT_FALSE(MaySeeOperation(caller, operation));
  caller.registry_ids.clear();
  EXPECT_TRUE(MaySeeOperation(caller, operation));
  operation.set_group("");
  EXPECT_FALSE(MaySeeOperation(caller, operation));
  EXPECT_FALSE(MaySeeOperation(Caller(), stored::Operation()));
}

TEST_F(OperationsTest, OldOnesAreRemoved) {
  operations_->Register(
      kPurge, [](OperationRun&) { return PackedResponse(Purged(1)); });
  operations_->Start();
  const auto ended = Ended(Begin().id());
  clock_.Advance(absl::Hours(7 * 24) - absl::Seconds(1));
  ASSERT_THAT(operations_->Sweep(), IsOk());
  EXPECT_TRUE(Get(ended.id()).done());
  clock_.Advance(absl::Seconds(2));
  ASSERT_THAT(operations_->Sweep(), IsOk());
  v1::GetOperationRequest get;
  get.set_id(ended.id());
  EXPECT_THAT(operations_->Get(get, Caller::System()),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(OperationsTest, SoManyGoOn) {
  Restart({.unfinished_max = 1});
  OperationStart start = {"RefreshService.PrefetchImage", "acme"};
  ASSERT_THAT(operations_->Start(start), IsOk());
  EXPECT_THAT(
      operations_->StartNew({kPurge, "acme"}),
      StatusIs(absl::StatusCode::kResourceExhausted, Reason::kLimitReached));
}

TEST_F(OperationsTest, AnImaginedOneHasEnded) {
  const auto imagined = operations_->Imagined({kPurge, "acme"}, Purged(4));
  EXPECT_EQ(imagined.id(), 0);
  EXPECT_TRUE(imagined.done());
  v1::PurgeCacheResponse response;
  ASSERT_TRUE(imagined.response().UnpackTo(&response));
  EXPECT_EQ(response.entry_count(), 4);
}

// Operations that blob services work on.
class RecordedOperationsTest : public OperationsTest {
 protected:
  int64_t BeginRemote(const std::string& request_id = "") {
    const auto started = operations_->Start(
        {"RefreshService.PrefetchImage", "acme", request_id, 5, 2, "blob-1"});
    EXPECT_THAT(started, IsOk());
    return started.ok() ? started->operation.id() : 0;
  }
};

TEST_F(RecordedOperationsTest, IsReportedAndFinished) {
  operations_->Start();
  const int64_t id = BeginRemote();
  v1::Operation::Progress progress;
  progress.set_done_count(1);
  progress.set_total_count(2);
  auto cancelled = operations_->ReportProgress(id, progress);
  ASSERT_THAT(cancelled, IsOk());
  EXPECT_FALSE(*cancelled);
  EXPECT_EQ(Get(id).progress().done_count(), 1);
  v1::CancelOperationRequest cancel;
  cancel.set_id(id);
  ASSERT_THAT(operations_->Cancel(cancel, Caller::System()), IsOk());
  cancelled = operations_->ReportProgress(id, progress);
  ASSERT_THAT(cancelled, IsOk());
  EXPECT_TRUE(*cancelled);
  ASSERT_THAT(operations_->Finish(id, progress, absl::CancelledError("so")),
              IsOk());
  EXPECT_TRUE(Get(id).done());
  // Changes nothing.
  ASSERT_THAT(operations_->Finish(id, progress, PackedResponse(Purged(1))),
              IsOk());
  EXPECT_TRUE(Get(id).has_error());
  EXPECT_THAT(operations_->ReportProgress(id, progress),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(RecordedOperationsTest, ARepeatedStartIsTheSame) {
  const int64_t id = BeginRemote("r");
  auto again = operations_->Start(
      {"RefreshService.PrefetchImage", "acme", "r", 5, 2, "blob-2"});
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->already_started);
  EXPECT_EQ(again->operation.id(), id);
  // Of another caller.
  again = operations_->Start(
      {"RefreshService.PrefetchImage", "acme", "r", 6, 2, "blob-2"});
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->already_started);
}

TEST_F(RecordedOperationsTest, ALeaseThatIsOverEndsIt) {
  const int64_t id = BeginRemote();
  clock_.Advance(kOperationLease - absl::Seconds(1));
  ASSERT_THAT(operations_->Sweep(), IsOk());
  ASSERT_THAT(operations_->ReportProgress(id, {}), IsOk());
  clock_.Advance(kOperationLease - absl::Seconds(1));
  ASSERT_THAT(operations_->Sweep(), IsOk());
  EXPECT_FALSE(Get(id).done());
  clock_.Advance(absl::Seconds(1));
  ASSERT_THAT(operations_->Sweep(), IsOk());
  EXPECT_THAT(ErrorFromWire(Get(id).error()),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RecordedOperationsTest, ARestartRenewsTheLease) {
  const int64_t id = BeginRemote();
  clock_.Advance(kOperationLease * 2);
  Restart();
  operations_->Start();
  ASSERT_THAT(operations_->Sweep(), IsOk());
  EXPECT_FALSE(Get(id).done());
  ASSERT_THAT(operations_->ReportProgress(id, {}), IsOk());
}

// A blob service has no say about others.
TEST_F(RecordedOperationsTest, OperationsOfThisProcessAreNotItsToFinish) {
  const auto own = Begin();
  EXPECT_THAT(operations_->ReportProgress(own.id(), {}),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(operations_->Finish(own.id(), {}, PackedResponse(Purged(1))),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace cvr::testing
