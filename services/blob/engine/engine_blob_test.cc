#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_world.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

// What the engine does with blobs beyond the contract of a ContentSource.
namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Kind = InMemoryUpstreamClient::Call::Kind;

constexpr auto kAlways = InMemoryUpstreamClient::kAlways;
constexpr size_t kChunk = limits::kChunkBytes;

class EngineBlobTest : public ::testing::Test {
 protected:
  void Configure(const EngineOptions& options) {
    world_ = std::make_unique<EngineWorld>(options);
  }

  InMemoryUpstreamClient& upstream() { return world_->upstream(); }
  FakeMetadataClient& metadata() { return world_->metadata(); }

  static Candidate Reachable(int64_t id) { return {id, /*reachable=*/true}; }
  static Candidate Unproven(int64_t id) { return {id}; }
  // It has delivered the blob before.
  static Candidate Possessing(Candidate candidate) {
    candidate.possessed = true;
    return candidate;
  }
  static Candidate Cached(int64_t id, const Digest& digest) {
    return Possessing(
        {id, true,
         CachedEntry{{kOctetStream, digest, 0}, absl::UnixEpoch(), true}});
  }

  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const Digest& digest, std::vector<Candidate> candidates,
      const std::string& repository = "r", bool header_only = false) {
    FetchRequest request{
        {*Repository::Parse(repository), Reference(digest), ContentKind::kBlob},
        {std::move(candidates)}};
    request.header_only = header_only;
    return world_->source().Fetch(request);
  }
  absl::StatusOr<std::string> FetchAll(const Digest& digest,
                                       std::vector<Candidate> candidates) {
    return ReadAll(Fetch(digest, std::move(candidates)));
  }

  bool IsStored(const Digest& digest) {
    return world_->store().Open(digest).ok();
  }
  void Store(const std::string& bytes) {
    ASSERT_THAT(world_->store().Put(Digest::OfBytes(bytes), bytes), IsOk());
  }

  // Holds a download of `digest` from upstream 7 after some bytes.
  std::shared_ptr<Gate> HoldAfter(uint64_t bytes) {
    auto gate = std::make_shared<Gate>();
    upstream().Inject(7, {.gate = gate, .gate_at_byte = bytes});
    return gate;
  }

  std::vector<int64_t> RecordedUpstreams() {
    std::vector<int64_t> ids;
    for (const auto& record : metadata().records()) {
      ids.push_back(record.upstream_id);
    }
    return ids;
  }

  std::unique_ptr<EngineWorld> world_ = std::make_unique<EngineWorld>();
  const std::string layer_ = PatternBytes(20 * kChunk + 777);
  const absl::Status down_ = errors::UpstreamUnavailable("r.test", "down");
};

// --- Resuming ---------------------------------------------------------------

TEST_F(EngineBlobTest, BrokenBodyIsContinuedWhereItBrokeOff) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().Inject(7, {.break_at_byte = 3 * kChunk + 5});
  EXPECT_THAT(FetchAll(digest, {Reachable(7)}), IsOkAndHolds(layer_));
  const auto calls = upstream().calls();
  ASSERT_THAT(calls, SizeIs(2));
  EXPECT_EQ(calls[1].part.offset, 3 * kChunk + 5);
  EXPECT_FALSE(calls[1].part.if_range_etag.empty());
  EXPECT_EQ(world_->sleeper().count, 1);
}

TEST_F(EngineBlobTest, WholeBodyInPlaceOfAPartIsUsed) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().Inject(7, {.break_at_byte = 3 * kChunk + 5});
  upstream().Inject(7, {.ignore_part = true});
  EXPECT_THAT(FetchAll(digest, {Reachable(7)}), IsOkAndHolds(layer_));
}

TEST_F(EngineBlobTest, NextCandidateContinuesWhatOneCannotEnd) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().AddBlob(8, "r", layer_);
  upstream().Inject(7, {.break_at_byte = 300000});
  upstream().Inject(7, {down_}, kAlways);
  const auto stream = Fetch(digest, {Reachable(7), Reachable(8)});
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().upstream_id, 7);
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(layer_));
  EXPECT_EQ(upstream().calls().back().upstream_id, 8);
  EXPECT_EQ(upstream().calls().back().part.offset, 300000);
  EXPECT_EQ(upstream().calls().back().part.if_range_etag, "");
}

