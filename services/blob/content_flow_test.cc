// How much a stream holds, and who notices when one of its ends goes away: over
// a real server on a Unix socket, with a source that counts.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/api/grpc_content_source.h"
#include "services/blob/blob_service.h"
#include "services/blob/store/testing/in_memory_blob_store.h"
#include "services/common/limits.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"
#include "services/rpc/rpc_server.h"
#include "tests/support/peer_security.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

constexpr uint64_t kContentBytes = uint64_t{64} * limits::kChunkBytes;

// Of a stream: what both sides may hold. The window, one message being taken
// apart, one being sent, one ready, and one on its way there.
constexpr size_t kHeldBytesMax =
    limits::kGrpcStreamBytesMax + 4 * limits::kChunkBytes;

// What was made and what is left of it. Thread-safe.
class Tally {
 public:
  void Add(int streams, int chunks) {
    MutexLock lock(&mutex_);
    streams_ += streams;
    chunks_ += chunks;
    changed_.SignalAll();
  }
  void AwaitNothingLeft() {
    MutexLock lock(&mutex_);
    while (streams_ > 0 || chunks_ > 0) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int streams_ ABSL_GUARDED_BY(mutex_) = 0;
  int chunks_ ABSL_GUARDED_BY(mutex_) = 0;
};

class CountingStream final : public ContentStream {
 public:
  CountingStream(std::atomic<uint64_t>& produced_bytes, Tally& tally)
      : produced_bytes_(produced_bytes), tally_(tally) {
    tally_.Add(1, 0);
  }
  ~CountingStream() override { tally_.Add(-1, 0); }

  const ContentHeader& header() const override { return header_; }

  absl::StatusOr<Chunk> Next() override {
    if (cancelled_) return absl::CancelledError("read cancelled");
    if (left_bytes_ == 0) return Chunk();
    left_bytes_ -= limits::kChunkBytes;
    produced_bytes_ += limits::kChunkBytes;
    tally_.Add(0, 1);
    const std::shared_ptr<const std::string> bytes(
        new std::string(limits::kChunkBytes, 'x'),
        [&tally = tally_](const std::string* owned) {
          delete owned;
          tally.Add(0, -1);
        });
    return Chunk(*bytes, bytes);
  }

  void Cancel() override { cancelled_ = true; }

 private:
  const ContentHeader header_{
      {"application/octet-stream", Digest::OfBytes("x"), kContentBytes},
      {0, kContentBytes}};
  std::atomic<uint64_t>& produced_bytes_;
  Tally& tally_;
  std::atomic<bool> cancelled_ = false;
  uint64_t left_bytes_ = kContentBytes;
};

// The n-th stream counts in produced_bytes(n).
class CountingSource final : public ContentSource {
 public:
  explicit CountingSource(size_t streams_max) : produced_bytes_(streams_max) {}

  absl::StatusOr<std::unique_ptr<ContentStream>> Read(
      const ReadRequest&) override {
    return std::make_unique<CountingStream>(produced_bytes_[next_++], tally_);
  }
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest&) override {
    return absl::NotFoundError("there is no upstream");
  }

  uint64_t produced_bytes(size_t stream) const {
    return produced_bytes_[stream];
  }
  Tally& tally() { return tally_; }

 private:
  std::vector<std::atomic<uint64_t>> produced_bytes_;
  std::atomic<size_t> next_ = 0;
  Tally tally_;
};

