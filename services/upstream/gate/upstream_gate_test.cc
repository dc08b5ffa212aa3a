// What the gate refuses, and when it lets requests through again.

#include "services/upstream/gate/upstream_gate.h"

#include <memory>
#include <string>

#include "services/upstream/gate/upstream_gate_fixture.h"

namespace cvr {
namespace {

using Circuit = UpstreamState::Circuit;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

using UpstreamGateTest = UpstreamGateFixture;

// --- The circuit.

TEST_F(UpstreamGateTest, FailuresInARowAreFollowedByRefusals) {
  OpenCircuit();
  EXPECT_EQ(State().circuit, Circuit::kOpen);
  EXPECT_EQ(State().failure_count, 3);
  EXPECT_EQ(State().retry_time, clock_.Now() + absl::Seconds(30));

  clock_.Advance(absl::Milliseconds(10500));
  const absl::Status refused = Get();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable,
                                Reason::kUpstreamUnavailable));
  EXPECT_EQ(RetryAfterOf(refused), absl::Seconds(20));
  EXPECT_THAT(std::string(refused.message()),
              ::testing::AllOf(HasSubstr("upstream hub"),
                               HasSubstr("connection refused")));
  EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(asked(), 3);
}

TEST_F(UpstreamGateTest, EveryKindOfRequestOpensAndIsRefused) {
  const Digest digest = Digest::OfBytes("x");
  access_.limits.failures_to_open = 5;
  Fail(Down(), 5);
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(Get().ok());
    EXPECT_FALSE(GetBlob().ok());
    EXPECT_FALSE(
        gate_.HeadManifest(access_, repository_, *Reference::Parse("t")).ok());
    EXPECT_FALSE(gate_.ListTags(access_, repository_).ok());
    EXPECT_FALSE(gate_.ListReferrers(access_, repository_, digest).ok());
  }
  EXPECT_EQ(asked(), 5);
}

TEST_F(UpstreamGateTest, OtherUpstreamsAreNotConcerned) {
  OpenCircuit();
  access_.id = 2;
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(gate_.States().size(), 2);
  EXPECT_EQ(gate_.States()[1].circuit, Circuit::kClosed);
}

TEST_F(UpstreamGateTest, AnswersOfAnUpstreamThatIsUpCloseNothing) {
  for (const absl::Status& answer :
       {errors::ManifestUnknown("a/b", "t"),
        errors::UpstreamRefused("hub", "it answered 403"),
        errors::UpstreamRateLimited("hub", std::nullopt)}) {
    for (int i = 0; i < 10; ++i) {
      Fail(answer);
      EXPECT_EQ(Get(), answer);
    }
    EXPECT_EQ(State().failure_count, 0);
    // They end a row of failures too.
    Fail(Down(), 2);
    EXPECT_FALSE(Get().ok());
    EXPECT_FALSE(Get().ok());
  }
}

// Whoever asks for the one broken manifest must not close an upstream to those
// who ask for others.
TEST_F(UpstreamGateTest, NonsenseNeitherOpensNorMends) {
  Fail(Down(), 2);
  EXPECT_FALSE(Get().ok());
  EXPECT_FALSE(Get().ok());
  Fail(errors::UpstreamInvalid("hub", "it answered 405"), 5);
  Fail(errors::ContentMismatch("hub", "a", "b"), 5);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Get().ok());
  EXPECT_EQ(State().failure_count, 2);
  Fail(Down());
  EXPECT_FALSE(Get().ok());
  EXPECT_EQ(State().circuit, Circuit::kOpen);
}

TEST_F(UpstreamGateTest, ErrorsOfTheSinkSayNothingOfTheUpstream) {
  const absl::Status mine = errors::UpstreamUnavailable("me", "had enough");
  for (int i = 0; i < 10; ++i) {
    ForgettingSink at_header;
    at_header.header_status = mine;
    EXPECT_EQ(GetBlob(at_header), mine);
    ForgettingSink at_bytes;
    at_bytes.bytes_status = mine;
    EXPECT_EQ(GetBlob(at_bytes), mine);
  }
  EXPECT_EQ(State().failure_count, 0);
}

