#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "services/blob/engine/engine_world.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "spdlog/spdlog.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"

// Random schedules of readers at any offset, cancels of readers and downloads,
// failing upstreams, a store that is full, damaged or loses blobs, and
// restarts, held against a model: a reader never gets a byte that is not the
// blob's, and never all of what it asked for unless that is right; what is
// stored is right; and when the trouble is over, everything works and nothing
// is held any more.
//
// CVR_SEED=n runs the schedule of that seed again (the first of shard 0),
// CVR_SCHEDULES=n so many in each shard.
namespace cvr::testing {
namespace {

constexpr size_t kChunk = limits::kChunkBytes;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSchedules = 200;
#else
constexpr int kSchedules = 400;
#endif

class Schedule {
 public:
  explicit Schedule(uint64_t seed) : random_(seed), world_(Options()) {
    static const std::string* const pattern =
        new std::string(PatternBytes(16 * kChunk));
    const size_t size = OneIn(8) ? Below(3) : Below(8 * kChunk);
    blob_ = pattern->substr(Below(8 * kChunk), size);
    digest_ = Digest::OfBytes(blob_);
  }

  void Run() {
    SetUpUpstreams();
    SetUpStore();
    {
      std::vector<std::unique_ptr<Thread>> readers;
      for (int i = Between(1, 5); i > 0; --i) {
        readers.push_back(std::make_unique<Thread>(
            "reader",
            [this, seed = random_()] { Read(seed, world_.source()); }));
      }
      for (int i = Below(4); i > 0; --i) MakeTrouble();
      if (OneIn(4)) {
        world_.engine().Shutdown(absl::InfinitePast());
      }
    }
    world_.engine().Shutdown(OneIn(2) ? absl::InfiniteFuture()
                                      : absl::InfinitePast());
    if (OneIn(2)) RunInAnotherProcess();
    Heal();
    CheckStore();
    CheckThatAllIsWell();
    world_.engine().Shutdown(absl::InfiniteFuture());
    EXPECT_EQ(world_.engine().download_count(), 0);
  }

 private:
  using Random = std::mt19937_64;

  static uint64_t Below(Random& random, uint64_t bound) {
    return bound == 0 ? 0 : random() % bound;
  }
  uint64_t Below(uint64_t bound) { return Below(random_, bound); }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  int Between(int low, int high) { return low + Below(high - low + 1); }

  EngineOptions Options() {
    EngineOptions options = EngineWorld::SmallOptions();
    options.window_bytes = Between(2, 6) * kChunk;
    options.downloads_max = Between(1, 3);
    options.windows_bytes_total = Below(6) * kChunk;
    options.detour_bytes = has_detours_ ? Below(4) * kChunk : UINT64_MAX / 2;
    options.detours_max = Between(1, 2);
    options.lagging_reader_timeout =
        OneIn(2) ? absl::ZeroDuration() : absl::Seconds(60);
    return options;
  }

  void SetUpUpstreams() {
    auto& upstream = world_.upstream();
    upstream.SetPieceBytes(1 + Below(OneIn(3) ? 5000 : 600000));
    upstream.AddBlob(7, "r", blob_);
    if (!OneIn(4)) upstream.AddBlob(8, "r", blob_);
    for (int i = Below(6); i > 0; --i) {
      UpstreamFault fault;
      if (OneIn(6)) fault.error = errors::UpstreamUnavailable("r.test", "down");
      if (!OneIn(3)) fault.break_at_byte = Below(blob_.size() + 1);
      fault.corrupt = !has_detours_ && OneIn(5);
      fault.ignore_part = OneIn(3);
      fault.hide_size = OneIn(5);
      upstream.Inject(7 + Below(2), fault);
    }
  }

  void SetUpStore() {
    if (OneIn(4)) world_.faults().FillUpAfter(Below(blob_.size() + 1));
    if (OneIn(5)) world_.faults().DamageFrom(Below(blob_.size() + 1));
    if (OneIn(6)) world_.faults().FailCommits(Between(1, 2));
    world_.faults().SupplyLate(OneIn(4));
  }

  // While readers are at it.
  void MakeTrouble() {
    switch (Below(5)) {
      case 0:
        (void)world_.store().Delete(*digest_);
        break;
      case 1:
        world_.faults().DamageFrom(Below(blob_.size() + 1));
        break;
      case 2:
        world_.faults().FillUpAfter(Below(blob_.size() + 1));
        break;
      case 3:
        CancelDownloads();
        break;
      default:
        world_.faults().FillUpAfter(std::nullopt);
    }
  }

  // Of whoever they are, wherever they are between upstream, store and readers.
  void CancelDownloads() {
    const auto seen = world_.engine().downloads_in_flight().List();
    for (const auto& download : seen.downloads) {
      world_.engine().CancelDownload(
          download.id, absl::UnavailableError("cancelled"), OneIn(2));
    }
  }

  // On the same store, in whatever state that is.
  void RunInAnotherProcess() {
    Engine engine(Options(), world_.store(), world_.upstream(),
                  world_.metadata());
    Thread reader("reader", [&, seed = random_()] { Read(seed, engine); });
    if (OneIn(2)) engine.Shutdown(absl::InfinitePast());
  }

