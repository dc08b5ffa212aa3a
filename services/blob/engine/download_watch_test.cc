#include "services/blob/engine/download_watch.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_world.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/fake_clock.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr size_t kChunk = limits::kChunkBytes;

class DownloadWatchTest : public ::testing::Test {
 protected:
  ~DownloadWatchTest() override { gate_->Open(); }

  FetchRequest Request(const Digest& digest) {
    return {{*Repository::Parse("r"), Reference(digest), ContentKind::kBlob},
            {{{7}}}};
  }
  // A download that stands still after its third chunk.
  std::unique_ptr<ContentStream> Begin() {
    const Digest digest = world_.upstream().AddBlob(7, "r", blob_);
    world_.upstream().Inject(7, {.gate = gate_, .gate_at_byte = 3 * kChunk});
    auto stream = world_.source().Fetch(Request(digest));
    EXPECT_THAT(stream, IsOk());
    gate_->AwaitArrivals();
    return *std::move(stream);
  }
  void AwaitNoDownload() {
    EXPECT_TRUE(
        Eventually([&] { return world_.engine().download_count() == 0; },
                   "the download ends"));
  }
  void Pass(absl::Duration time) {
    clock_.Advance(time);
    watch_.RunOnce();
  }

  EngineWorld world_;
  FakeClock clock_;
  DownloadWatch watch_{{.interval = absl::InfiniteDuration()},
                       world_.engine(),
                       world_.metadata(),
                       clock_};
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  const std::string blob_ = PatternBytes(8 * kChunk);
};

TEST_F(DownloadWatchTest, SlowDownloadThatNobodyReadsEnds) {
  Begin();  // Its reader leaves at once.
  watch_.RunOnce();
  Pass(absl::Seconds(59));
  EXPECT_EQ(world_.engine().download_count(), 1);
  Pass(absl::Seconds(1));
  AwaitNoDownload();
}

// The next one goes on where it was.
TEST_F(DownloadWatchTest, WhatHadComeIsKept) {
  Begin();
  watch_.RunOnce();
  Pass(absl::Seconds(60));
  AwaitNoDownload();
  EXPECT_THAT(ReadAll(world_.source().Fetch(Request(Digest::OfBytes(blob_)))),
              IsOkAndHolds(blob_));
  EXPECT_EQ(world_.upstream().calls().back().part.offset, 3 * kChunk - 1);
}

TEST_F(DownloadWatchTest, DownloadThatSomebodyReadsGoesOn) {
  const auto stream = Begin();
  watch_.RunOnce();
  Pass(absl::Hours(1));
  Pass(absl::Hours(1));
  EXPECT_EQ(world_.engine().download_count(), 1);
}

TEST_F(DownloadWatchTest, TimeWithAReaderDoesNotCount) {
  auto stream = Begin();
  watch_.RunOnce();
  Pass(absl::Hours(1));
  stream.reset();
  watch_.RunOnce();
  Pass(absl::Seconds(59));
  EXPECT_EQ(world_.engine().download_count(), 1);
}

TEST_F(DownloadWatchTest, FastDownloadGoesOn) {
  DownloadWatch watch(
      {.interval = absl::InfiniteDuration(), .unread_bytes_per_second_min = 1},
      world_.engine(), world_.metadata(), clock_);
  Begin();
  watch.RunOnce();
  clock_.Advance(absl::Seconds(60));
  gate_->Open();
  world_.engine().Shutdown(absl::InfiniteFuture());
  watch.RunOnce();
  EXPECT_THAT(ReadAll(world_.source().Read({Digest::OfBytes(blob_)})),
              IsOkAndHolds(blob_));
}

// Its reader gets an error, and what had come is nobody's.
TEST_F(DownloadWatchTest, DownloadOfAnUpstreamThatIsGoneEnds) {
  const auto stream = Begin();
  world_.metadata().RemoveUpstream(7);
  watch_.RunOnce();
  EXPECT_THAT(ReadRest(*stream), StatusIs(absl::StatusCode::kUnavailable));
  AwaitNoDownload();
}

TEST_F(DownloadWatchTest, DownloadOfAnUpstreamThatWasDisabledEnds) {
  const auto stream = Begin();
  world_.metadata().Withdraw(7);
  watch_.RunOnce();
  EXPECT_THAT(ReadRest(*stream), StatusIs(absl::StatusCode::kUnavailable));
  AwaitNoDownload();
  // Nothing of it is continued.
  gate_->Open();
  EXPECT_THAT(ReadAll(world_.source().Fetch(Request(Digest::OfBytes(blob_)))),
              IsOkAndHolds(blob_));
  EXPECT_EQ(world_.upstream().calls().back().part.offset, 0);
}

// Pulls do not depend on it.
TEST_F(DownloadWatchTest, DownloadGoesOnWhileNobodyCanBeAsked) {
  const auto stream = Begin();
  world_.metadata().FailWith(absl::UnavailableError("away"));
  watch_.RunOnce();
  world_.metadata().FailWith(absl::OkStatus());
  gate_->Open();
  EXPECT_THAT(ReadRest(*stream), IsOkAndHolds(blob_));
}

TEST_F(DownloadWatchTest, DownloadThatWaitsForItsTurnCanBeCancelled) {
  EngineOptions options = EngineWorld::SmallOptions();
  options.downloads_max = 1;
  EngineWorld world(options);
  const Digest first = world.upstream().AddBlob(7, "r", "first");
  const Digest second = world.upstream().AddBlob(7, "r", "second");
  world.upstream().Inject(7, {.gate = gate_});
  absl::Status ended;
  {
    Thread one("one", [&] { (void)world.source().Fetch(Request(first)); });
    gate_->AwaitArrivals();
    Thread two("two",
               [&] { ended = world.source().Fetch(Request(second)).status(); });
    const DownloadsInFlight& seen = world.engine().downloads_in_flight();
    EXPECT_TRUE(Eventually([&] { return seen.List().downloads.size() >= 2; },
                           "the second download waits for its turn"));
    EXPECT_TRUE(world.engine().CancelDownload(
        2, absl::UnavailableError("an operator")));
    EXPECT_EQ(seen.List().downloads.size(), 1);
    EXPECT_FALSE(world.engine().CancelDownload(
        2, absl::UnavailableError("an operator")));
    gate_->Open();
  }
  EXPECT_EQ(ended.message(), "an operator");
  world.engine().Shutdown(absl::InfiniteFuture());
  EXPECT_EQ(world.upstream().calls().size(), 1);
}

}  // namespace
}  // namespace cvr::testing