TEST_F(UpstreamGateTest, BlobsThatBreakOffAreFailuresThoughTheyBegin) {
  upstream_->Inject(1, {.break_at_byte = 4}, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_EQ(State().circuit, Circuit::kOpen);
}

TEST_F(UpstreamGateTest, ProbeThatSucceedsClosesTheCircuit) {
  OpenCircuit();
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(State().circuit, Circuit::kHalfOpen);
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(State().circuit, Circuit::kClosed);
  EXPECT_EQ(State().failure_count, 0);
  EXPECT_THAT(State().last_failure, HasSubstr("connection refused"));
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(UpstreamGateTest, ProbeThatFailsDoublesTheTime) {
  OpenCircuit();
  clock_.Advance(absl::Seconds(30));
  Fail(Down());
  EXPECT_FALSE(Get().ok());
  EXPECT_EQ(RetryAfterOf(Get()), absl::Seconds(60));
  EXPECT_EQ(asked(), 4);
}

TEST_F(UpstreamGateTest, OneProbeAtATime) {
  OpenCircuit();
  clock_.Advance(absl::Seconds(30));
  const auto held = std::make_shared<testing::Gate>();
  upstream_->Inject(1, {.gate = held});
  {
    Thread probe("probe", [&] { EXPECT_THAT(Get(), IsOk()); });
    held->AwaitArrivals();
    const absl::Status refused = Get();
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(RetryAfterOf(refused), absl::Seconds(1));
    held->Open();
  }
  EXPECT_EQ(asked(), 4);
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(UpstreamGateTest, HeaderOfABlobDecidesItsProbe) {
  OpenCircuit();
  clock_.Advance(absl::Seconds(30));
  const auto held = std::make_shared<testing::Gate>();
  upstream_->Inject(1, {.gate = held, .gate_at_byte = 4, .break_at_byte = 5});
  {
    Thread probe("probe", [&] {
      EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kUnavailable));
    });
    held->AwaitArrivals();
    EXPECT_EQ(State().circuit, Circuit::kClosed);
    EXPECT_THAT(Get(), IsOk());
    held->Open();
  }
  // What came of it afterwards counts as usual.
  EXPECT_EQ(State().failure_count, 1);
}

// --- Pauses that the upstream asks for.

TEST_F(UpstreamGateTest, RateLimitIsKeptUntilItIsOver) {
  Fail(errors::UpstreamRateLimited("hub.example", absl::Seconds(90)));
  EXPECT_FALSE(Get().ok());
  clock_.Advance(absl::Seconds(30));
  const absl::Status refused = Get();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted,
                                Reason::kUpstreamRateLimited));
  EXPECT_EQ(RetryAfterOf(refused), absl::Seconds(60));
  EXPECT_EQ(State().circuit, Circuit::kClosed);
  EXPECT_EQ(State().retry_time, clock_.Now() + absl::Seconds(60));
  EXPECT_EQ(asked(), 1);
  clock_.Advance(absl::Seconds(60));
  EXPECT_THAT(Get(), IsOk());
}

// Docker Hub counts manifests and not blobs: a pull whose manifest is here can
// be completed.
TEST_F(UpstreamGateTest, RateLimitConcernsSuchTrafficAsMetIt) {
  Fail(errors::UpstreamRateLimited("hub.example", absl::Seconds(90)));
  EXPECT_FALSE(Get().ok());
  EXPECT_THAT(GetBlob(), IsOk());
  Fail(errors::UpstreamRateLimited("cdn.example", absl::Seconds(900)));
  EXPECT_FALSE(GetBlob().ok());
  clock_.Advance(absl::Seconds(90));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kResourceExhausted,
                                  Reason::kUpstreamRateLimited));
}

TEST_F(UpstreamGateTest, BusyUpstreamIsLeftAloneAltogether) {
  Fail(WithRetryAfter(errors::UpstreamUnavailable("hub", "it answered 503"),
                      absl::Seconds(90)));
  EXPECT_FALSE(Get().ok());
  for (const absl::Status& refused : {Get(), GetBlob()}) {
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable,
                                  Reason::kUpstreamUnavailable));
    EXPECT_EQ(RetryAfterOf(refused), absl::Seconds(90));
  }
  EXPECT_EQ(asked(), 1);
  clock_.Advance(absl::Seconds(90));
  EXPECT_THAT(GetBlob(), IsOk());
}