TEST_F(EngineBlobTest, AttemptsAreBounded) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().Inject(7, {.break_at_byte = 300000});
  upstream().Inject(7, {down_}, kAlways);
  EXPECT_THAT(
      FetchAll(digest, {Reachable(7)}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  EXPECT_THAT(upstream().calls(), SizeIs(4));
  EXPECT_FALSE(IsStored(digest));
  EXPECT_THAT(metadata().records(), IsEmpty());
}

// --- Which candidate --------------------------------------------------------

TEST_F(EngineBlobTest, CandidateThatIsDownIsPassedOverAtOnce) {
  const Digest digest = upstream().AddBlob(8, "r", layer_);
  upstream().Inject(7, {down_}, kAlways);
  const auto stream = Fetch(digest, {Reachable(7), Unproven(8)});
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().upstream_id, 8);
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(layer_));
  EXPECT_EQ(world_->sleeper().count, 0);
}

TEST_F(EngineBlobTest, FirstErrorIsAnsweredWhenNobodyHasIt) {
  upstream().Inject(7, {errors::UpstreamRefused("r.test", "401")});
  EXPECT_THAT(
      FetchAll(Digest::OfBytes("x"), {Unproven(6), Unproven(7), Unproven(8)}),
      StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(EngineBlobTest, EntryOfAnUpstreamThatNoLongerHasItIsForgotten) {
  const Digest digest = Digest::OfBytes("x");
  EXPECT_THAT(FetchAll(digest, {Cached(7, digest)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  ASSERT_THAT(metadata().negative_entries(), SizeIs(1));
  EXPECT_EQ(metadata().negative_entries()[0].path,
            "/r/blobs/" + digest.ToString());
  EXPECT_EQ(metadata().negative_entries()[0].negative_answer,
            NegativeAnswer::kNotFound);
}

TEST_F(EngineBlobTest, RemovedUpstreamCountsAsNotHavingIt) {
  const Digest digest = upstream().AddBlob(8, "r", "hello");
  metadata().RemoveUpstream(7);
  EXPECT_THAT(FetchAll(digest, {Unproven(7), Unproven(8)}),
              IsOkAndHolds("hello"));
}

// --- Verification -----------------------------------------------------------

TEST_F(EngineBlobTest, NextCandidateIsTriedWhileNobodyHasWrongBytes) {
  // One chunk, so it is held back until it is verified.
  const Digest digest = upstream().AddBlob(7, "r", "hello");
  upstream().AddBlob(8, "r", "hello");
  upstream().Inject(7, {.corrupt = true});
  EXPECT_THAT(FetchAll(digest, {Reachable(7), Reachable(8)}),
              IsOkAndHolds("hello"));
  metadata().AwaitRecords(1);
  EXPECT_THAT(RecordedUpstreams(), ElementsAre(8));
}

TEST_F(EngineBlobTest, ReaderWithBytesGetsTheErrorAndNothingIsStored) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().AddBlob(8, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(
      7, {.gate = gate, .gate_at_byte = 2 * kChunk, .corrupt = true});
  const auto stream = Fetch(digest, {Reachable(7), Reachable(8)});
  ASSERT_THAT(stream, IsOk());
  ASSERT_THAT((*stream)->Next(), IsOk());
  gate->Open();
  EXPECT_THAT(ReadRest(**stream), StatusIs(absl::StatusCode::kUnavailable,
                                           Reason::kContentMismatch));
  EXPECT_FALSE(IsStored(digest));
  EXPECT_THAT(upstream().calls(), SizeIs(1));
}

// Sends the same for every digest.
class OneBlobUpstream : public InMemoryUpstreamClient {
 public:
  explicit OneBlobUpstream(std::string bytes) : bytes_(std::move(bytes)) {}
  absl::Status GetBlob(const UpstreamAccess&, const Repository&, const Digest&,
                       const UpstreamBlobPart&,
                       UpstreamBlobSink& sink) override {
    const absl::Status begun = sink.OnHeader({bytes_.size(), 0, ""});
    return begun.ok() ? sink.OnBytes(bytes_) : begun;
  }

 private:
  const std::string bytes_;
};

TEST_F(EngineBlobTest, Sha512IsVerifiedToo) {
  OneBlobUpstream upstream("hello");
  Engine engine(EngineWorld::SmallOptions(), world_->store(), upstream,
                metadata());
  const auto fetch = [&](const std::string& bytes) {
    const Digest digest = Digest::OfBytes(bytes, DigestAlgorithm::kSha512);
    return ReadAll(engine.Fetch(
        {{*Repository::Parse("r"), Reference(digest), ContentKind::kBlob},
         {{Reachable(7)}}}));
  };
  EXPECT_THAT(fetch("hello"), IsOkAndHolds("hello"));
  EXPECT_THAT(fetch("other"), StatusIs(absl::StatusCode::kUnavailable,
                                       Reason::kContentMismatch));
}

// --- Sizes ------------------------------------------------------------------

TEST_F(EngineBlobTest, UnknownSizeIsToldWhenAllIsHere) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().Inject(7, {.hide_size = true});
  const auto stream = Fetch(digest, {Reachable(7)});
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ((*stream)->header().target.size_bytes, layer_.size());
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(layer_));
}

TEST_F(EngineBlobTest, SizeThatNobodySaysIsFoundByTheDownload) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().Inject(7, {.hide_size = true}, 2);
  const auto header = Fetch(digest, {Reachable(7)}, "r", /*header_only=*/true);
  ASSERT_THAT(header, IsOk());
  EXPECT_EQ((*header)->header().target.size_bytes, layer_.size());
}

TEST_F(EngineBlobTest, HeaderAloneJoinsADownloadThatRuns) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10);
  const auto stream = Fetch(digest, {Reachable(7)});
  const auto header = Fetch(digest, {Reachable(7)}, "r", true);
  ASSERT_THAT(header, IsOk());
  EXPECT_EQ((*header)->header().target.size_bytes, layer_.size());
  EXPECT_THAT(upstream().calls(), SizeIs(1));
  gate->Open();
}

