#include <memory>
#include <stop_token>
#include <string>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_world.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

// Nobody waits for ever: every wait of the engine ends when what it is for has
// ended, and when whoever waits has left.
namespace cvr::testing {
namespace {

using ::testing::SizeIs;

constexpr size_t kChunk = limits::kChunkBytes;

class EngineWaitingTest : public ::testing::Test {
 protected:
  FetchRequest Request(const Digest& digest) {
    return {{*Repository::Parse("r"), Reference(digest), ContentKind::kBlob},
            {{{7, /*reachable=*/true}, {8}}}};
  }
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const Digest& digest, std::optional<ByteRangeSpec> range = {}) {
    FetchRequest request = Request(digest);
    request.range = range;
    return world_.source().Fetch(request);
  }
  // Holds the next call to upstream 7 after some bytes.
  std::shared_ptr<Gate> HoldAfter(uint64_t bytes) {
    auto gate = std::make_shared<Gate>();
    upstream().Inject(7, {.gate = gate, .gate_at_byte = bytes});
    return gate;
  }
  // The next so many bytes; fewer when the stream ends.
  static std::string ReadBytes(ContentStream& stream, size_t bytes) {
    std::string read;
    while (read.size() < bytes) {
      const auto chunk = stream.Next();
      if (!chunk.ok() || chunk->empty()) break;
      read.append(chunk->bytes().data(), chunk->size());
    }
    return read;
  }
  bool IsStored(const Digest& digest) {
    return world_.store().Open(digest).ok();
  }
  void AwaitDownloads() { world_.engine().Shutdown(absl::InfiniteFuture()); }
  InMemoryUpstreamClient& upstream() { return world_.upstream(); }

  EngineWorld world_;
  const std::string layer_ = PatternBytes(20 * kChunk + 777);
};

// --- Downloads that end well and are not stored -----------------------------

// What has left the window is nowhere then: the reader behind it once waited
// for a store that never got it.
TEST_F(EngineWaitingTest,
       ReaderBehindADownloadThatCannotBeCommittedGetsTheRest) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  world_.faults().SupplyLate(true);
  world_.faults().FailCommits(1);
  const auto slow = Fetch(digest);
  ASSERT_THAT(slow, IsOk());
  const std::string begun = ReadBytes(**slow, kChunk);
  EXPECT_THAT(ReadRest(**slow), IsOkAndHolds(layer_.substr(begun.size())));
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
}

TEST_F(EngineWaitingTest, ReaderBehindADistrustedDownloadGetsTheRest) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(15 * kChunk);
  const auto finder = Fetch(digest);
  const auto waiting = Fetch(digest);
  ASSERT_THAT(finder, IsOk());
  ASSERT_THAT(waiting, IsOk());
  gate->AwaitArrivals();
  const std::string found = ReadBytes(**finder, kChunk);
  const std::string begun = ReadBytes(**waiting, kChunk);
  world_.faults().DamageFrom(kChunk);
  absl::StatusOr<std::string> rest;
  absl::StatusOr<std::string> other_rest;
  {
    Thread finding("finder", [&] { other_rest = ReadRest(**finder); });
    world_.faults().AwaitDamageFound();
    world_.faults().DamageFrom(std::nullopt);
    world_.faults().SupplyLate(true);
    // Nobody joins a download any more that is distrusted.
    while (upstream().CountCalls(InMemoryUpstreamClient::Call::Kind::kGetBlob) <
           2) {
      ASSERT_THAT(Fetch(digest, ByteRangeSpec{ByteRangeSpec::From{0, 0}}),
                  IsOk());
    }
    Thread reading("reader", [&] { rest = ReadRest(**waiting); });
    gate->Open();
  }
  EXPECT_THAT(other_rest, IsOkAndHolds(layer_.substr(found.size())));
  EXPECT_THAT(rest, IsOkAndHolds(layer_.substr(begun.size())));
}

// Its client has left, and the download that it waits for stands still.
TEST_F(EngineWaitingTest, ReaderThatRepairsCanBeCancelled) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(15 * kChunk);
  const auto slow = Fetch(digest);
  ASSERT_THAT(slow, IsOk());
  gate->AwaitArrivals();
  ReadBytes(**slow, kChunk);
  world_.faults().DamageFrom(kChunk);
  absl::StatusOr<std::string> rest;
  {
    Thread reader("reader", [&] { rest = ReadRest(**slow); });
    world_.faults().AwaitDamageFound();
    (*slow)->Cancel();
  }
  EXPECT_THAT(rest, StatusIs(absl::StatusCode::kCancelled));
  gate->Open();
}

// Likewise, before it was told the size.
TEST_F(EngineWaitingTest, OpeningCanBeCancelled) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate});
  FetchRequest request = Request(digest);
  std::stop_source leave;
  request.cancel = leave.get_token();
  absl::Status opened;
  {
    Thread client("client",
                  [&] { opened = world_.source().Fetch(request).status(); });
    gate->AwaitArrivals();
    leave.request_stop();
  }
  EXPECT_THAT(opened, StatusIs(absl::StatusCode::kCancelled));
  gate->Open();
}

// Neither does a manifest's client keep what it waits with.
TEST_F(EngineWaitingTest, OpeningAManifestCanBeCancelled) {
  auto gate = std::make_shared<Gate>();
  upstream().AddManifest(7, "r", "latest", "application/json", "{}");
  upstream().Inject(7, {.gate = gate});
  FetchRequest request = {{*Repository::Parse("r"), *Reference::Parse("latest"),
                           ContentKind::kManifest},
                          {{{7}, {8}}}};
  std::stop_source leave;
  request.cancel = leave.get_token();
  absl::Status opened;
  {
    Thread client("client",
                  [&] { opened = world_.source().Fetch(request).status(); });
    gate->AwaitArrivals();
    leave.request_stop();
  }
  EXPECT_THAT(opened, StatusIs(absl::StatusCode::kCancelled));
  // The second candidate was not asked for somebody who has left.
  EXPECT_THAT(upstream().calls(), SizeIs(1));
  gate->Open();
}

}  // namespace
}  // namespace cvr::testing
