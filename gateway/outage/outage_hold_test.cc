#include "gateway/outage/outage_hold.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gateway/outage/resumed_stream.h"
#include "gateway/outage/service_watch.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

HttpReply Away() {
  HttpReply reply;
  reply.status = 503;
  reply.outage = "away";
  return reply;
}

// Nothing here waits for a clock: what is away comes back when a test says so,
// or never while a hold of an hour is stopped.
OutageHold::Options HoldFor(absl::Duration wait_max) {
  OutageHold::Options options;
  options.wait_max = wait_max;
  options.look = absl::Milliseconds(1);
  options.attempt_interval = absl::Milliseconds(5);
  return options;
}

RequestScheduler::Options Threads(size_t threads) {
  RequestScheduler::Options options;
  options.threads_max = threads;
  return options;
}

TEST(OutageHoldTest, WhatSucceedsIsAskedOnce) {
  OutageHold hold(HoldFor(absl::Hours(1)), Threads(64));
  int attempts = 0;
  const HttpReply reply = hold.Answer({"lane", "", "client"}, [&](bool first) {
    EXPECT_TRUE(first);
    ++attempts;
    return HttpReply();
  });
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(attempts, 1);
}

TEST(OutageHoldTest, IsAskedAgainUntilTheServiceIsBack) {
  OutageHold hold(HoldFor(absl::Hours(1)), Threads(64));
  int attempts = 0;
  const HttpReply reply = hold.Answer({"lane", "", "client"}, [&](bool first) {
    EXPECT_EQ(first, attempts == 0);
    return ++attempts < 4 ? Away() : HttpReply();
  });
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(attempts, 4);
}

TEST(OutageHoldTest, GivesUpInTheEnd) {
  OutageHold hold(HoldFor(absl::Milliseconds(20)), Threads(64));
  int attempts = 0;
  EXPECT_EQ(hold.Answer({"lane", "", "client"},
                        [&](bool) {
                          ++attempts;
                          return Away();
                        })
                .status,
            503);
  EXPECT_GT(attempts, 1);
  OutageHold none(HoldFor(absl::ZeroDuration()), Threads(64));
  attempts = 0;
  none.Answer({"lane", "", "client"}, [&](bool) {
    ++attempts;
    return Away();
  });
  EXPECT_EQ(attempts, 1);
}

// Of 32 threads a queue has 8 and a client 4: half of each may be held.
TEST(OutageHoldTest, NobodyIsHeldBeyondItsShare) {
  OutageHold hold(HoldFor(absl::Hours(1)), Threads(32));
  std::atomic<bool> over = false;
  std::vector<std::unique_ptr<Thread>> threads;
  const auto hold_one = [&](const RequestShare& share) {
    threads.push_back(std::make_unique<Thread>("held", [&, share] {
      while (!over) hold.Answer(share, [](bool) { return Away(); });
    }));
  };
  const auto is_held = [&](const RequestShare& share) {
    const HttpReply reply = hold.Answer(
        share, [](bool first) { return first ? Away() : HttpReply(); });
    return reply.status == 200;
  };
  hold_one({"a", "", "one"});
  hold_one({"a", "", "one"});
  while (is_held({"a", "", "one"})) {
  }
  // Others of the queue still are, and others of other queues.
  EXPECT_TRUE(is_held({"a", "", "two"}));
  EXPECT_TRUE(is_held({"b", "", "two"}));
  hold_one({"a", "", "two"});
  hold_one({"a", "", "two"});
  while (is_held({"a", "", "three"})) {
  }
  EXPECT_TRUE(is_held({"b", "", "three"}));
  over = true;
  hold.Stop();
}

// Bytes of "0123456789", which break off where a test says.
class TenBytes : public ContentStream {
 public:
  TenBytes(uint64_t offset, uint64_t end, absl::Status then)
      : end_(end), next_(offset), then_(std::move(then)) {
    header_.target.size_bytes = 10;
    header_.target.digest = Digest::OfBytes("0123456789");
    header_.range = {offset, 10 - offset};
  }
  const ContentHeader& header() const override { return header_; }
  absl::StatusOr<Chunk> Next() override {
    if (next_ >= end_) {
      if (then_.ok()) return Chunk();
      return then_;
    }
    return Chunk::OfString(std::string(1, static_cast<char>('0' + next_++)));
  }
  void Cancel() override {}

