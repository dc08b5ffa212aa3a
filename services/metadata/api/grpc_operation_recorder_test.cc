#include "services/metadata/api/grpc_operation_recorder.h"

#include <memory>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/in_memory_operation_recorder.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

// As the metadata service serves it, over a recorder in memory.
class RecordService final
    : public internal::v1::OperationRecordService::Service {
 public:
  explicit RecordService(OperationRecorder& recorder) : recorder_(recorder) {}

  grpc::Status StartOperation(
      grpc::ServerContext*, const internal::v1::StartOperationRequest* request,
      internal::v1::StartOperationResponse* response) override {
    const auto start = FromWire(*request);
    if (!start.ok()) return ToRpcStatus(start.status());
    const auto started = recorder_.Start(*start);
    if (started.ok()) *response = ToWire(*started);
    return ToRpcStatus(started.status());
  }
  grpc::Status ReportProgress(
      grpc::ServerContext*, const internal::v1::ReportProgressRequest* request,
      internal::v1::ReportProgressResponse* response) override {
    const auto cancel =
        recorder_.ReportProgress(request->id(), request->progress());
    response->set_cancel_requested(cancel.ok() && *cancel);
    return ToRpcStatus(cancel.status());
  }
  grpc::Status FinishOperation(
      grpc::ServerContext*, const internal::v1::FinishOperationRequest* request,
      internal::v1::FinishOperationResponse*) override {
    const auto result = ResultFromWire(*request);
    if (!result.ok()) return ToRpcStatus(result.status());
    return ToRpcStatus(
        recorder_.Finish(request->id(), request->progress(), result->value));
  }

 private:
  OperationRecorder& recorder_;
};

class GrpcOperationRecorderTest : public ::testing::Test {
 protected:
  GrpcOperationRecorderTest() {
    auto server = RpcServer::Start("127.0.0.1:0", {&service_}, {});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    client_ = std::make_unique<GrpcOperationRecorder>(
        server_->InProcessChannel(), GrpcOperationRecorder::Options());
  }
  ~GrpcOperationRecorderTest() override {
    server_->Shutdown(absl::InfiniteFuture());
  }

  InMemoryOperationRecorder recorder_;
  RecordService service_{recorder_};
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<GrpcOperationRecorder> client_;
};

TEST_F(GrpcOperationRecorderTest, StartsTravelWhole) {
  const auto started = client_->Start({.method = "RefreshService.PrefetchImage",
                                       .group = "acme",
                                       .request_id = "one",
                                       .token_id = 5,
                                       .total_count = 3,
                                       .instance = "blob-a"});
  ASSERT_THAT(started, IsOk());
  EXPECT_FALSE(started->already_started);
  EXPECT_EQ(started->operation.id(), 1);
  EXPECT_EQ(started->operation.method(), "RefreshService.PrefetchImage");
  EXPECT_EQ(started->operation.group(), "acme");
  EXPECT_EQ(started->operation.request_id(), "one");
  EXPECT_EQ(started->operation.progress().total_count(), 3);
  ASSERT_EQ(recorder_.starts().size(), 1);
  EXPECT_EQ(recorder_.starts()[0].token_id, 5);
  EXPECT_EQ(recorder_.starts()[0].instance, "blob-a");
}

TEST_F(GrpcOperationRecorderTest, RepeatedRequestNamesTheFirstOperation) {
  const OperationStart start = {
      .method = "M", .group = "g", .request_id = "one"};
  ASSERT_THAT(client_->Start(start), IsOk());
  const auto again = client_->Start(start);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->already_started);
  EXPECT_EQ(again->operation.id(), 1);
}

TEST_F(GrpcOperationRecorderTest, ReportsSayWhetherToEnd) {
  ASSERT_THAT(client_->Start({.method = "M", .group = "g"}), IsOk());
  v1::Operation::Progress progress;
  progress.set_done_count(4);
  progress.set_done_bytes(5);
  EXPECT_THAT(client_->ReportProgress(1, progress), IsOkAndHolds(false));
  EXPECT_EQ(recorder_.operation(1).progress().done_count(), 4);
  EXPECT_EQ(recorder_.operation(1).progress().done_bytes(), 5);
  recorder_.Cancel(1);
  EXPECT_THAT(client_->ReportProgress(1, progress), IsOkAndHolds(true));
  EXPECT_THAT(client_->ReportProgress(2, progress),
              StatusIs(absl::StatusCode::kNotFound));
  recorder_.EndLease(1);
  EXPECT_THAT(client_->ReportProgress(1, progress),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(GrpcOperationRecorderTest, ResponsesTravel) {
  ASSERT_THAT(client_->Start({.method = "M", .group = "g"}), IsOk());
  google::protobuf::Any response;
  v1::Operation::Progress inner;
  inner.set_done_count(7);
  response.PackFrom(inner);
  EXPECT_THAT(client_->Finish(1, {}, response), IsOk());
  const v1::Operation ended = recorder_.operation(1);
  EXPECT_TRUE(ended.done());
  v1::Operation::Progress unpacked;
  ASSERT_TRUE(ended.response().UnpackTo(&unpacked));
  EXPECT_EQ(unpacked.done_count(), 7);
}

// Programs act on the reason, not on the text.
TEST_F(GrpcOperationRecorderTest, ErrorsKeepTheirReason) {
  ASSERT_THAT(client_->Start({.method = "M", .group = "g"}), IsOk());
  EXPECT_THAT(client_->Finish(1, {}, errors::ManifestUnknown("r", "t")),
              IsOk());
  const v1::Operation ended = recorder_.operation(1);
  EXPECT_TRUE(ended.done());
  EXPECT_THAT(ErrorFromWire(ended.error()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

TEST_F(GrpcOperationRecorderTest, ServiceThatIsGoneIsUnavailable) {
  GrpcOperationRecorder nobody(
      grpc::CreateChannel("unix:/nonexistent/socket",
                          grpc::InsecureChannelCredentials()),
      {});
  EXPECT_THAT(nobody.Start({.method = "M"}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(OperationRecordWireTest, NonsenseIsRefused) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  internal::v1::StartOperationRequest start;
  EXPECT_THAT(FromWire(start), StatusIs(kInvalid));
  start.set_method("M");
  EXPECT_THAT(FromWire(start), IsOk());
  start.set_total_count(-1);
  EXPECT_THAT(FromWire(start), StatusIs(kInvalid));
  internal::v1::FinishOperationRequest finish;
  EXPECT_THAT(ResultFromWire(finish).status(), StatusIs(kInvalid));
  finish.mutable_error();
  EXPECT_THAT(ResultFromWire(finish).status(), StatusIs(kInvalid));
}

}  // namespace
}  // namespace cvr::testing
