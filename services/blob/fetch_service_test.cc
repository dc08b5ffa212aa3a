#include "services/blob/download_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "services/blob/engine/engine_world.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/fake_clock.h"
#include "tests/support/open_authority.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr size_t kChunk = limits::kChunkBytes;

class DownloadServiceTest : public ::testing::Test {
 protected:
  using Watch = std::unique_ptr<grpc::ClientReader<v1::Downloads>>;

  DownloadServiceTest() {
    auto server = RpcServer::Start("127.0.0.1:0", {&service_}, {});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = v1::DownloadService::NewStub(server_->InProcessChannel());
  }
  ~DownloadServiceTest() override {
    service_.Stop();
    server_->Shutdown(absl::InfiniteFuture());
  }

  v1::Downloads List(int64_t upstream_id = 0) {
    v1::ListDownloadsRequest request;
    request.set_upstream_id(upstream_id);
    grpc::ClientContext context;
    v1::Downloads response;
    EXPECT_TRUE(stub_->ListDownloads(&context, request, &response).ok());
    return response;
  }
  absl::Status Cancel(int64_t id, int64_t upstream_id = 0) {
    grpc::ClientContext context;
    v1::CancelDownloadRequest request;
    request.set_id(id);
    request.set_upstream_id(upstream_id);
    google::protobuf::Empty response;
    return FromRpcStatus(stub_->CancelDownload(&context, request, &response));
  }
  static v1::WatchDownloadsRequest Every(int64_t seconds, int nanos) {
    v1::WatchDownloadsRequest request;
    request.mutable_interval()->set_seconds(seconds);
    request.mutable_interval()->set_nanos(nanos);
    return request;
  }
  Watch WatchEvery100Ms(grpc::ClientContext& context) {
    return stub_->WatchDownloads(&context, Every(0, 100000000));
  }
  absl::Status WatchStatus(const v1::WatchDownloadsRequest& request) {
    grpc::ClientContext context;
    const auto watch = stub_->WatchDownloads(&context, request);
    v1::Downloads message;
    while (watch->Read(&message)) {
    }
    return FromRpcStatus(watch->Finish());
  }

  // A download of three chunks that stands still after the first.
  std::unique_ptr<ContentStream> BeginDownload() {
    const std::string bytes = PatternBytes(3 * kChunk);
    digest_ = world_.upstream().AddBlob(7, "r", bytes).ToString();
    world_.upstream().Inject(7, {.gate = gate_, .gate_at_byte = kChunk});
    auto stream = world_.source().Fetch(
        {{*Repository::Parse("r"), Reference(Digest::OfBytes(bytes)),
          ContentKind::kBlob},
         {{{7, /*reachable=*/true}}}});
    EXPECT_THAT(stream, IsOk());
    gate_->AwaitArrivals();
    return *std::move(stream);
  }

  EngineWorld world_;
  std::string digest_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  BlobStoreFigures figures_;
  OpenAuthority authority_;
  CallGuard guard_{authority_};
  DownloadServiceImpl service_{
      world_.engine().downloads_in_flight(),
      [this](int64_t id) {
        return world_.engine().CancelDownload(
            id, absl::UnavailableError("an operator cancelled it"));
      },
      [this] { return figures_; }, guard_};
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::DownloadService::Stub> stub_;
};

TEST_F(DownloadServiceTest, ListsWhatRuns) {
  EXPECT_EQ(List().downloads_size(), 0);
  const auto stream = BeginDownload();
  const auto downloads = List();
  ASSERT_EQ(downloads.downloads_size(), 1);
  const v1::DownloadInFlight& seen = downloads.downloads(0);
  EXPECT_EQ(seen.id(), 1);
  EXPECT_EQ(seen.upstream_id(), 7);
  EXPECT_EQ(seen.repository(), "r");
  EXPECT_EQ(seen.digest(), digest_);
  EXPECT_EQ(seen.size(), static_cast<int64_t>(3 * kChunk));
  EXPECT_EQ(seen.received(), static_cast<int64_t>(kChunk));
  EXPECT_EQ(seen.readers(), 1);
  EXPECT_EQ(seen.requests(), 1);
  // The engine has that clock, which stands still.
  EXPECT_EQ(seen.start_time().seconds(),
            absl::ToUnixSeconds(FakeClock().Now()));
  EXPECT_EQ(seen.state(), v1::DownloadInFlight::RUNNING);
  EXPECT_EQ(List(7).downloads_size(), 1);
  EXPECT_EQ(List(8).downloads_size(), 0);
  gate_->Open();
}

