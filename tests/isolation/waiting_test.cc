// What waits has a way out: downloads that trickle end when nobody wants them
// any more, and what was purged stays purged.
#include <signal.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/isolation/attack_scenario.h"
#include "tests/isolation/noisy_neighbour.h"
#include "tests/isolation/world.h"
#include "tests/support/upstream/trickling_upstream.h"
#include "tests/support/waiting/watchdog.h"

namespace cvr::testing {
namespace {

// Far more than an abort may take, and less than any timeout of the system.
constexpr absl::Duration kPatience = absl::Seconds(25);
constexpr int kDownloads = 8;

std::string BlobPath(int i) {
  return absl::StrCat("app/blobs/",
                      Digest::OfBytes(absl::StrCat(i)).ToString());
}

class WaitingTest : public ::testing::TestWithParam<Shape> {
 protected:
  WaitingTest()
      : world_(GetParam(), {"--upstream_stall_timeout=10m",
                            "--upstream_answer_timeout=10m"}) {
    registry_ = world_.CreateRegistry(world_.victim());
    upstream_id_ =
        world_.CreateUpstream(world_.victim(), {{"url", upstream_.url()}});
    world_.Attach(registry_, upstream_id_);
  }
  ~WaitingTest() override {
    if (HasFailure()) std::cerr << world_.system().Log().substr(0, 20000);
  }

  // Downloads that have begun and will never end by themselves.
  void BeginDownloads() {
    for (int i = 0; i < kDownloads; ++i) {
      clients_.emplace_back(world_.system().http());
      clients_.back().SendGet(World::TargetOf(registry_, BlobPath(i)),
                              "Bearer " + world_.victim().reader);
    }
    ASSERT_TRUE(upstream_.AwaitAnswers(kDownloads, kPatience));
  }

  void ExpectEnded() {
    EXPECT_TRUE(upstream_.AwaitAllClosed(kPatience));
    for (TcpClient& client : clients_) {
      EXPECT_TRUE(client.IsClosedWithin(kPatience));
    }
  }

  Watchdog watchdog_{absl::Minutes(3)};
  TricklingUpstream upstream_;
  World world_;
  int64_t registry_ = 0;
  int64_t upstream_id_ = 0;
  std::vector<TcpClient> clients_;
};

TEST_P(WaitingTest, DeletingTheUpstreamEndsItsDownloads) {
  BeginDownloads();
  world_.DeleteRegistry(registry_);
  world_.DeleteUpstream(upstream_id_);
  ExpectEnded();
}

TEST_P(WaitingTest, DisablingTheUpstreamEndsItsDownloads) {
  BeginDownloads();
  world_.Must("UpstreamService/UpdateUpstream",
              {{"id", upstream_id_}, {"upstream", {{"disabled", true}}}});
  ExpectEnded();
}

TEST_P(WaitingTest, OtherCredentialsEndDownloadsWithTheOldOnes) {
  BeginDownloads();
  world_.Must("UpstreamService/UpdateUpstream",
              {{"id", upstream_id_},
               {"upstream", {{"credentials", LoginOf("other", "other")}}}});
  ExpectEnded();
}

TEST_P(WaitingTest, TermEndsADownloadThatTrickles) {
  BeginDownloads();
  const absl::Time start = absl::Now();
  EXPECT_TRUE(world_.system().Stop());
  EXPECT_TRUE(upstream_.AwaitAllClosed(kPatience));
  std::cout << "SIGTERM took " << absl::Now() - start << "\n";
}

TEST_P(WaitingTest, TermEndsADownloadThatNobodyReads) {
  BeginDownloads();
  clients_.clear();
  const absl::Time start = absl::Now();
  EXPECT_TRUE(world_.system().Stop());
  EXPECT_TRUE(upstream_.AwaitAllClosed(kPatience));
  std::cout << "SIGTERM took " << absl::Now() - start << "\n";
}

TEST_P(WaitingTest, HangUpWithoutTlsEndsNothing) {
  const auto is_healthy = [&] {
    return world_.AskTarget("", "GET", "/healthz").status == 200;
  };
  ASSERT_TRUE(is_healthy());
  for (const pid_t pid : world_.system().pids()) kill(pid, SIGHUP);
  // A process that was to end has ended by the time another one was served.
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(is_healthy());
  EXPECT_TRUE(world_.system().Stop());
}

TEST_P(WaitingTest, APurgeDuringADownloadIsNotUndone) {
  for (const Point point : {Point::kStart, Point::kMiddle, Point::kLastByte}) {
    AttackScenario e(world_,
                     absl::StrCat("purged at ", static_cast<int>(point)), true);
    e.VictimBegins(point);
    e.VictimPurges();
    e.OpenGate();
    world_.AwaitQuiet();
    e.victims_upstream().ClearRequests();
    e.VictimPulls("layer");
    EXPECT_GE(e.victims_upstream().CountRequests({"GET", e.DigestOf("layer")}),
              1);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, WaitingTest,
                         ::testing::Values(Shape::kStandalone,
                                           Shape::kThreeProcesses),
                         [](const auto& info) {
                           return info.param == Shape::kStandalone
                                      ? "Standalone"
                                      : "ThreeProcesses";
                         });

}  // namespace
}  // namespace cvr::testing
