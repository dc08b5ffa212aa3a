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

// What the engine makes of damage, full disks and interruptions, and how it
// serves ranges that a download has not come to.
namespace cvr::testing {
namespace {

using ::testing::SizeIs;

constexpr auto kAlways = InMemoryUpstreamClient::kAlways;
constexpr size_t kChunk = limits::kChunkBytes;

class EngineTroubleTest : public ::testing::Test {
 protected:
  static EngineOptions Options() {
    EngineOptions options = EngineWorld::SmallOptions();
    options.detour_bytes = 2 * kChunk;
    return options;
  }

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
  static ByteRangeSpec From(uint64_t first, std::optional<uint64_t> last = {}) {
    return {ByteRangeSpec::From{first, last}};
  }
  absl::StatusOr<std::unique_ptr<ContentStream>> Read(const Digest& digest) {
    ReadRequest request{digest};
    request.repair = RepairPlan{Request(digest).content, Request(digest).plan};
    return world_.source().Read(request);
  }

  // Adds the layer to the upstream, and to the store.
  Digest StoreLayer() {
    const Digest digest = upstream().AddBlob(7, "r", layer_);
    EXPECT_THAT(ReadAll(Fetch(digest)), IsOkAndHolds(layer_));
    metadata().AwaitRecords(1);
    return digest;
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

  // A new process on the same store.
  std::unique_ptr<Engine> StartAnew() {
    return std::make_unique<Engine>(Options(), world_.store(), upstream(),
                                    metadata());
  }
  // A download that stopped at byte 9 * kChunk + 5.
  Digest Interrupt() {
    const Digest digest = upstream().AddBlob(7, "r", layer_);
    upstream().Inject(7, {.break_at_byte = 9 * kChunk + 5});
    upstream().Inject(7, {down_}, kAlways);
    EXPECT_THAT(ReadAll(Fetch(digest)),
                StatusIs(absl::StatusCode::kUnavailable));
    AwaitDownloads();
    upstream().Heal(7);
    return digest;
  }

  InMemoryUpstreamClient& upstream() { return world_.upstream(); }
  FakeMetadataClient& metadata() { return world_.metadata(); }

  EngineWorld world_{Options()};
  const std::string layer_ = PatternBytes(20 * kChunk + 777);
  const absl::Status down_ = errors::UpstreamUnavailable("r.test", "down");
};

// --- Damage -----------------------------------------------------------------

TEST_F(EngineTroubleTest, DamageIsADelayForTheReaderOfAFetch) {
  const Digest digest = StoreLayer();
  world_.faults().DamageFrom(3 * kChunk);
  EXPECT_THAT(ReadAll(Fetch(digest)), IsOkAndHolds(layer_));
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
  EXPECT_THAT(upstream().calls(), SizeIs(2));
  // The repair is no pull of its own.
  EXPECT_EQ(metadata().download_count(), 2);
}

TEST_F(EngineTroubleTest, DamageIsADelayForTheReaderOfAHitWithAPlan) {
  const Digest digest = StoreLayer();
  world_.faults().DamageFrom(3 * kChunk);
  EXPECT_THAT(ReadAll(Read(digest)), IsOkAndHolds(layer_));
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
  EXPECT_THAT(upstream().calls(), SizeIs(2));
}

TEST_F(EngineTroubleTest, DamageWithoutAPlanEndsTheStreamAndDropsTheBlob) {
  const Digest digest = StoreLayer();
  world_.faults().DamageFrom(3 * kChunk);
  EXPECT_THAT(ReadAll(world_.source().Read({digest})),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_FALSE(IsStored(digest));
}

TEST_F(EngineTroubleTest, RangeOfADamagedBlobEndsWhereItShould) {
  const Digest digest = StoreLayer();
  world_.faults().DamageFrom(3 * kChunk);
  EXPECT_THAT(ReadAll(Fetch(digest, From(2 * kChunk + 1, 6 * kChunk))),
              IsOkAndHolds(layer_.substr(2 * kChunk + 1, 4 * kChunk)));
}

TEST_F(EngineTroubleTest, DamageThatNobodyCanRepairEndsTheStreamEarly) {
  const Digest digest = StoreLayer();
  world_.faults().DamageFrom(3 * kChunk);
  upstream().Inject(7, {down_}, kAlways);
  const auto stream = Read(digest);
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ(ReadBytes(**stream, 3 * kChunk), layer_.substr(0, 3 * kChunk));
  EXPECT_THAT((*stream)->Next(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT((*stream)->Next(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(IsStored(digest));
  upstream().Clear(7);
  upstream().Heal(7);
}

TEST_F(EngineTroubleTest, DamageWithoutAnyUpstreamIsToldAsDamage) {
  const Digest digest = StoreLayer();
  world_.faults().DamageFrom(3 * kChunk);
  upstream().Clear(7);
  EXPECT_THAT(ReadAll(Read(digest)), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EngineTroubleTest, ManyReadersOfADamagedBlobShareOneRepair) {
  const Digest digest = StoreLayer();
  std::vector<std::unique_ptr<ContentStream>> streams;
  for (int i = 0; i < 5; ++i) streams.push_back(*Read(digest));
  world_.faults().DamageFrom(3 * kChunk);
  for (const auto& stream : streams) {
    EXPECT_THAT(ReadRest(*stream), IsOkAndHolds(layer_));
  }
  EXPECT_THAT(upstream().calls(), SizeIs(2));
}

// What the reader has is not verified yet, so the rest comes only when it is.
TEST_F(EngineTroubleTest, DamageBehindARunningDownloadIsRepairedByAnother) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(15 * kChunk);
  const auto slow = Fetch(digest);
  ASSERT_THAT(slow, IsOk());
  gate->AwaitArrivals();
  const std::string begun = ReadBytes(**slow, kChunk);
  world_.faults().DamageFrom(kChunk);
  const auto another = HoldAfter(0);
  absl::StatusOr<std::string> rest;
  {
    Thread reader("reader", [&] { rest = ReadRest(**slow); });
    world_.faults().AwaitDamageFound();
    gate->Open();
    // Until then, so that whatever the first download may have stored by now is
    // seen to be damaged.
    another->AwaitArrivals();
    world_.faults().DamageFrom(std::nullopt);
    another->Open();
  }
  EXPECT_THAT(rest, IsOkAndHolds(layer_.substr(begun.size())));
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
  EXPECT_THAT(upstream().calls(), SizeIs(2));
}

// --- Ranges far ahead -------------------------------------------------------

TEST_F(EngineTroubleTest, RangeFarAheadIsFetchedBesideTheDownload) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(2 * kChunk);
  const auto whole = Fetch(digest);
  EXPECT_THAT(ReadAll(Fetch(digest, From(10 * kChunk + 3, 12 * kChunk))),
              IsOkAndHolds(layer_.substr(10 * kChunk + 3, 2 * kChunk - 2)));
  ASSERT_THAT(upstream().calls(), SizeIs(2));
  EXPECT_EQ(upstream().calls()[1].part.offset, 10 * kChunk + 3);
  EXPECT_EQ(upstream().calls()[1].part.length, 2 * kChunk - 2);
  gate->Open();
  EXPECT_THAT(ReadRest(**whole), IsOkAndHolds(layer_));
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
}

TEST_F(EngineTroubleTest, RangeOfAColdBlobStartsTheDownloadAsWell) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(0);
  const auto tail = Fetch(digest, ByteRangeSpec{ByteRangeSpec::Suffix{100}});
  ASSERT_THAT(tail, IsOk());
  EXPECT_THAT(ReadRest(**tail),
              IsOkAndHolds(layer_.substr(layer_.size() - 100)));
  gate->Open();
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
}

TEST_F(EngineTroubleTest, RangeNearTheDownloadWaitsForIt) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(2 * kChunk);
  const auto whole = Fetch(digest);
  gate->AwaitArrivals();
  const auto near = Fetch(digest, From(3 * kChunk, 3 * kChunk + 9));
  gate->Open();
  EXPECT_THAT(ReadAll(Fetch(digest, From(3 * kChunk, 3 * kChunk + 9))),
              IsOkAndHolds(layer_.substr(3 * kChunk, 10)));
  EXPECT_THAT(upstream().calls(), SizeIs(1));
}

TEST_F(EngineTroubleTest, RangeIsAnsweredByTheDownloadOnceThatIsThere) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto fill = HoldAfter(2 * kChunk);
  const auto whole = Fetch(digest);
  fill->AwaitArrivals();
  const auto stuck = HoldAfter(kChunk);
  const auto range = Fetch(digest, From(10 * kChunk, 14 * kChunk - 1));
  ASSERT_THAT(range, IsOk());
  EXPECT_EQ(ReadBytes(**range, kChunk), layer_.substr(10 * kChunk, kChunk));
  fill->Open();
  EXPECT_THAT(ReadRest(**range),
              IsOkAndHolds(layer_.substr(11 * kChunk, 3 * kChunk)));
  EXPECT_THAT(upstream().calls(), SizeIs(2));
  stuck->Open();
}

TEST_F(EngineTroubleTest, UpstreamWithoutPartsMakesTheRangeWait) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto fill = HoldAfter(2 * kChunk);
  const auto whole = Fetch(digest);
  fill->AwaitArrivals();
  const auto asked = std::make_shared<Gate>();
  asked->Open();
  upstream().Inject(7, {.gate = asked, .ignore_part = true});
  const auto range = Fetch(digest, From(10 * kChunk, 14 * kChunk - 1));
  asked->AwaitArrivals();
  fill->Open();
  EXPECT_THAT(ReadAll(Fetch(digest, From(10 * kChunk, 14 * kChunk - 1))),
              IsOkAndHolds(layer_.substr(10 * kChunk, 4 * kChunk)));
  EXPECT_THAT(ReadRest(**range),
              IsOkAndHolds(layer_.substr(10 * kChunk, 4 * kChunk)));
}

TEST_F(EngineTroubleTest, RangeEndsWithTheErrorOfTheDownload) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto fill = std::make_shared<Gate>();
  upstream().Inject(
      7, {.gate = fill, .gate_at_byte = 2 * kChunk, .corrupt = true});
  const auto whole = Fetch(digest);
  fill->AwaitArrivals();
  const auto range = Fetch(digest, From(10 * kChunk, 14 * kChunk - 1));
  ASSERT_THAT(range, IsOk());
  EXPECT_EQ(ReadBytes(**range, kChunk), layer_.substr(10 * kChunk, kChunk));
  fill->Open();
  AwaitDownloads();
  EXPECT_THAT((*range)->Next(), StatusIs(absl::StatusCode::kUnavailable,
                                         Reason::kContentMismatch));
  EXPECT_FALSE(IsStored(digest));
}

// A client that continues a pull would otherwise have all of it, unverified.
TEST_F(EngineTroubleTest, OpenRangeGetsItsLastChunkFromTheDownload) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto fill = std::make_shared<Gate>();
  upstream().Inject(
      7, {.gate = fill, .gate_at_byte = 2 * kChunk, .corrupt = true});
  const auto whole = Fetch(digest);
  fill->AwaitArrivals();
  const auto range = Fetch(digest, From(10 * kChunk));
  ASSERT_THAT(range, IsOk());
  EXPECT_EQ(ReadBytes(**range, 10 * kChunk),
            layer_.substr(10 * kChunk, 10 * kChunk));
  fill->Open();
  EXPECT_THAT(ReadRest(**range), StatusIs(absl::StatusCode::kUnavailable,
                                          Reason::kContentMismatch));
}

// --- Interruptions ----------------------------------------------------------

TEST_F(EngineTroubleTest, InterruptedDownloadIsContinuedByTheNextProcess) {
  const Digest digest = Interrupt();
  const size_t calls_before = upstream().calls().size();
  const auto engine = StartAnew();
  EXPECT_THAT(ReadAll(engine->Fetch(Request(digest))), IsOkAndHolds(layer_));
  ASSERT_THAT(upstream().calls(), SizeIs(calls_before + 1));
  EXPECT_GT(upstream().calls().back().part.offset, 4 * kChunk);
  engine->Shutdown(absl::InfiniteFuture());
  EXPECT_TRUE(IsStored(digest));
}

TEST_F(EngineTroubleTest, ShutdownLeavesWhatThereIsForTheNextProcess) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(9 * kChunk);
  const auto stream = Fetch(digest);
  gate->AwaitArrivals();
  world_.engine().Shutdown(absl::InfinitePast());
  gate->Open();
  EXPECT_THAT(ReadRest(**stream), StatusIs(absl::StatusCode::kUnavailable));
  const auto engine = StartAnew();
  EXPECT_THAT(ReadAll(engine->Fetch(Request(digest))), IsOkAndHolds(layer_));
  EXPECT_GT(upstream().calls().back().part.offset, 0);
}

