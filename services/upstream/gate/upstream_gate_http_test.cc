// The gate and the client behind it, against real answers.

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/upstream/build_upstream_client.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr {
namespace {

using testing::FakeAnswer;
using testing::FakeRegistry;
using testing::IsOk;
using testing::StatusIs;

class UpstreamGateHttpTest : public ::testing::Test {
 protected:
  UpstreamGateHttpTest() {
    registry_.AddManifest("a/b", "t",
                          "application/vnd.oci.image.manifest.v1+json", "{}");
    access_.id = 1;
    access_.name = "fake";
    access_.url = registry_.url();
  }

  absl::Status Get() {
    return gate_->GetManifest(access_, repository_, *Reference::Parse("t"))
        .status();
  }
  UpstreamState State() const { return gate_->States().at(0); }

  testing::FakeClock clock_;
  FakeRegistry registry_;
  const Repository repository_ = *Repository::Parse("a/b");
  UpstreamAccess access_;
  const std::unique_ptr<UpstreamGate> gate_ = BuildUpstreamGate(
      {.allow_private_addresses = true, .proxies = {}}, clock_);
};

TEST_F(UpstreamGateHttpTest, BudgetIsWhatTheRegistrySays) {
  EXPECT_THAT(Get(), IsOk());
  EXPECT_FALSE(State().budget.has_value());
  FakeAnswer counted;
  counted.headers = {{"ratelimit-limit", "100;w=21600"},
                     {"ratelimit-remaining", "20;w=21600"},
                     {"docker-ratelimit-source", "127.0.0.1"}};
  registry_.Answer({}, counted);
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(State().budget->remaining, 20);
  EXPECT_FALSE(
      gate_->IsSavingBudget(access_.id, access_.limits.rate_reserve_percent));
  registry_.Answer(
      {}, FakeAnswer::Status(429, {{"ratelimit-limit", "100;w=21600"},
                                   {"ratelimit-remaining", "0;w=21600"},
                                   {"Retry-After", "60"}}));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(
      gate_->IsSavingBudget(access_.id, access_.limits.rate_reserve_percent));
  // It is not asked again before that.
  EXPECT_EQ(RetryAfterOf(Get()), absl::Seconds(60));
  EXPECT_EQ(registry_.requests().size(), 3);
  clock_.Advance(absl::Seconds(60));
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(UpstreamGateHttpTest, ServerErrorsOpenTheCircuitAndAProbeClosesIt) {
  registry_.Answer({}, FakeAnswer::Status(502), 5);
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                                Reason::kUpstreamUnavailable));
  }
  EXPECT_EQ(registry_.requests().size(), 5);
  EXPECT_THAT(State().last_failure, ::testing::HasSubstr("502"));
  clock_.Advance(absl::Seconds(30));
  EXPECT_THAT(Get(), IsOk());
  EXPECT_EQ(State().circuit, UpstreamState::Circuit::kClosed);
}

TEST_F(UpstreamGateHttpTest, MethodsThatAreRefusedOpenNothing) {
  registry_.Answer({"HEAD", ""}, FakeAnswer::Status(405),
                   FakeRegistry::kAlways);
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(
        gate_->HeadManifest(access_, repository_, *Reference::Parse("t")),
        StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid));
  }
  EXPECT_THAT(Get(), IsOk());
}

}  // namespace
}  // namespace cvr