 private:
  ContentHeader header_{{"", Digest::OfBytes(""), 0}};
  const uint64_t end_;
  uint64_t next_;
  const absl::Status then_;
};

absl::StatusOr<std::string> ReadAll(ContentStream& stream) {
  std::string all;
  while (true) {
    auto chunk = stream.Next();
    if (!chunk.ok()) return chunk.status();
    if (chunk->empty()) return all;
    all += std::string(chunk->bytes());
  }
}

TEST(ResumedStreamTest, GoesOnWhereItBrokeOff) {
  OutageHold hold(HoldFor(absl::Hours(1)), Threads(64));
  std::vector<uint64_t> offsets;
  const auto stream = ResumeAfterOutages(
      Chunk(), std::make_unique<TenBytes>(0, 4, absl::UnavailableError("gone")),
      hold, [&](uint64_t offset) -> absl::StatusOr<BegunStream> {
        offsets.push_back(offset);
        if (offsets.size() == 1) return absl::UnavailableError("still gone");
        const bool again = offsets.size() == 2;
        auto rest = std::make_unique<TenBytes>(
            offset, again ? 7 : 10,
            again ? absl::UnavailableError("gone") : absl::OkStatus());
        Chunk first = *rest->Next();
        return BegunStream{std::move(first), std::move(rest)};
      });
  EXPECT_THAT(ReadAll(*stream), IsOkAndHolds("0123456789"));
  EXPECT_THAT(offsets, ::testing::ElementsAre(4, 4, 7));
}

TEST(ResumedStreamTest, OtherErrorsAreNotWaitedFor) {
  OutageHold hold(HoldFor(absl::Hours(1)), Threads(64));
  const auto stream = ResumeAfterOutages(
      Chunk(), std::make_unique<TenBytes>(0, 4, absl::DataLossError("x")), hold,
      [](uint64_t) -> absl::StatusOr<BegunStream> {
        ADD_FAILURE();
        return absl::InternalError("");
      });
  EXPECT_THAT(ReadAll(*stream), StatusIs(absl::StatusCode::kDataLoss));
}

// A service that stops or cannot answer says so with a reason, an upstream's
// failure has another.
TEST(ResumedStreamTest, OutagesAreToldByTheirReasons) {
  const absl::Status away = absl::UnavailableError("away");
  EXPECT_TRUE(IsOutage(away));
  EXPECT_TRUE(IsOutage(WithSomeReason(away)));
  EXPECT_TRUE(IsOutage(errors::ShuttingDown("the blob service")));
  EXPECT_TRUE(IsOutage(WithReason(away, Reason::kOverloaded)));
  EXPECT_FALSE(IsOutage(errors::UpstreamUnavailable("hub", "reset")));
  EXPECT_FALSE(IsOutage(errors::ContentMismatch("hub", "a", "b")));
  EXPECT_FALSE(IsOutage(WithSomeReason(absl::DataLossError("x"))));
}

// A connection is not enough, nor is an answer when there is none any more.
TEST(ServiceWatchTest, ReadyMeansThatTheServiceServes) {
  std::atomic<bool> is_connected = false;
  std::atomic<bool> serves = false;
  ServiceWatch watch(
      {{"metadata", [&] { return is_connected.load(); },
        [&] {
          return serves ? absl::OkStatus()
                        : absl::PermissionDeniedError("who are you?");
        }}},
      {.interval = absl::Milliseconds(1), .look = absl::Milliseconds(1)});
  EXPECT_THAT(watch.Check().message(), HasSubstr("cannot connect to the "));
  is_connected = true;
  while (!absl::StrContains(watch.Check().message(), "who are you?")) {
  }
  serves = true;
  EXPECT_TRUE(watch.AwaitReady());
  EXPECT_THAT(watch.Check(), IsOk());
  is_connected = false;
  EXPECT_THAT(watch.Check().message(), HasSubstr("cannot connect to the "));
  watch.Stop();
  EXPECT_FALSE(watch.AwaitReady());
}

}  // namespace
}  // namespace cvr
