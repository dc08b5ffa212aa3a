#include "services/blob/blob_service.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "cvr/internal/v1/blob_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "services/blob/api/content_source_wire.h"
#include "services/blob/api/grpc_content_source.h"
#include "services/blob/engine/engine_world.h"
#include "services/rpc/rpc_status.h"
#include "tests/contracts/content_source_contract.h"

namespace cvr::testing {
namespace {

// Below /tmp, since a socket's path is short by law.
class SocketDirectory {
 public:
  SocketDirectory() {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~SocketDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string socket() const { return path_ + "/socket"; }

 private:
  std::string path_ = "/tmp/cvr.XXXXXX";
};

// The engine behind a real gRPC server.
class RpcWorld : public ContentSourceWorld {
 public:
  enum class Transport { kInProcess, kUnixSocket };

  explicit RpcWorld(Transport transport, size_t threads_max = 16) {
    streams_ = std::make_unique<FairPool>(
        FairPool::Options{.name = "stream",
                          .threads_max = threads_max,
                          .queued_tasks_max = 100,
                          .threads_per_upstream_max = threads_max});
    service_ = MakeBlobService(world_.source(), world_.store(), *streams_);
    const std::string address = "unix:" + directory_.socket();
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    server_ = builder.BuildAndStart();
    channel_ =
        transport == Transport::kInProcess
            ? server_->InProcessChannel({})
            : grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    source_ = std::make_unique<GrpcContentSource>(channel_);
  }

  ~RpcWorld() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    streams_->Shutdown();
  }

  ContentSource& source() override { return *source_; }
  BlobStore& store() override { return world_.store(); }
  InMemoryUpstreamClient& upstream() override { return world_.upstream(); }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }
  FairPool& streams() { return *streams_; }

 private:
  SocketDirectory directory_;
  EngineWorld world_;
  std::unique_ptr<FairPool> streams_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<GrpcContentSource> source_;
};

INSTANTIATE_TEST_SUITE_P(RpcInProcess, ContentSourceContract,
                         ::testing::Values([] {
                           return std::make_unique<RpcWorld>(
                               RpcWorld::Transport::kInProcess);
                         }));
INSTANTIATE_TEST_SUITE_P(RpcUnixSocket, ContentSourceContract,
                         ::testing::Values([] {
                           return std::make_unique<RpcWorld>(
                               RpcWorld::Transport::kUnixSocket);
                         }));

class BlobServiceTest : public ::testing::Test {
 protected:
  FetchRequest BlobRequest(const Digest& digest) {
    FetchRequest request{
        {*Repository::Parse("r"), Reference(digest), ContentKind::kBlob}};
    request.plan.candidates.push_back({7, /*reachable=*/true});
    return request;
  }

  RpcWorld world_{RpcWorld::Transport::kUnixSocket};
  const std::unique_ptr<internal::v1::BlobService::Stub> stub_ =
      internal::v1::BlobService::NewStub(world_.channel());
  const std::string layer_ = PatternBytes(3 * limits::kChunkBytes + 777);
};

// Whoever has the .proto file can read what is written by hand here.
TEST_F(BlobServiceTest, OrdinaryGeneratedClientReadsTheStream) {
  const Digest digest = world_.upstream().AddBlob(7, "r", layer_);
  grpc::ClientContext context;
  const auto reader =
      stub_->Fetch(&context, ToWire(BlobRequest(digest), absl::Now()));
  internal::v1::FetchResponse response;
  ASSERT_TRUE(reader->Read(&response));
  ASSERT_TRUE(response.has_header());
  EXPECT_EQ(response.header().target().digest(), digest.ToString());
  EXPECT_EQ(response.header().length(), layer_.size());
  std::string bytes;
  while (reader->Read(&response)) {
    EXPECT_FALSE(response.has_header());
    bytes += response.data();
  }
  EXPECT_EQ(bytes, layer_);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(BlobServiceTest, StatAndDelete) {
  const Digest digest = Digest::OfBytes("hello");
  ASSERT_THAT(world_.store().Put(digest, "hello"), IsOk());
  const auto stat = [&](const std::string& name) -> absl::StatusOr<int64_t> {
    grpc::ClientContext context;
    internal::v1::StatBlobRequest request;
    request.set_digest(name);
    internal::v1::StatBlobResponse response;
    const auto status = stub_->StatBlob(&context, request, &response);
    if (!status.ok()) return FromRpcStatus(status);
    return response.size_bytes();
  };
  EXPECT_THAT(stat(digest.ToString()), IsOkAndHolds(5));
  grpc::ClientContext context;
  internal::v1::DeleteBlobRequest request;
  request.set_digest(digest.ToString());
  internal::v1::DeleteBlobResponse response;
  EXPECT_TRUE(stub_->DeleteBlob(&context, request, &response).ok());
  EXPECT_THAT(stat(digest.ToString()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_THAT(stat("sha256:0"), StatusIs(absl::StatusCode::kInvalidArgument,
                                         Reason::kDigestInvalid));
}

TEST_F(BlobServiceTest, RequestsThatHoldNonsenseAreRefused) {
  const auto finish = [&](const internal::v1::FetchRequest& request) {
    grpc::ClientContext context;
    const auto reader = stub_->Fetch(&context, request);
    internal::v1::FetchResponse response;
    EXPECT_FALSE(reader->Read(&response));
    return FromRpcStatus(reader->Finish());
  };
  internal::v1::FetchRequest request;
  EXPECT_THAT(finish(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                        Reason::kNameInvalid));
}

// A caller that hangs up frees what its stream holds, in mid-wait too.
TEST_F(BlobServiceTest, HangingUpEndsTheStreamOnTheServer) {
  const Digest digest = world_.upstream().AddBlob(7, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  world_.upstream().Inject(7, {.gate = gate, .gate_at_byte = 10});
  {
    const auto stream = world_.source().Fetch(BlobRequest(digest));
    ASSERT_THAT(stream, IsOk());
  }
  // The pool waits for its tasks: for a Next() that blocks, if there is one.
  world_.streams().Shutdown();
  gate->Open();
}

// Readers who do not read cost no thread: with two threads, ten streams wait
// for their callers, and one more caller is served.
TEST(BlobServiceFlowTest, SlowCallersHoldNoThread) {
  RpcWorld world(RpcWorld::Transport::kUnixSocket, /*threads_max=*/2);
  const std::string large = PatternBytes(16 * limits::kChunkBytes);
  const Digest digest = Digest::OfBytes(large);
  auto writer = *world.store().Create(digest, 1);
  for (size_t at = 0; at < large.size(); at += limits::kChunkBytes) {
    ASSERT_THAT(
        writer->Append(Chunk::OfString(large.substr(at, limits::kChunkBytes))),
        IsOk());
  }
  ASSERT_THAT(writer->Commit(), IsOk());
  std::vector<std::unique_ptr<ContentStream>> idle;
  for (int i = 0; i < 10; ++i) {
    auto stream = world.source().Read({digest});
    ASSERT_THAT(stream, IsOk());
    idle.push_back(*std::move(stream));
  }
  EXPECT_THAT(ReadAll(world.source().Read({digest})), IsOkAndHolds(large));
  for (const auto& stream : idle) {
    EXPECT_THAT(ReadRest(*stream), IsOkAndHolds(large));
  }
}

TEST(BlobServiceFlowTest, ServiceThatCannotBeReachedIsUnavailable) {
  GrpcContentSource source(grpc::CreateChannel(
      "unix:/nonexistent/socket", grpc::InsecureChannelCredentials()));
  EXPECT_THAT(source.Read({Digest::OfBytes("x")}),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace cvr::testing