TEST_F(EngineTroubleTest, OldBytesThatAreDamagedAreFetchedAgain) {
  const Digest digest = Interrupt();
  world_.faults().DamageFrom(kChunk);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate});
  const auto engine = StartAnew();
  absl::StatusOr<std::string> bytes;
  {
    Thread reader("reader",
                  [&] { bytes = ReadAll(engine->Fetch(Request(digest))); });
    gate->AwaitArrivals();
    world_.faults().AwaitDamageFound();
    world_.faults().DamageFrom(std::nullopt);
    gate->Open();
  }
  EXPECT_THAT(bytes, IsOkAndHolds(layer_));
  EXPECT_EQ(upstream().calls().back().part.offset, 0);
}

TEST_F(EngineTroubleTest, OldBytesThatAreWrongAreFetchedAgain) {
  // Their checksums are right, so only the digest tells.
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  // Of upstream 7, whose identity nobody has told.
  auto writer = world_.store().Create(digest, /*owner=*/-7);
  ASSERT_THAT(writer, IsOk());
  for (int i = 0; i < 4; ++i) {
    ASSERT_THAT((*writer)->Append(Chunk::OfString(std::string(kChunk, 'x'))),
                IsOk());
  }
  (*writer)->Suspend();
  writer->reset();
  // Readers have to know the size before they can have bytes.
  upstream().Inject(7, {.hide_size = true}, 2);
  EXPECT_THAT(ReadAll(Fetch(digest)), IsOkAndHolds(layer_));
  EXPECT_THAT(upstream().calls(), SizeIs(2));
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
}