  void Heal() {
    world_.upstream().Heal(7);
    world_.upstream().Heal(8);
    world_.faults().FillUpAfter(std::nullopt);
    world_.faults().DamageFrom(std::nullopt);
    world_.faults().FailCommits(0);
  }

  FetchRequest RandomRequest(Random& random) {
    FetchRequest request{
        {*Repository::Parse("r"), Reference(*digest_), ContentKind::kBlob}};
    for (int64_t id = 7; id <= 8; ++id) {
      if (Below(random, 5) == 0) continue;
      request.plan.candidates.push_back({id, Below(random, 2) == 0});
    }
    auto& candidates = request.plan.candidates;
    if (Below(random, 2) == 0)
      std::reverse(candidates.begin(), candidates.end());
    if (Below(random, 3) == 0) {
      ByteRangeSpec::From from{Below(random, blob_.size() + 1), std::nullopt};
      if (Below(random, 2) == 0) {
        from.last = from.first + Below(random, 3 * kChunk);
      }
      request.range = ByteRangeSpec{from};
    }
    request.header_only = Below(random, 8) == 0;
    if (Below(random, 10) == 0) request.deadline = absl::Now();
    return request;
  }

  // As the gateway does: a hit is read, with the plan for repairs.
  static absl::StatusOr<std::unique_ptr<ContentStream>> Open(
      ContentSource& source, const FetchRequest& request, Random& random) {
    if (Below(random, 3) == 0) {
      ReadRequest read{request.content.reference.digest(), request.range,
                       request.header_only};
      read.repair = RepairPlan{request.content, request.plan};
      auto stream = source.Read(read);
      if (stream.ok()) return stream;
    }
    return source.Fetch(request);
  }

  // One client, from its request until it has had enough.
  void Read(uint64_t seed, ContentSource& source) {
    Random random(seed);
    for (int pulls = 1 + Below(random, 3); pulls > 0; --pulls) {
      const FetchRequest request = RandomRequest(random);
      const auto stream = Open(source, request, random);
      if (!stream.ok()) continue;
      const ContentHeader& header = (*stream)->header();
      ASSERT_EQ(header.target.size_bytes, blob_.size());
      ASSERT_LE(header.range.end(), blob_.size());
      if (request.header_only) continue;
      Follow(**stream, blob_.substr(header.range.offset, header.range.length),
             random);
    }
  }

  // Every byte is checked as it comes.
  static void Follow(ContentStream& stream, absl::string_view expected,
                     Random& random) {
    const uint64_t patience =
        Below(random, 3) == 0 ? Below(random, 6) : UINT64_MAX;
    std::unique_ptr<Thread> canceller;
    if (Below(random, 8) == 0) {
      canceller =
          std::make_unique<Thread>("cancel", [&stream] { stream.Cancel(); });
    }
    for (uint64_t i = 0; i < patience; ++i) {
      const absl::StatusOr<Chunk> chunk = stream.Next();
      if (!chunk.ok()) return;
      if (chunk->empty()) {
        EXPECT_THAT(expected, ::testing::IsEmpty()) << "ended early";
        return;
      }
      ASSERT_TRUE(absl::ConsumePrefix(&expected, chunk->bytes()))
          << "a byte that is not the blob's";
    }
  }

  // What is there after all that is the blob, or nothing.
  void CheckStore() {
    const auto stored = world_.source().Read({*digest_});
    if (!stored.ok()) return;
    EXPECT_EQ((*stored)->header().target.size_bytes, blob_.size());
    EXPECT_THAT(ReadRest(**stored), IsOkAndHolds(blob_));
  }

  // A new process on the same store.
  void CheckThatAllIsWell() {
    Engine engine(EngineWorld::SmallOptions(), world_.store(),
                  world_.upstream(), world_.metadata());
    FetchRequest request{
        {*Repository::Parse("r"), Reference(*digest_), ContentKind::kBlob},
        {{{7}}}};
    const auto got = ReadAll(engine.Fetch(request));
    ASSERT_THAT(got, IsOk()) << got.status();
    EXPECT_TRUE(*got == blob_) << "other bytes than the blob's";
    engine.Shutdown(absl::InfiniteFuture());
    EXPECT_THAT(ReadAll(engine.Read({*digest_})), IsOkAndHolds(blob_));
  }

  Random random_;
  // What comes on one cannot be verified, so a schedule has either them or
  // upstreams that send wrong bytes.
  const bool has_detours_ = OneIn(2);
  EngineWorld world_;
  std::string blob_;
  std::optional<Digest> digest_;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

class EnginePropertyTest : public ::testing::TestWithParam<int> {};

TEST_P(EnginePropertyTest, ReadersGetTheBlobOrAnError) {
  const uint64_t schedules = FromEnvironment("CVR_SCHEDULES", kSchedules);
  const uint64_t first = FromEnvironment("CVR_SEED", std::random_device()()) +
                         GetParam() * schedules;
  spdlog::info("CVR_SEED={}, {} schedules", first, schedules);
  for (uint64_t seed = first; seed < first + schedules; ++seed) {
    SCOPED_TRACE(absl::StrCat("CVR_SEED=", seed));
    Schedule(seed).Run();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, EnginePropertyTest, ::testing::Range(0, 8));

}  // namespace
}  // namespace cvr::testing