// --- Readers at their own pace ----------------------------------------------

TEST_F(EngineBlobTest, DownloadDoesNotWaitForASlowReader) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto slow = Fetch(digest, {Reachable(7)});
  ASSERT_THAT(slow, IsOk());
  metadata().AwaitRecords(1);
  EXPECT_TRUE(IsStored(digest));
  EXPECT_THAT(ReadRest(**slow), IsOkAndHolds(layer_));
}

TEST_F(EngineBlobTest, ReaderBehindTheWindowWaitsForTheStoreAtMost) {
  world_->faults().SupplyLate(true);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10 * kChunk);
  const auto slow = Fetch(digest, {Reachable(7)});
  ASSERT_THAT(slow, IsOk());
  gate->AwaitArrivals();
  absl::StatusOr<std::string> bytes;
  {
    Thread reader("reader", [&] { bytes = ReadRest(**slow); });
    gate->Open();
  }
  EXPECT_THAT(bytes, IsOkAndHolds(layer_));
}

TEST_F(EngineBlobTest, ReaderMayJoinLateAndAnywhere) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(15 * kChunk);
  const auto first = Fetch(digest, {Reachable(7)});
  gate->AwaitArrivals();
  const auto late = Fetch(digest, {Reachable(7)});
  FetchRequest request{
      {*Repository::Parse("r"), Reference(digest), ContentKind::kBlob},
      {{Reachable(7)}}};
  request.range =
      ByteRangeSpec{ByteRangeSpec::From{2 * kChunk + 9, 5 * kChunk}};
  // Long received: no need to wait for the rest.
  EXPECT_THAT(ReadAll(world_->source().Fetch(request)),
              IsOkAndHolds(layer_.substr(2 * kChunk + 9, 3 * kChunk - 8)));
  gate->Open();
  EXPECT_THAT(ReadRest(**late), IsOkAndHolds(layer_));
  EXPECT_THAT(ReadRest(**first), IsOkAndHolds(layer_));
  EXPECT_THAT(upstream().calls(), SizeIs(1));
}

