#include "services/blob/fetch_service.h"

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

class FetchServiceTest : public ::testing::Test {
 protected:
  using Watch = std::unique_ptr<grpc::ClientReader<v1::WatchFetchesResponse>>;

  FetchServiceTest() {
    auto server = RpcServer::Start("127.0.0.1:0", {&service_}, {});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = v1::FetchService::NewStub(server_->InProcessChannel());
  }
  ~FetchServiceTest() override {
    service_.Stop();
    server_->Shutdown(absl::InfiniteFuture());
  }

  v1::ListFetchesResponse List(int64_t upstream_id = 0) {
    v1::ListFetchesRequest request;
    if (upstream_id != 0) request.set_upstream_id(upstream_id);
    return List(request);
  }
  v1::ListFetchesResponse List(const v1::ListFetchesRequest& request) {
    grpc::ClientContext context;
    v1::ListFetchesResponse response;
    EXPECT_TRUE(stub_->ListFetches(&context, request, &response).ok());
    return response;
  }
  absl::Status Cancel(int64_t id, int64_t upstream_id = 7,
                      const std::string& instance = "") {
    grpc::ClientContext context;
    v1::CancelFetchRequest request;
    request.set_id(id);
    request.set_upstream_id(upstream_id);
    request.set_instance(instance);
    v1::CancelFetchResponse response;
    return FromRpcStatus(stub_->CancelFetch(&context, request, &response));
  }
  static v1::WatchFetchesRequest Every(int64_t seconds, int nanos) {
    v1::WatchFetchesRequest request;
    request.mutable_interval()->set_seconds(seconds);
    request.mutable_interval()->set_nanos(nanos);
    return request;
  }
  Watch WatchEvery100Ms(grpc::ClientContext& context) {
    return stub_->WatchFetches(&context, Every(0, 100000000));
  }
  absl::Status WatchStatus(const v1::WatchFetchesRequest& request) {
    grpc::ClientContext context;
    const auto watch = stub_->WatchFetches(&context, request);
    v1::WatchFetchesResponse message;
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
  FetchServiceImpl service_{
      world_.engine().downloads_in_flight(),
      [this](int64_t id) {
        return world_.engine().CancelDownload(
            id, absl::UnavailableError("an operator cancelled it"));
      },
      [this] { return figures_; }, "blob-a", guard_};
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::FetchService::Stub> stub_;
};

TEST_F(FetchServiceTest, ListsWhatRuns) {
  EXPECT_EQ(List().fetches_size(), 0);
  const auto stream = BeginDownload();
  const auto fetches = List();
  ASSERT_EQ(fetches.fetches_size(), 1);
  const v1::Fetch& seen = fetches.fetches(0);
  EXPECT_EQ(seen.id(), 1);
  EXPECT_EQ(seen.upstream_id(), 7);
  EXPECT_EQ(seen.repository(), "r");
  EXPECT_EQ(seen.digest(), digest_);
  EXPECT_EQ(seen.size_bytes(), static_cast<int64_t>(3 * kChunk));
  EXPECT_EQ(seen.received_bytes(), static_cast<int64_t>(kChunk));
  EXPECT_EQ(seen.reader_count(), 1);
  EXPECT_EQ(seen.request_count(), 1);
  // The engine has that clock, which stands still.
  EXPECT_EQ(seen.start_time().seconds(),
            absl::ToUnixSeconds(FakeClock().Now()));
  EXPECT_EQ(seen.state(), v1::Fetch::STATE_RUNNING);
  EXPECT_EQ(seen.instance(), "blob-a");
  EXPECT_EQ(List(7).fetches_size(), 1);
  EXPECT_EQ(List(8).fetches_size(), 0);
  gate_->Open();
}

TEST_F(FetchServiceTest, WhatEndedIsWatchedOnce) {
  const auto stream = BeginDownload();
  grpc::ClientContext context;
  const auto watch = WatchEvery100Ms(context);
  v1::WatchFetchesResponse message;
  ASSERT_TRUE(watch->Read(&message));
  ASSERT_EQ(message.fetches_size(), 1);
  EXPECT_EQ(message.fetches(0).state(), v1::Fetch::STATE_RUNNING);
  gate_->Open();
  EXPECT_THAT(ReadRest(*stream), IsOk());
  do {
    ASSERT_TRUE(watch->Read(&message));
    ASSERT_EQ(message.fetches_size(), 1);
  } while (message.fetches(0).state() == v1::Fetch::STATE_RUNNING);
  EXPECT_EQ(message.fetches(0).state(), v1::Fetch::STATE_SUCCEEDED);
  EXPECT_EQ(message.fetches(0).received_bytes(),
            message.fetches(0).size_bytes());
  ASSERT_TRUE(watch->Read(&message));
  EXPECT_EQ(message.fetches_size(), 0);
  context.TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// At once, although its upstream says nothing; its reader gets an error.
TEST_F(FetchServiceTest, FetchIsCancelled) {
  const auto stream = BeginDownload();
  EXPECT_THAT(Cancel(1), IsOk());
  EXPECT_THAT(ReadRest(*stream), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(Eventually([&] { return world_.engine().download_count() == 0; },
                         "the download ends"));
  EXPECT_EQ(List().fetches_size(), 0);
  EXPECT_THAT(Cancel(1), StatusIs(absl::StatusCode::kNotFound));
  gate_->Open();
}

TEST_F(FetchServiceTest, OnlyAFetchOfTheNamedUpstreamIsCancelled) {
  const auto stream = BeginDownload();
  EXPECT_THAT(Cancel(1, 8), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Cancel(1, 0), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(List().fetches_size(), 1);
  EXPECT_THAT(Cancel(1, 7), IsOk());
  gate_->Open();
}

// A fetch from somebody else's upstream is answered like one that is not there.
TEST_F(FetchServiceTest, FetchesOfOthersAreNotThere) {
  const auto stream = BeginDownload();
  authority_.Hide(AccessQuestion::Kind::kUpstream, 7);
  const absl::Status hidden = Cancel(1, 7);
  EXPECT_THAT(hidden, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(hidden, Cancel(2, 7));
  // Nor is it learned by way of one's own upstream.
  EXPECT_EQ(absl::StrReplaceAll(Cancel(1, 8).message(), {{"1", "2"}}),
            Cancel(2, 8).message());
  EXPECT_EQ(List().fetches_size(), 1);
  gate_->Open();
}

TEST_F(FetchServiceTest, FetchOfAnotherInstanceIsNotCancelled) {
  const auto stream = BeginDownload();
  EXPECT_THAT(Cancel(1, 7, "blob-b"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(List().fetches_size(), 1);
  EXPECT_THAT(Cancel(1, 7, "blob-a"), IsOk());
  gate_->Open();
}

TEST_F(FetchServiceTest, ListsHavePages) {
  const auto stream = BeginDownload();
  const std::string other = PatternBytes(3 * kChunk, /*seed=*/2);
  world_.upstream().AddBlob(7, "r", other);
  const auto second_gate = std::make_shared<Gate>();
  world_.upstream().Inject(7, {.gate = second_gate, .gate_at_byte = kChunk});
  const auto second = world_.source().Fetch(
      {{*Repository::Parse("r"), Reference(Digest::OfBytes(other)),
        ContentKind::kBlob},
       {{{7, /*reachable=*/true}}}});
  ASSERT_THAT(second, IsOk());
  v1::ListFetchesRequest request;
  request.set_page_size(1);
  const auto first_page = List(request);
  ASSERT_EQ(first_page.fetches_size(), 1);
  EXPECT_EQ(first_page.fetches(0).id(), 1);
  request.set_page_token(first_page.next_page_token());
  const auto second_page = List(request);
  ASSERT_EQ(second_page.fetches_size(), 1);
  EXPECT_EQ(second_page.fetches(0).id(), 2);
  EXPECT_EQ(second_page.next_page_token(), "");
  second_gate->Open();
  gate_->Open();
}

TEST_F(FetchServiceTest, WatchesEndWhenTheProcessStops) {
  grpc::ClientContext context;
  const auto watch = stub_->WatchFetches(&context, Every(3600, 0));
  v1::WatchFetchesResponse message;
  ASSERT_TRUE(watch->Read(&message));
  service_.Stop();
  EXPECT_FALSE(watch->Read(&message));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(WatchStatus({}), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(FetchServiceTest, WatchersWhoLeaveMakeRoom) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<Watch> watches;
  v1::WatchFetchesResponse message;
  for (int i = 0; i < FetchServiceImpl::kWatchersMax; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stub_->WatchFetches(contexts.back().get(), {}));
    ASSERT_TRUE(watches.back()->Read(&message));
  }
  EXPECT_THAT(WatchStatus({}), StatusIs(absl::StatusCode::kResourceExhausted));
  for (auto& context : contexts) context->TryCancel();
  for (auto& watch : watches) watch->Finish();
  EXPECT_TRUE(Eventually(
      [&] {
        grpc::ClientContext context;
        const auto watch = stub_->WatchFetches(&context, {});
        const bool is_let_in = watch->Read(&message);
        context.TryCancel();
        watch->Finish();
        return is_let_in;
      },
      "another watcher is let in"));
}

TEST_F(FetchServiceTest, WatchersOfOneUpstreamLeaveRoomForOthers) {
  v1::WatchFetchesRequest request;
  request.set_upstream_id(7);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<Watch> watches;
  v1::WatchFetchesResponse message;
  for (int i = 0; i < FetchServiceImpl::kWatchersMax / 4; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stub_->WatchFetches(contexts.back().get(), request));
    ASSERT_TRUE(watches.back()->Read(&message));
  }
  EXPECT_THAT(WatchStatus(request),
              StatusIs(absl::StatusCode::kResourceExhausted));
  request.set_upstream_id(8);
  grpc::ClientContext context;
  const auto other = stub_->WatchFetches(&context, request);
  EXPECT_TRUE(other->Read(&message));
  context.TryCancel();
  other->Finish();
  for (auto& watched : contexts) watched->TryCancel();
  for (auto& watch : watches) watch->Finish();
}

TEST_F(FetchServiceTest, IntervalsHaveBounds) {
  for (const auto& request :
       {Every(0, 99999999), Every(0, 0), Every(-1, 0), Every(3601, 0)}) {
    EXPECT_THAT(
        WatchStatus(request),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid));
  }
}

TEST_F(FetchServiceTest, StorageIsToldAsItIs) {
  figures_ = {3, 4000, 5000, ~uint64_t{0}};
  const auto stream = BeginDownload();
  grpc::ClientContext context;
  v1::GetStorageStatsResponse response;
  EXPECT_TRUE(stub_->GetStorageStats(&context, {}, &response).ok());
  ASSERT_EQ(response.instances_size(), 1);
  const v1::StorageStats& stats = response.instances(0);
  EXPECT_EQ(stats.blob_count(), 3);
  EXPECT_EQ(stats.size_bytes(), 4000);
  EXPECT_EQ(stats.max_bytes(), 5000);
  EXPECT_EQ(stats.disk_free_bytes(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(stats.fetch_count(), 1);
  EXPECT_EQ(stats.instance(), "blob-a");
  gate_->Open();
}

}  // namespace
}  // namespace cvr::testing
