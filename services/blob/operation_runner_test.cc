#include "services/blob/operation_runner.h"

#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/metadata/api/operation_record_wire.h"
#include "tests/support/in_memory_operation_recorder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

google::protobuf::Any Done(int64_t count) {
  v1::Operation::Progress response;
  response.set_done_count(count);
  google::protobuf::Any any;
  any.PackFrom(response);
  return any;
}

class OperationRunnerTest : public ::testing::Test {
 protected:
  static OperationRunner::Options FastReports() {
    OperationRunner::Options options;
    options.running_max = 8;
    options.report_interval = absl::Milliseconds(1);
    options.instance = "blob-a";
    return options;
  }
  static OperationStart Begin(const std::string& group = "acme",
                              const std::string& request_id = "") {
    return {.method = "RefreshService.PrefetchImage",
            .group = group,
            .request_id = request_id};
  }
  // Work that waits there, or until it is told to end.
  static OperationRunner::Work WaitAt(std::shared_ptr<Gate> gate) {
    return [gate](RunningOperation& operation)
               -> absl::StatusOr<google::protobuf::Any> {
      gate->Pass(operation.stop_token());
      if (operation.stop_token().stop_requested()) {
        return absl::InternalError("torn off");
      }
      return Done(1);
    };
  }

  InMemoryOperationRecorder recorder_;
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  OperationRunner runner_{FastReports(), recorder_};
};

TEST_F(OperationRunnerTest, AnswersAtOnceAndRecordsTheEnd) {
  const auto started = runner_.Start(Begin(), WaitAt(gate_));
  ASSERT_THAT(started, IsOk());
  EXPECT_EQ(started->id(), 1);
  EXPECT_FALSE(started->done());
  ASSERT_EQ(recorder_.starts().size(), 1);
  EXPECT_EQ(recorder_.starts()[0].instance, "blob-a");
  gate_->Open();
  const v1::Operation ended = recorder_.AwaitEnd(1);
  v1::Operation::Progress response;
  ASSERT_TRUE(ended.response().UnpackTo(&response));
  EXPECT_EQ(response.done_count(), 1);
}

TEST_F(OperationRunnerTest, ErrorsOfTheWorkAreItsEnd) {
  ASSERT_THAT(runner_.Start(Begin(),
                            [](RunningOperation&) {
                              return errors::ManifestUnknown("r", "t");
                            }),
              IsOk());
  EXPECT_THAT(ErrorFromWire(recorder_.AwaitEnd(1).error()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

TEST_F(OperationRunnerTest, ProgressIsReported) {
  ASSERT_THAT(runner_.Start(Begin(),
                            [this](RunningOperation& operation) {
                              operation.SetTotal(9);
                              operation.Add(2, 100);
                              operation.Add(1);
                              gate_->Pass();
                              return Done(3);
                            }),
              IsOk());
  gate_->AwaitArrivals();
  recorder_.AwaitReports(recorder_.reports() + 2);
  const auto progress = recorder_.operation(1).progress();
  EXPECT_EQ(progress.total_count(), 9);
  EXPECT_EQ(progress.done_count(), 3);
  EXPECT_EQ(progress.done_bytes(), 100);
  gate_->Open();
  EXPECT_EQ(recorder_.AwaitEnd(1).progress().done_count(), 3);
}

TEST_F(OperationRunnerTest, CancelledWorkEndsWithCancelled) {
  ASSERT_THAT(runner_.Start(Begin(), WaitAt(gate_)), IsOk());
  gate_->AwaitArrivals();
  recorder_.Cancel(1);
  EXPECT_THAT(ErrorFromWire(recorder_.AwaitEnd(1).error()),
              StatusIs(absl::StatusCode::kCancelled));
}

// What was cancelled too late has its response.
TEST_F(OperationRunnerTest, WorkThatWasDoneIsDone) {
  ASSERT_THAT(runner_.Start(Begin(),
                            [this](RunningOperation& operation) {
                              gate_->Pass(operation.stop_token());
                              return Done(5);
                            }),
              IsOk());
  gate_->AwaitArrivals();
  recorder_.Cancel(1);
  EXPECT_TRUE(recorder_.AwaitEnd(1).has_response());
}

// Its place is free again, for others of its group.
TEST_F(OperationRunnerTest, WorkThatNobodyWaitsForEnds) {
  int started = 0;
  while (runner_.Start(Begin(), WaitAt(gate_)).ok()) ++started;
  gate_->AwaitArrivals(started);
  recorder_.EndLease(1);
  EXPECT_TRUE(
      Eventually([&] { return runner_.Start(Begin(), WaitAt(gate_)).ok(); },
                 "the first operation's place is free"));
  gate_->Open();
}

TEST_F(OperationRunnerTest, RepeatedRequestIsNotWorkedOnAgain) {
  ASSERT_THAT(runner_.Start(Begin("acme", "one"), WaitAt(gate_)), IsOk());
  const auto again = runner_.Start(
      Begin("acme", "one"),
      [](RunningOperation&) -> absl::StatusOr<google::protobuf::Any> {
        ADD_FAILURE() << "worked on twice";
        return Done(0);
      });
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->id(), 1);
  gate_->Open();
  recorder_.AwaitEnd(1);
}

TEST_F(OperationRunnerTest, NoGroupTakesAllPlaces) {
  int started = 0;
  absl::Status refused;
  while (refused.ok()) {
    refused = runner_.Start(Begin("greedy"), WaitAt(gate_)).status();
    if (refused.ok()) ++started;
  }
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_GE(started, 1);
  EXPECT_LT(started, 8);
  EXPECT_EQ(recorder_.starts().size(), started);
  EXPECT_THAT(runner_.Start(Begin("other"), WaitAt(gate_)), IsOk());
  gate_->Open();
}

TEST_F(OperationRunnerTest, EndIsToldWhenTheRecorderIsBack) {
  ASSERT_THAT(runner_.Start(Begin(), WaitAt(gate_)), IsOk());
  gate_->AwaitArrivals();
  recorder_.FailWith(absl::UnavailableError("restarting"));
  gate_->Open();
  EXPECT_THAT(runner_.Start(Begin(), WaitAt(gate_)),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(recorder_.operation(1).done());
  recorder_.FailWith(absl::OkStatus());
  EXPECT_TRUE(recorder_.AwaitEnd(1).has_response());
}

TEST_F(OperationRunnerTest, StopEndsWhatRunsWithUnavailable) {
  ASSERT_THAT(runner_.Start(Begin(), WaitAt(gate_)), IsOk());
  gate_->AwaitArrivals();
  runner_.Stop();
  EXPECT_THAT(ErrorFromWire(recorder_.AwaitEnd(1).error()),
              StatusIs(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
  EXPECT_THAT(runner_.Start(Begin(), WaitAt(gate_)),
              StatusIs(absl::StatusCode::kUnavailable, Reason::kShuttingDown));
  EXPECT_EQ(recorder_.starts().size(), 1);
}

}  // namespace
}  // namespace cvr::testing