TEST_F(UpstreamGateTest, PausesEndAfterAnHour) {
  Fail(errors::UpstreamRateLimited("hub.example", absl::Hours(24)));
  EXPECT_FALSE(Get().ok());
  EXPECT_EQ(RetryAfterOf(Get()), absl::Hours(1));
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(UpstreamGateTest, WithoutRetryAfterNothingIsKept) {
  Fail(errors::UpstreamRateLimited("hub.example", std::nullopt));
  EXPECT_FALSE(Get().ok());
  EXPECT_THAT(Get(), IsOk());
}

// --- The budget.

TEST_F(UpstreamGateTest, BudgetIsSavedBelowItsReserve) {
  EXPECT_FALSE(IsSavingBudget());
  Tell("100;w=21600", "9;w=21600");
  EXPECT_FALSE(IsSavingBudget()) << "nobody has asked it";
  ASSERT_THAT(Get(), IsOk());
  Tell("100;w=21600", "9;w=21600");
  EXPECT_TRUE(IsSavingBudget());
  EXPECT_EQ(State().budget->limit, 100);
  EXPECT_EQ(State().budget->remaining, 9);
  EXPECT_EQ(State().budget->window, absl::Hours(6));
  EXPECT_EQ(State().budget->observe_time, clock_.Now());
  clock_.Advance(absl::Hours(3));
  EXPECT_FALSE(IsSavingBudget());
  EXPECT_EQ(State().budget->remaining, 59);
  access_.limits.rate_reserve_percent = 60;
  EXPECT_TRUE(IsSavingBudget());
}

TEST_F(UpstreamGateTest, WithoutAReserveOfAllAnUpstreamThatCountsIsSpared) {
  access_.limits.rate_reserve_percent = 100;
  ASSERT_THAT(Get(), IsOk());
  EXPECT_FALSE(IsSavingBudget());
  Tell("100", "100");
  EXPECT_TRUE(IsSavingBudget());
  // An answer that says nothing takes nothing back.
  observer_->OnAnswer(1, {200});
  EXPECT_TRUE(IsSavingBudget());
}

// --- Whose state it is.

TEST_F(UpstreamGateTest, OtherCredentialsMakeAnotherUpstream) {
  OpenCircuit();
  Tell("100", "0");
  access_.username = "user";
  access_.password = "secret";
  EXPECT_THAT(Get(), IsOk());
  EXPECT_FALSE(State().budget.has_value());
  EXPECT_EQ(State().last_failure, "");
  Fail(errors::UpstreamRateLimited("hub.example", absl::Seconds(90)));
  EXPECT_FALSE(Get().ok());
  access_.tls.insecure_skip_verify = true;
  EXPECT_THAT(Get(), IsOk());
  OpenCircuit();
  access_.url = "https://mirror.example";
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(UpstreamGateTest, SettingsMayChangeAtAnyTime) {
  OpenCircuit();
  access_.limits.open_ttl = absl::Minutes(5);
  EXPECT_EQ(RetryAfterOf(Get()), absl::Seconds(30));
  clock_.Advance(absl::Seconds(30));
  Fail(Down());
  EXPECT_FALSE(Get().ok());
  EXPECT_EQ(RetryAfterOf(Get()), absl::Minutes(10));
}

// Somebody sets the machine's clock: nothing begins, ends or lasts otherwise.
TEST_F(UpstreamGateTest, JumpsOfTheWallClockChangeNoAnswer) {
  for (const absl::Duration jump : {absl::Hours(1), -absl::Hours(1)}) {
    OpenCircuit();
    clock_.JumpWall(jump);
    EXPECT_EQ(RetryAfterOf(Get()), access_.limits.open_ttl);
    clock_.Advance(access_.limits.open_ttl);
    EXPECT_THAT(Get(), IsOk());
    // A pause.
    Fail(errors::UpstreamRateLimited("hub.example", absl::Minutes(2)));
    EXPECT_FALSE(Get().ok());
    clock_.JumpWall(jump);
    EXPECT_EQ(RetryAfterOf(Get()), absl::Minutes(2));
    clock_.Advance(absl::Minutes(2));
    EXPECT_THAT(Get(), IsOk());
    // A budget comes back as time passes.
    Tell("100;w=3600", "0;w=3600");
    EXPECT_TRUE(IsSavingBudget());
    clock_.JumpWall(jump);
    EXPECT_TRUE(IsSavingBudget());
    clock_.Advance(absl::Hours(1));
    EXPECT_FALSE(IsSavingBudget());
  }
}

TEST_F(UpstreamGateTest, UpstreamsThatAreGoneAreForgotten) {
  OpenCircuit();
  access_.id = 2;
  clock_.Advance(absl::Hours(23));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(gate_.States().size(), 2);
  clock_.Advance(absl::Hours(4));
  EXPECT_THAT(Get(), IsOk());
  ASSERT_EQ(gate_.States().size(), 1);
  EXPECT_EQ(State().upstream_id, 2);
}

}  // namespace
}  // namespace cvr