TEST_F(DownloadServiceTest, WhatEndedIsWatchedOnce) {
  const auto stream = BeginDownload();
  grpc::ClientContext context;
  const auto watch = WatchEvery100Ms(context);
  v1::Downloads message;
  ASSERT_TRUE(watch->Read(&message));
  ASSERT_EQ(message.downloads_size(), 1);
  EXPECT_EQ(message.downloads(0).state(), v1::DownloadInFlight::RUNNING);
  gate_->Open();
  EXPECT_THAT(ReadRest(*stream), IsOk());
  do {
    ASSERT_TRUE(watch->Read(&message));
    ASSERT_EQ(message.downloads_size(), 1);
  } while (message.downloads(0).state() == v1::DownloadInFlight::RUNNING);
  EXPECT_EQ(message.downloads(0).state(), v1::DownloadInFlight::DONE);
  EXPECT_EQ(message.downloads(0).received(), message.downloads(0).size());
  ASSERT_TRUE(watch->Read(&message));
  EXPECT_EQ(message.downloads_size(), 0);
  context.TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// At once, although its upstream says nothing; its reader gets an error.
TEST_F(DownloadServiceTest, DownloadIsCancelled) {
  const auto stream = BeginDownload();
  EXPECT_THAT(Cancel(1), IsOk());
  EXPECT_THAT(ReadRest(*stream), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(Eventually([&] { return world_.engine().download_count() == 0; },
                         "the download ends"));
  EXPECT_EQ(List().downloads_size(), 0);
  EXPECT_THAT(Cancel(1), StatusIs(absl::StatusCode::kNotFound));
  gate_->Open();
}

TEST_F(DownloadServiceTest, OnlyADownloadOfTheNamedUpstreamIsCancelled) {
  const auto stream = BeginDownload();
  EXPECT_THAT(Cancel(1, 8), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(List().downloads_size(), 1);
  EXPECT_THAT(Cancel(1, 7), IsOk());
  gate_->Open();
}

// What is somebody else's is answered like what is not there.
TEST_F(DownloadServiceTest, DownloadsOfOthersAreNotThere) {
  const auto stream = BeginDownload();
  const absl::Status unknown = Cancel(2);
  authority_.Hide(AccessQuestion::Kind::kUpstream, 7);
  const absl::Status hidden = Cancel(1);
  EXPECT_EQ(List().downloads_size(), 1);
  EXPECT_THAT(hidden, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(absl::StrReplaceAll(hidden.message(), {{"1", "2"}}),
            unknown.message());
  gate_->Open();
}

TEST_F(DownloadServiceTest, WatchesEndWhenTheProcessStops) {
  grpc::ClientContext context;
  const auto watch = stub_->WatchDownloads(&context, Every(3600, 0));
  v1::Downloads message;
  ASSERT_TRUE(watch->Read(&message));
  service_.Stop();
  EXPECT_FALSE(watch->Read(&message));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(WatchStatus({}), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(DownloadServiceTest, WatchersWhoLeaveMakeRoom) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<Watch> watches;
  v1::Downloads message;
  for (int i = 0; i < DownloadServiceImpl::kWatchersMax; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stub_->WatchDownloads(contexts.back().get(), {}));
    ASSERT_TRUE(watches.back()->Read(&message));
  }
  EXPECT_THAT(WatchStatus({}), StatusIs(absl::StatusCode::kResourceExhausted));
  for (auto& context : contexts) context->TryCancel();
  for (auto& watch : watches) watch->Finish();
  EXPECT_TRUE(Eventually(
      [&] {
        grpc::ClientContext context;
        const auto watch = stub_->WatchDownloads(&context, {});
        const bool is_let_in = watch->Read(&message);
        context.TryCancel();
        watch->Finish();
        return is_let_in;
      },
      "another watcher is let in"));
}

TEST_F(DownloadServiceTest, WatchersOfOneUpstreamLeaveRoomForOthers) {
  v1::WatchDownloadsRequest request;
  request.set_upstream_id(7);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<Watch> watches;
  v1::Downloads message;
  for (int i = 0; i < DownloadServiceImpl::kWatchersMax / 4; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stub_->WatchDownloads(contexts.back().get(), request));
    ASSERT_TRUE(watches.back()->Read(&message));
  }
  EXPECT_THAT(WatchStatus(request),
              StatusIs(absl::StatusCode::kResourceExhausted));
  request.set_upstream_id(8);
  grpc::ClientContext context;
  const auto other = stub_->WatchDownloads(&context, request);
  EXPECT_TRUE(other->Read(&message));
  context.TryCancel();
  other->Finish();
  for (auto& watched : contexts) watched->TryCancel();
  for (auto& watch : watches) watch->Finish();
}

TEST_F(DownloadServiceTest, IntervalsHaveBounds) {
  for (const auto& request :
       {Every(0, 99999999), Every(0, 0), Every(-1, 0), Every(3601, 0)}) {
    EXPECT_THAT(
        WatchStatus(request),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid));
  }
}

TEST_F(DownloadServiceTest, StorageIsToldAsItIs) {
  figures_ = {3, 4000, 5000, ~uint64_t{0}};
  const auto stream = BeginDownload();
  grpc::ClientContext context;
  v1::StorageStats stats;
  EXPECT_TRUE(stub_->GetStorageStats(&context, {}, &stats).ok());
  EXPECT_EQ(stats.blobs(), 3);
  EXPECT_EQ(stats.bytes(), 4000);
  EXPECT_EQ(stats.bytes_max(), 5000);
  EXPECT_EQ(stats.disk_free_bytes(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(stats.downloads(), 1);
  gate_->Open();
}

}  // namespace
}  // namespace cvr::testing