TEST_F(EngineTroubleTest, WrongBytesAreNotContinued) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(
      7, {.gate = gate, .gate_at_byte = 2 * kChunk, .corrupt = true});
  const auto stream = Fetch(digest);
  ASSERT_THAT((*stream)->Next(), IsOk());
  gate->Open();
  EXPECT_THAT(ReadRest(**stream), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ReadAll(Fetch(digest)), IsOkAndHolds(layer_));
  EXPECT_EQ(upstream().calls().back().part.offset, 0);
}

// --- A full disk ------------------------------------------------------------

TEST_F(EngineTroubleTest, FullDiskServesFastAndSlowReadersAlike) {
  world_.faults().FillUpAfter(0);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(10);
  const auto fast = Fetch(digest);
  const auto slow = Fetch(digest);
  absl::StatusOr<std::string> bytes;
  {
    Thread reader("fast", [&] { bytes = ReadRest(**fast); });
    gate->Open();
    EXPECT_THAT(ReadRest(**slow), IsOkAndHolds(layer_));
  }
  EXPECT_THAT(bytes, IsOkAndHolds(layer_));
  EXPECT_THAT(upstream().calls(), SizeIs(1));
}

TEST_F(EngineTroubleTest, CachingResumesWhenThereIsRoom) {
  world_.faults().FillUpAfter(0);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  EXPECT_THAT(ReadAll(Fetch(digest)), IsOkAndHolds(layer_));
  EXPECT_FALSE(IsStored(digest));
  world_.faults().FillUpAfter(std::nullopt);
  EXPECT_THAT(ReadAll(Fetch(digest)), IsOkAndHolds(layer_));
  AwaitDownloads();
  EXPECT_TRUE(IsStored(digest));
}

