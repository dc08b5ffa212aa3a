#include "services/blob/engine/download/downloads_in_flight.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_world.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/fake_clock.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using State = DownloadInFlight::State;

constexpr size_t kChunk = limits::kChunkBytes;

class DownloadsInFlightTest : public ::testing::Test {
 protected:
  const DownloadsInFlight& seen() {
    return world_->engine().downloads_in_flight();
  }
  std::vector<DownloadInFlight> List() { return seen().List().downloads; }

  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(const Digest& digest) {
    return world_->source().Fetch(
        {{*Repository::Parse("r"), Reference(digest), ContentKind::kBlob},
         {{{7, /*reachable=*/true}}}});
  }
  Digest Add(const std::string& bytes) {
    return world_->upstream().AddBlob(7, "r", bytes);
  }
  // The next download stops after so many bytes.
  std::shared_ptr<Gate> HoldAt(uint64_t byte) {
    auto gate = std::make_shared<Gate>();
    world_->upstream().Inject(7, {.gate = gate, .gate_at_byte = byte});
    return gate;
  }
  void AwaitEnd() { world_->engine().Shutdown(absl::InfiniteFuture()); }

  std::unique_ptr<EngineWorld> world_ = std::make_unique<EngineWorld>();
};

TEST_F(DownloadsInFlightTest, ShowsHowFarADownloadIs) {
  const std::string bytes(3 * kChunk, 'x');
  const Digest digest = Add(bytes);
  EXPECT_THAT(List(), IsEmpty());
  const auto gate = HoldAt(2 * kChunk);
  auto stream = Fetch(digest);
  ASSERT_THAT(stream, IsOk());
  gate->AwaitArrivals();

  auto downloads = List();
  ASSERT_THAT(downloads, SizeIs(1));
  const DownloadInFlight first = downloads[0];
  EXPECT_EQ(first.id, 1);
  EXPECT_EQ(first.upstream_id, 7);
  EXPECT_EQ(first.repository.name(), "r");
  EXPECT_EQ(first.digest, digest);
  EXPECT_EQ(first.size_bytes, bytes.size());
  EXPECT_EQ(first.received_bytes, 2 * kChunk);
  EXPECT_EQ(first.readers, 1);
  EXPECT_EQ(first.requests, 1);
  EXPECT_EQ(first.start_time, FakeClock().Now());
  EXPECT_EQ(first.state, State::kRunning);

  auto other = Fetch(digest);
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(List()[0].readers, 2);
  other->reset();
  EXPECT_EQ(List()[0].readers, 1);

  gate->Open();
  EXPECT_EQ(*ReadRest(**stream), bytes);
  AwaitEnd();
  EXPECT_THAT(List(), IsEmpty());
  const auto since = seen().ListSince(0);
  ASSERT_THAT(since.downloads, SizeIs(1));
  EXPECT_EQ(since.downloads[0].id, 1);
  EXPECT_EQ(since.downloads[0].state, State::kDone);
  EXPECT_EQ(since.downloads[0].received_bytes, bytes.size());
  EXPECT_EQ(since.ended_count, 1u);
  EXPECT_THAT(seen().ListSince(since.ended_count).downloads, IsEmpty());
}

TEST_F(DownloadsInFlightTest, RequestsOfADownloadThatBreaksOffAreCounted) {
  const std::string bytes(3 * kChunk, 'x');
  const Digest digest = Add(bytes);
  world_->upstream().Inject(7, {.break_at_byte = kChunk});
  EXPECT_EQ(*ReadAll(Fetch(digest)), bytes);
  AwaitEnd();
  const auto downloads = seen().ListSince(0).downloads;
  ASSERT_THAT(downloads, SizeIs(1));
  EXPECT_EQ(downloads[0].requests, 2);
  EXPECT_EQ(downloads[0].state, State::kDone);
}

TEST_F(DownloadsInFlightTest, FailuresAreSeen) {
  const Digest digest = Digest::OfBytes("nowhere");
  EXPECT_THAT(Fetch(digest), StatusIs(absl::StatusCode::kNotFound));
  AwaitEnd();
  const auto downloads = seen().ListSince(0).downloads;
  ASSERT_THAT(downloads, SizeIs(1));
  EXPECT_EQ(downloads[0].state, State::kFailed);
  EXPECT_EQ(downloads[0].size_bytes, 0u);
}

TEST_F(DownloadsInFlightTest, WhatWaitsForItsTurnIsQueued) {
  EngineOptions options = EngineWorld::SmallOptions();
  options.downloads_max = 1;
  world_ = std::make_unique<EngineWorld>(options);
  const Digest one = Add("one");
  const Digest two = Add("two");
  const auto gate = HoldAt(0);
  Thread first("first", [&] { EXPECT_EQ(*ReadAll(Fetch(one)), "one"); });
  gate->AwaitArrivals();
  Thread second("second", [&] { EXPECT_EQ(*ReadAll(Fetch(two)), "two"); });
  EXPECT_TRUE(Eventually([&] { return List().size() >= 2; },
                         "the second download waits for its turn"));
  const auto downloads = List();
  EXPECT_EQ(downloads[0].state, State::kRunning);
  EXPECT_EQ(downloads[1].id, 2);
  EXPECT_EQ(downloads[1].digest, two);
  EXPECT_EQ(downloads[1].state, State::kQueued);
  EXPECT_EQ(downloads[1].requests, 0);
  gate->Open();
}

TEST_F(DownloadsInFlightTest, TheOldestEndedOnesAreForgotten) {
  constexpr int kTooMany = DownloadsInFlight::kEndedMax + 2;
  for (int i = 0; i < kTooMany; ++i) {
    EXPECT_FALSE(Fetch(Digest::OfBytes(std::to_string(i))).ok());
  }
  AwaitEnd();
  const auto view = seen().ListSince(0);
  EXPECT_EQ(view.ended_count, static_cast<uint64_t>(kTooMany));
  ASSERT_THAT(view.downloads, SizeIs(DownloadsInFlight::kEndedMax));
  EXPECT_EQ(view.downloads.front().id, 3);
}

}  // namespace
}  // namespace cvr::testing