TEST_F(EngineBlobTest, EveryReaderCountsAsADownload) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10);
  std::vector<std::unique_ptr<ContentStream>> streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(*Fetch(digest, {Reachable(7)}));
  }
  (void)Fetch(digest, {Reachable(7)}, "r", /*header_only=*/true);
  gate->Open();
  world_->engine().Shutdown(absl::InfiniteFuture());
  EXPECT_EQ(metadata().download_count(), 3);
  EXPECT_THAT(RecordedUpstreams(), ElementsAre(7));
}

// --- A store that fails -----------------------------------------------------

TEST_F(EngineBlobTest, FullDiskDoesNotFailAPull) {
  world_->faults().FillUpAfter(3 * kChunk);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  EXPECT_THAT(FetchAll(digest, {Reachable(7)}), IsOkAndHolds(layer_));
  world_->engine().Shutdown(absl::InfiniteFuture());
  EXPECT_FALSE(IsStored(digest));
  EXPECT_THAT(metadata().records(), IsEmpty());
}

TEST_F(EngineBlobTest, StoreThatTakesNothingDoesNotFailAPull) {
  world_->faults().FillUpAfter(0);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  EXPECT_THAT(FetchAll(digest, {Reachable(7)}), IsOkAndHolds(layer_));
}

TEST_F(EngineBlobTest, UnknownSizeOfWhatCannotBeStoredIsLeftToTheNext) {
  world_->faults().FillUpAfter(3 * kChunk);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().AddBlob(8, "r", layer_);
  upstream().Inject(7, {.hide_size = true}, 2);
  EXPECT_THAT(
      FetchAll(digest, {Reachable(7)}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid));
  EXPECT_THAT(FetchAll(digest, {Reachable(7), Reachable(8)}),
              IsOkAndHolds(layer_));
}

TEST_F(EngineBlobTest, DownloadThatNobodyReadsAndNothingStoresEnds) {
  world_->faults().FillUpAfter(3 * kChunk);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10);
  { const auto stream = Fetch(digest, {Reachable(7)}); }
  gate->Open();
  world_->engine().Shutdown(absl::InfiniteFuture());
  EXPECT_EQ(world_->engine().download_count(), 0);
}

TEST_F(EngineBlobTest, ReaderThatComesTooLateForAnUnstoredDownloadHasItsOwn) {
  // Nothing at all is stored, so the first reader cannot lose its place.
  world_->faults().FillUpAfter(0);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(15 * kChunk);
  const auto first = Fetch(digest, {Reachable(7)});
  ASSERT_THAT(first, IsOk());
  // So far that the first chunk is no longer anywhere.
  uint64_t read = 0;
  while (read < 12 * kChunk) read += (*first)->Next()->size();
  gate->AwaitArrivals();
  EXPECT_THAT(FetchAll(digest, {Reachable(7)}), IsOkAndHolds(layer_));
  EXPECT_THAT(upstream().calls(), SizeIs(Ge(2)));
  gate->Open();
  EXPECT_THAT(ReadRest(**first), IsOkAndHolds(layer_.substr(read)));
}

// --- Whose blob it is -------------------------------------------------------

TEST_F(EngineBlobTest, ReachableBytesAreServedAndLinkedWithoutAsking) {
  Store("hello");
  const Digest digest = Digest::OfBytes("hello");
  EXPECT_THAT(FetchAll(digest, {Unproven(6), Possessing(Reachable(8))}),
              IsOkAndHolds("hello"));
  EXPECT_THAT(RecordedUpstreams(), ElementsAre(8));
  EXPECT_THAT(upstream().calls(), IsEmpty());
  // Once it is linked, it is only counted.
  EXPECT_THAT(FetchAll(digest, {Cached(8, digest)}), IsOkAndHolds("hello"));
  EXPECT_THAT(RecordedUpstreams(), ElementsAre(8));
  EXPECT_EQ(metadata().download_count(), 2);
}