// Not below TempDir(): a socket's path has at most 107 characters.
std::string NewDirectory() {
  std::string path = "/tmp/content_flow_test.XXXXXX";
  if (mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

// Two processes' worth of wiring, put together as theirs are.
class ContentFlowTest : public ::testing::Test {
 protected:
  static constexpr size_t kIdle = 8;

  ~ContentFlowTest() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::unique_ptr<RpcServer> NewServer() {
    return *RpcServer::Start(address(), {service_.get()},
                             testing::PeerSecurity());
  }
  void StartServer() { server_ = NewServer(); }
  void KillServer() { server_.reset(); }
  std::string address() const { return "unix:" + directory_ + "/socket"; }
  absl::StatusOr<std::unique_ptr<ContentStream>> Open() {
    return client_.Read({Digest::OfBytes("x"), std::nullopt, false});
  }

  // To the end, or to the first error.
  static absl::StatusOr<uint64_t> CountRest(ContentStream& stream) {
    uint64_t bytes = 0;
    while (true) {
      absl::StatusOr<Chunk> chunk = stream.Next();
      if (!chunk.ok()) return chunk.status();
      if (chunk->empty()) return bytes;
      bytes += chunk->size();
    }
  }

  const std::string directory_ = NewDirectory();
  CountingSource source_{/*streams_max=*/64};
  InMemoryBlobStore store_;
  FairPool pool_{
      {.name = "stream", .threads_max = 16, .queued_tasks_max = 100}};
  const std::unique_ptr<grpc::Service> service_ =
      MakeBlobService(source_, store_, pool_);
  std::unique_ptr<RpcServer> server_ = NewServer();
  // After the server: it connects at once, and fails calls for a moment when
  // nobody is there.
  GrpcContentSource client_{
      *OpenRpcChannel(address(), testing::PeerSecurity(PeerRole::kGateway))};
};

// Memory of a service must not depend on how slowly its callers read. Another
// stream flows by meanwhile, on the same connection: gRPC's own windows would
// grow with its speed, and the idle streams would fill them.
TEST_F(ContentFlowTest, StreamThatNobodyReadsIsBounded) {
  std::vector<std::unique_ptr<ContentStream>> idle;
  for (size_t i = 0; i < kIdle; ++i) {
    auto stream = Open();
    ASSERT_THAT(stream, IsOk());
    idle.push_back(*std::move(stream));
  }
  for (int i = 0; i < 4; ++i) {
    auto flowing = Open();
    ASSERT_THAT(flowing, IsOk());
    EXPECT_THAT(CountRest(**flowing), IsOkAndHolds(kContentBytes));
  }
  for (size_t i = 0; i < kIdle; ++i) {
    EXPECT_LE(source_.produced_bytes(i), kHeldBytesMax) << i;
  }
  for (const auto& stream : idle) {
    EXPECT_THAT(CountRest(*stream), IsOkAndHolds(kContentBytes));
  }
}

// A client that hangs up in the middle of a layer leaves nothing behind.
TEST_F(ContentFlowTest, LeavingEarlyFreesTheStream) {
  auto stream = Open();
  ASSERT_THAT(stream, IsOk());
  ASSERT_THAT((*stream)->Next(), IsOk());
  stream->reset();
  source_.tally().AwaitNothingLeft();
  EXPECT_LT(source_.produced_bytes(0), kContentBytes);
}

TEST_F(ContentFlowTest, ServiceThatGoesAwayInMidStreamIsUnavailable) {
  auto stream = Open();
  ASSERT_THAT(stream, IsOk());
  ASSERT_THAT((*stream)->Next(), IsOk());
  KillServer();
  EXPECT_THAT(CountRest(**stream), StatusIs(absl::StatusCode::kUnavailable));
  source_.tally().AwaitNothingLeft();
}

TEST_F(ContentFlowTest, ServiceThatIsBackIsUsedAgain) {
  ASSERT_THAT(Open(), IsOk());
  KillServer();
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kUnavailable));
  StartServer();
  // Until the channel has connected anew: see MakeRpcChannel().
  auto stream = Open();
  while (absl::IsUnavailable(stream.status())) stream = Open();
  ASSERT_THAT(stream, IsOk());
  EXPECT_THAT(CountRest(**stream), IsOkAndHolds(kContentBytes));
}

}  // namespace
}  // namespace cvr::testing