TEST_F(EngineTroubleTest, ReaderFarBehindWhenTheDiskFillsUpGetsTheRest) {
  world_.faults().FillUpAfter(10 * kChunk);
  world_.faults().SupplyLate(true);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  // Who is too late to begin at all would have a download of its own.
  const auto gate = HoldAfter(kChunk);
  const auto slow = Fetch(digest);
  ASSERT_THAT(slow, IsOk());
  gate->Open();
  // By the time somebody else has all of it, the beginning is gone.
  EXPECT_THAT(ReadAll(Fetch(digest)), IsOkAndHolds(layer_));
  EXPECT_THAT(ReadRest(**slow), IsOkAndHolds(layer_));
}

// --- Bounds -----------------------------------------------------------------

TEST_F(EngineTroubleTest, DownloadsRunInTheOrderInWhichTheyCame) {
  EngineOptions options = Options();
  options.downloads_max = 1;
  Engine engine(options, world_.store(), upstream(), metadata());
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate});
  std::vector<std::string> asked;
  for (const char* const bytes : {"a", "b", "c", "d"}) {
    FetchRequest request = Request(upstream().AddBlob(7, "r", bytes));
    request.deadline = absl::InfinitePast();
    EXPECT_THAT(engine.Fetch(request),
                StatusIs(absl::StatusCode::kDeadlineExceeded));
    asked.push_back(request.content.reference.ToString());
  }
  gate->Open();
  engine.Shutdown(absl::InfiniteFuture());
  std::vector<std::string> served;
  for (const auto& call : upstream().calls()) served.push_back(call.reference);
  EXPECT_EQ(served, asked);
}

TEST_F(EngineTroubleTest, DownloadsProgressWithoutAnyCommonMemory) {
  EngineOptions options = Options();
  options.windows_bytes_total = 0;
  Engine engine(options, world_.store(), upstream(), metadata());
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  EXPECT_THAT(ReadAll(engine.Fetch(Request(digest))), IsOkAndHolds(layer_));
}

// A client shows its user something as soon as there is something.
TEST_F(EngineTroubleTest, FirstBytesDoNotWaitForAWholeChunk) {
  upstream().SetPieceBytes(1000);
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = HoldAfter(5000);
  const auto stream = Fetch(digest);
  ASSERT_THAT(stream, IsOk());
  EXPECT_EQ(ReadBytes(**stream, 5000), layer_.substr(0, 5000));
  gate->Open();
  EXPECT_THAT(ReadRest(**stream), IsOkAndHolds(layer_.substr(5000)));
}

}  // namespace
}  // namespace cvr::testing
