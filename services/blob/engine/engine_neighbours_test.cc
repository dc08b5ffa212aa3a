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
#include "tests/support/waiting/latch.h"

// An innocent client, on another upstream and of another group, while one
// upstream keeps everybody who asks it waiting. What is held against time is
// only that it ends at all, while the others still wait.
namespace cvr::testing {
namespace {

constexpr auto kAlways = InMemoryUpstreamClient::kAlways;
constexpr size_t kChunk = limits::kChunkBytes;
constexpr absl::Duration kLong = absl::Seconds(60);
constexpr int64_t kSlow = 7;
constexpr int64_t kGood = 8;

class EngineNeighboursTest : public ::testing::Test {
 protected:
  static EngineOptions Options() {
    EngineOptions options = EngineWorld::SmallOptions();
    options.requests_max = options.downloads_max = options.detours_max = 16;
    options.requests_queued_max = options.downloads_queued_max = 64;
    options.requests_per_upstream_max = 0;
    options.downloads_per_upstream_max = 0;
    options.detours_per_upstream_max = 0;
    return options;
  }

  ~EngineNeighboursTest() override {
    gate_->Open();
    clients_.clear();
  }

  FetchRequest Request(const char* group, int64_t upstream_id,
                       const Reference& reference, ContentKind kind) {
    FetchRequest request = {{*Repository::Parse("r"), reference, kind},
                            {{{upstream_id}}}};
    request.plan.group = group;
    return request;
  }

  // A client who waits until the gate is open.
  void StartClient(FetchRequest request) {
    clients_.push_back(std::make_unique<Thread>(
        "client", [this, request = std::move(request)] {
          (void)ReadAll(world_.source().Fetch(request));
        }));
  }

  // From now on the slow upstream answers nothing.
  void Block() { world_.upstream().Inject(kSlow, {.gate = gate_}, kAlways); }

  // What the innocent client gets meanwhile.
  absl::StatusOr<std::string> Pull(const FetchRequest& request) {
    absl::StatusOr<std::string> got = absl::UnknownError("still waits");
    Latch done;
    Thread client("innocent", [&] {
      got = ReadAll(world_.source().Fetch(request));
      done.Set();
    });
    EXPECT_TRUE(done.WaitFor(kLong)) << "waits for somebody else's upstream";
    if (!done.WaitFor(absl::ZeroDuration())) gate_->Open();
    return got;
  }

  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  EngineWorld world_{Options()};
  std::vector<std::unique_ptr<Thread>> clients_;
};

TEST_F(EngineNeighboursTest, SlowManifestsKeepNoOtherUpstreamWaiting) {
  Block();
  for (int i = 0; i < 30; ++i) {
    StartClient(Request("greedy", kSlow,
                        *Reference::Parse(std::string(1, 'a' + i % 26) + "x"),
                        ContentKind::kManifest));
  }
  // A quarter of the threads, and no more.
  gate_->AwaitArrivals(4);
  world_.upstream().AddManifest(kGood, "r", "latest", "application/json", "{}");
  EXPECT_THAT(Pull(Request("innocent", kGood, *Reference::Parse("latest"),
                           ContentKind::kManifest)),
              IsOkAndHolds("{}"));
}

TEST_F(EngineNeighboursTest, SlowListsKeepNoOtherUpstreamWaiting) {
  Block();
  for (int i = 0; i < 16; ++i) {
    FetchRequest request =
        Request("greedy", kSlow, *Reference::Parse("list"), ContentKind::kTags);
    request.content.repository = *Repository::Parse("r" + std::to_string(i));
    StartClient(std::move(request));
  }
  gate_->AwaitArrivals(4);
  world_.upstream().AddManifest(kGood, "r", "latest", "application/json", "{}");
  EXPECT_THAT(Pull(Request("innocent", kGood, *Reference::Parse("list"),
                           ContentKind::kTags)),
              IsOk());
}

TEST_F(EngineNeighboursTest, SlowDownloadsKeepNoOtherUpstreamWaiting) {
  Block();
  for (int i = 0; i < 16; ++i) {
    StartClient(Request(
        "greedy", kSlow,
        Reference(world_.upstream().AddBlob(kSlow, "r", PatternBytes(i + 1))),
        ContentKind::kBlob));
  }
  gate_->AwaitArrivals(4);
  const std::string layer = PatternBytes(3 * kChunk);
  const Digest digest = world_.upstream().AddBlob(kGood, "r", layer);
  EXPECT_THAT(
      Pull(Request("innocent", kGood, Reference(digest), ContentKind::kBlob)),
      IsOkAndHolds(layer));
}

TEST_F(EngineNeighboursTest, SlowProbesKeepNoOtherUpstreamWaiting) {
  const std::string layer = PatternBytes(3 * kChunk);
  const Digest digest = world_.upstream().AddBlob(kGood, "r", layer);
  ASSERT_THAT(
      Pull(Request("innocent", kGood, Reference(digest), ContentKind::kBlob)),
      IsOk());
  Block();
  // Each asks for the header of a blob of its own.
  for (int i = 0; i < 16; ++i) {
    FetchRequest request =
        Request("greedy", kSlow, Reference(Digest::OfBytes(std::to_string(i))),
                ContentKind::kBlob);
    request.header_only = true;
    StartClient(std::move(request));
  }
  gate_->AwaitArrivals(4);
  EXPECT_THAT(
      Pull(Request("innocent", kGood, Reference(digest), ContentKind::kBlob)),
      IsOkAndHolds(layer));
}

// A group with many upstreams is one group.
TEST_F(EngineNeighboursTest, GroupWithManySlowUpstreamsKeepsNoOtherWaiting) {
  for (int64_t upstream = 20; upstream < 45; ++upstream) {
    world_.upstream().Inject(upstream, {.gate = gate_}, kAlways);
    StartClient(Request("greedy", upstream, *Reference::Parse("latest"),
                        ContentKind::kManifest));
  }
  gate_->AwaitArrivals(6);
  world_.upstream().AddManifest(kGood, "r", "latest", "application/json", "{}");
  EXPECT_THAT(Pull(Request("innocent", kGood, *Reference::Parse("latest"),
                           ContentKind::kManifest)),
              IsOkAndHolds("{}"));
}

// What is refused for want of a share says so, when to come again, and to
// nobody else.
TEST_F(EngineNeighboursTest, RefusalIsOnlyForTheUpstreamWhoseShareIsUsedUp) {
  Block();
  for (int i = 0; i < 4 + 16; ++i) {
    StartClient(Request("greedy", kSlow,
                        *Reference::Parse("t" + std::to_string(i)),
                        ContentKind::kManifest));
  }
  gate_->AwaitArrivals(4);
  absl::Status refused;
  int more = 0;
  do {
    FetchRequest request = Request(
        "greedy", kSlow, *Reference::Parse("more" + std::to_string(more++)),
        ContentKind::kManifest);
    request.deadline = absl::Now();
    refused = world_.source().Fetch(request).status();
  } while (absl::IsDeadlineExceeded(refused));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("upstream 7"));
  EXPECT_TRUE(RetryAfterOf(refused).has_value());
  world_.upstream().AddManifest(kGood, "r", "latest", "application/json", "{}");
  EXPECT_THAT(Pull(Request("innocent", kGood, *Reference::Parse("latest"),
                           ContentKind::kManifest)),
              IsOkAndHolds("{}"));
}

}  // namespace
}  // namespace cvr::testing
