// Many requests at once: who waits, and for how long.

#include <algorithm>
#include <memory>
#include <vector>

#include "services/upstream/gate/upstream_gate.h"
#include "services/upstream/gate/upstream_gate_fixture.h"
#include "tests/support/waiting/eventually.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

class UpstreamGateLoadTest : public UpstreamGateFixture {
 protected:
  using UpstreamGateFixture::UpstreamGateFixture;
  using Threads = std::vector<std::unique_ptr<Thread>>;

  // Starts `count` downloads that wait at `gate` once they run.
  Threads StartBlobs(int count, const std::shared_ptr<testing::Gate>& gate) {
    upstream_->Inject(1, {.gate = gate}, count);
    Threads threads;
    for (int i = 0; i < count; ++i) {
      threads.push_back(std::make_unique<Thread>(
          "blob", [this] { EXPECT_THAT(GetBlob(), IsOk()); }));
    }
    return threads;
  }
};

TEST_F(UpstreamGateLoadTest, DownloadsKeepToTheLimitAndLeaveAQuarter) {
  access_.limits.concurrent_requests = 4;
  const auto gate = std::make_shared<testing::Gate>();
  {
    const Threads blobs = StartBlobs(10, gate);
    gate->AwaitArrivals(3);
    AwaitWaiting(7);
    EXPECT_EQ(State().running, 3);
    EXPECT_EQ(asked(), 3);
    // A manifest does not wait for them.
    upstream_->Heal(1);
    EXPECT_THAT(Get(), IsOk());
    gate->Open();
  }
  EXPECT_EQ(asked(), 11);
  EXPECT_EQ(State().running, 0);
  EXPECT_EQ(State().waiting, 0);
}

TEST_F(UpstreamGateLoadTest, OpeningCircuitEndsTheWaiting) {
  access_.limits.concurrent_requests = 1;
  access_.limits.failures_to_open = 1;
  const auto gate = std::make_shared<testing::Gate>();
  upstream_->Inject(1, {.gate = gate, .break_at_byte = 1});
  std::vector<absl::Status> refusals(5);
  {
    Thread blob("blob", [this] {
      EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kUnavailable));
    });
    gate->AwaitArrivals();
    Threads waiting;
    for (absl::Status& refusal : refusals) {
      waiting.push_back(
          std::make_unique<Thread>("get", [&] { refusal = Get(); }));
    }
    AwaitWaiting(5);
    gate->Open();
  }
  for (const absl::Status& refusal : refusals) {
    EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kUnavailable,
                                  Reason::kUpstreamUnavailable));
    EXPECT_EQ(RetryAfterOf(refusal), absl::Seconds(30));
  }
  EXPECT_EQ(asked(), 1);
  EXPECT_EQ(State().waiting, 0);
}

TEST_F(UpstreamGateLoadTest, WhoeverCannotHaveASlotIsToldToo) {
  access_.limits.concurrent_requests = 4;
  access_.limits.failures_to_open = 1;
  const auto gate = std::make_shared<testing::Gate>();
  {
    const Threads blobs = StartBlobs(3, gate);
    gate->AwaitArrivals(3);
    Thread waiting("blob", [this] {
      EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kUnavailable,
                                      Reason::kUpstreamUnavailable));
    });
    AwaitWaiting(1);
    Fail(Down());
    EXPECT_FALSE(Get().ok());
    // While the permits for blobs are still taken.
    EXPECT_TRUE(testing::Eventually([&] { return State().waiting == 0; },
                                    "nobody waits for a slot"));
    EXPECT_EQ(State().running, 3);
    gate->Open();
  }
}

TEST_F(UpstreamGateLoadTest, EveryoneGetsATurn) {
  access_.limits.concurrent_requests = 2;
  {
    Threads threads;
    for (int i = 0; i < 16; ++i) {
      threads.push_back(std::make_unique<Thread>("asker", [this, i] {
        for (int k = 0; k < 50; ++k) {
          EXPECT_THAT(i % 2 == 0 ? Get() : GetBlob(), IsOk());
          if (k % 10 == 0) (void)gate_.States();
          (void)IsSavingBudget();
          Tell("100", "50");
        }
      }));
    }
  }
  EXPECT_EQ(asked(), 16 * 50);
  EXPECT_EQ(State().running, 0);
  EXPECT_EQ(State().waiting, 0);
}