TEST_F(EngineBlobTest, RunningDownloadIsSharedOnlyWithThoseItIsDeliveredTo) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10 * kChunk);
  const auto first = Fetch(digest, {Reachable(7)});
  gate->AwaitArrivals();
  // Another upstream is not waited for: the bytes are not its own.
  EXPECT_THAT(Fetch(digest, {Reachable(8)}),
              StatusIs(absl::StatusCode::kNotFound));
  // The same upstream is not enough, if the repository is another.
  EXPECT_THAT(Fetch(digest, {Unproven(7)}, "other"),
              StatusIs(absl::StatusCode::kNotFound));
  upstream().AddBlob(8, "r", layer_);
  EXPECT_THAT(FetchAll(digest, {Reachable(8)}), IsOkAndHolds(layer_));
  const auto same = Fetch(digest, {Unproven(7)});
  gate->Open();
  EXPECT_THAT(ReadRest(**same), IsOkAndHolds(layer_));
  EXPECT_THAT(ReadRest(**first), IsOkAndHolds(layer_));
  world_->engine().Shutdown(absl::InfiniteFuture());
  EXPECT_THAT(RecordedUpstreams(), UnorderedElementsAre(7, 8));
  std::map<int64_t, int> whole;
  for (const auto& call : upstream().calls()) {
    whole[call.upstream_id] += !call.part.length;
  }
  EXPECT_EQ(whole[7], 1);
  EXPECT_EQ(whole[8], 2);
}

TEST_F(EngineBlobTest, FollowerOfAFailedDownloadTriesItsOwnCandidates) {
  const Digest digest = upstream().AddBlob(8, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.error = down_, .gate = gate});
  absl::StatusOr<std::string> first, second;
  {
    Thread leader("leader", [&] { first = FetchAll(digest, {Reachable(7)}); });
    gate->AwaitArrivals();
    Thread follower("follower",
                    [&] { second = FetchAll(digest, {Reachable(8)}); });
    gate->Open();
  }
  EXPECT_THAT(first, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(second, IsOkAndHolds(layer_));
}

// --- Bounds and the end -----------------------------------------------------

TEST_F(EngineBlobTest, DownloadsWaitForTheirTurnAndTheQueueIsBounded) {
  EngineOptions options = EngineWorld::SmallOptions();
  options.downloads_max = 1;
  options.downloads_queued_max = 1;
  Configure(options);
  const Digest a = upstream().AddBlob(7, "r", "a");
  const Digest b = upstream().AddBlob(7, "r", "b");
  const Digest c = upstream().AddBlob(7, "r", "c");
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate}, kAlways);
  absl::StatusOr<std::string> first, second;
  {
    Thread one("one", [&] { first = FetchAll(a, {Reachable(7)}); });
    gate->AwaitArrivals();
    FetchRequest waiting{
        {*Repository::Parse("r"), Reference(b), ContentKind::kBlob},
        {{Reachable(7)}}};
    waiting.deadline = absl::Now();
    // The caller leaves, the download keeps its place.
    EXPECT_THAT(world_->source().Fetch(waiting),
                StatusIs(absl::StatusCode::kDeadlineExceeded));
    const auto refused = Fetch(c, {Reachable(7)});
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_TRUE(RetryAfterOf(refused.status()).has_value());
    gate->Open();
    second = FetchAll(b, {Reachable(7)});
  }
  EXPECT_THAT(first, IsOkAndHolds("a"));
  EXPECT_THAT(second, IsOkAndHolds("b"));
  EXPECT_THAT(upstream().calls(), SizeIs(2));
}

TEST_F(EngineBlobTest, ShutdownLetsDownloadsEnd) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10);
  const auto stream = Fetch(digest, {Reachable(7)});
  gate->Open();
  world_->engine().Shutdown(absl::InfiniteFuture());
  EXPECT_TRUE(IsStored(digest));
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(layer_));
  EXPECT_THAT(Fetch(Digest::OfBytes("x"), {Reachable(7)}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ReadAll(world_->source().Read({digest})), IsOkAndHolds(layer_));
}

TEST_F(EngineBlobTest, ShutdownAbandonsWhatDoesNotEndInTime) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10);
  const auto stream = Fetch(digest, {Reachable(7)});
  world_->engine().Shutdown(absl::InfinitePast());
  gate->Open();
  EXPECT_THAT(ReadRest(**stream), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(IsStored(digest));
}

}  // namespace
}  // namespace cvr::testing