// Whatever the order of failures, probes and settings: nobody is stuck, and
// nothing is left behind.
TEST_F(UpstreamGateLoadTest, TroubleLeavesNoTraces) {
  access_.limits.concurrent_requests = 3;
  for (int round = 0; round < 20; ++round) {
    Fail(Down(), 4);
    upstream_->Inject(1, {.break_at_byte = 3}, 4);
    Threads threads;
    for (int i = 0; i < 8; ++i) {
      threads.push_back(std::make_unique<Thread>("asker", [this, i] {
        UpstreamAccess access = access_;
        for (int k = 0; k < 10; ++k) {
          access.limits.concurrent_requests = 1 + (i + k) % 4;
          (void)(i % 2 == 0 ? Get(access) : GetBlob());
          clock_.Advance(absl::Seconds(5));
        }
      }));
    }
  }
  EXPECT_EQ(State().running, 0);
  EXPECT_EQ(State().waiting, 0);
  upstream_->Heal(1);
  clock_.Advance(absl::Minutes(10));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(State().circuit, UpstreamState::Circuit::kClosed);
}

TEST_F(UpstreamGateLoadTest, HalfOpenCircuitLetsOneOfManyThrough) {
  OpenCircuit();
  clock_.Advance(absl::Seconds(30));
  const auto gate = std::make_shared<testing::Gate>();
  upstream_->Inject(1, {.gate = gate});
  std::vector<absl::Status> answers(8);
  {
    Threads threads;
    testing::Gate refused;
    for (absl::Status& answer : answers) {
      threads.push_back(std::make_unique<Thread>("asker", [&] {
        refused.Open();
        answer = Get();
        if (!answer.ok()) refused.Pass();
      }));
    }
    refused.AwaitArrivals(7);
    gate->AwaitArrivals();
    gate->Open();
    threads.clear();
  }
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(),
                          [](const absl::Status& s) { return s.ok(); }),
            1);
  EXPECT_EQ(asked(), 4);
}

class ImpatientGateTest : public UpstreamGateLoadTest {
 protected:
  ImpatientGateTest()
      : UpstreamGateLoadTest(
            {.wait_max = absl::Milliseconds(20), .waiting_max = 2}) {
    access_.limits.concurrent_requests = 1;
  }
};

TEST_F(ImpatientGateTest, WaitingEndsAndIsNoFailure) {
  const auto gate = std::make_shared<testing::Gate>();
  {
    const Threads blobs = StartBlobs(1, gate);
    gate->AwaitArrivals();
    for (int i = 0; i < 5; ++i) {
      const absl::Status late = Get();
      EXPECT_THAT(late, StatusIs(absl::StatusCode::kUnavailable,
                                 Reason::kUpstreamUnavailable));
      EXPECT_TRUE(RetryAfterOf(late).has_value());
    }
    EXPECT_EQ(State().waiting, 0);
    EXPECT_EQ(State().failure_count, 0);
    gate->Open();
  }
  EXPECT_THAT(Get(), IsOk());
}

class CrowdedGateTest : public UpstreamGateLoadTest {
 protected:
  CrowdedGateTest() : UpstreamGateLoadTest({.waiting_max = 2}) {
    access_.limits.concurrent_requests = 1;
  }
};

TEST_F(CrowdedGateTest, LineIsBounded) {
  const auto gate = std::make_shared<testing::Gate>();
  {
    const Threads blobs = StartBlobs(3, gate);
    gate->AwaitArrivals();
    AwaitWaiting(2);
    const absl::Status refused = Get();
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable,
                                  Reason::kUpstreamUnavailable));
    EXPECT_TRUE(RetryAfterOf(refused).has_value());
    EXPECT_EQ(State().failure_count, 0);
    gate->Open();
  }
  EXPECT_EQ(State().waiting, 0);
}

}  // namespace
}  // namespace cvr
