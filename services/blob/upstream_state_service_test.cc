#include "services/blob/upstream_state_service.h"

#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/open_authority.h"

namespace cvr {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1700000000);

class KnownHealth : public UpstreamHealth {
 public:
  bool IsSavingBudget(int64_t, int) override { return false; }
  std::vector<UpstreamState> States() const override { return states; }
  std::vector<UpstreamState> states;
};

class UpstreamStateServiceTest : public ::testing::Test {
 protected:
  v1::ListUpstreamStatesResponse List(int64_t upstream_id = 0) {
    v1::ListUpstreamStatesRequest request;
    if (upstream_id != 0) request.set_upstream_id(upstream_id);
    return List(request);
  }
  v1::ListUpstreamStatesResponse List(
      const v1::ListUpstreamStatesRequest& request) {
    v1::ListUpstreamStatesResponse response;
    grpc::ServerContext context;
    EXPECT_TRUE(
        service_.ListUpstreamStates(&context, &request, &response).ok());
    return response;
  }

  KnownHealth health_;
  testing::FakeClock clock_;
  testing::OpenAuthority authority_;
  CallGuard guard_{authority_};
  UpstreamStateServiceImpl service_{health_, "blob-a", guard_, clock_};
};

// People compare it with their clocks.
TEST_F(UpstreamStateServiceTest, TimesAreThoseOfTheWallClock) {
  testing::FakeClock clock;
  UpstreamStateServiceImpl service(health_, "blob-a", guard_, clock);
  UpstreamState state;
  state.upstream_id = 7;
  state.retry_time = clock.SteadyNow() + absl::Seconds(20);
  health_.states = {state};
  clock.JumpWall(absl::Hours(1));
  v1::ListUpstreamStatesResponse response;
  grpc::ServerContext context;
  const v1::ListUpstreamStatesRequest request;
  ASSERT_TRUE(service.ListUpstreamStates(&context, &request, &response).ok());
  EXPECT_EQ(response.states(0).retry_time().seconds(),
            absl::ToUnixSeconds(clock.Now() + absl::Seconds(20)));
}

TEST_F(UpstreamStateServiceTest, SaysAllThatIsKnown) {
  UpstreamState state;
  state.upstream_id = 7;
  state.circuit = UpstreamState::Circuit::kOpen;
  state.failure_count = 5;
  state.last_failure = "connection refused";
  state.last_failure_time = kNow - absl::Seconds(10);
  state.retry_time = kNow + absl::Milliseconds(20500);
  state.budget = {100, 20, absl::Hours(6), kNow - absl::Seconds(60)};
  state.running = 3;
  state.waiting = 4;
  health_.states = {state};

  const auto response = List();
  ASSERT_EQ(response.states_size(), 1);
  const v1::UpstreamState& said = response.states(0);
  EXPECT_EQ(said.upstream_id(), 7);
  EXPECT_EQ(said.circuit_state(), v1::UpstreamState::CIRCUIT_STATE_OPEN);
  EXPECT_EQ(said.failure_count(), 5);
  EXPECT_EQ(said.last_failure(), "connection refused");
  EXPECT_EQ(said.last_failure_time().seconds(), 1700000000 - 10);
  EXPECT_EQ(said.retry_time().seconds(), 1700000000 + 20);
  EXPECT_EQ(said.rate_budget().limit(), 100);
  EXPECT_EQ(said.rate_budget().remaining(), 20);
  EXPECT_EQ(said.rate_budget().window().seconds(), 21600);
  EXPECT_EQ(said.rate_budget().observe_time().seconds(), 1700000000 - 60);
  EXPECT_EQ(said.running_count(), 3);
  EXPECT_EQ(said.waiting_count(), 4);
  EXPECT_EQ(said.instance(), "blob-a");
}

TEST_F(UpstreamStateServiceTest, WhatThereIsNotIsAbsent) {
  UpstreamState state;
  state.upstream_id = 7;
  state.retry_time = kNow;
  health_.states = {state};

  const auto response = List();
  const v1::UpstreamState& said = response.states(0);
  EXPECT_EQ(said.circuit_state(), v1::UpstreamState::CIRCUIT_STATE_CLOSED);
  EXPECT_FALSE(said.has_last_failure_time());
  EXPECT_FALSE(said.has_retry_time());
  EXPECT_FALSE(said.has_rate_budget());
}

TEST_F(UpstreamStateServiceTest, OneMayBeAskedFor) {
  for (const auto& [id, circuit] :
       {std::pair(1, UpstreamState::Circuit::kClosed),
        std::pair(2, UpstreamState::Circuit::kHalfOpen)}) {
    UpstreamState state;
    state.upstream_id = id;
    state.circuit = circuit;
    health_.states.push_back(state);
  }
  EXPECT_EQ(List().states_size(), 2);
  ASSERT_EQ(List(2).states_size(), 1);
  EXPECT_EQ(List(2).states(0).circuit_state(),
            v1::UpstreamState::CIRCUIT_STATE_HALF_OPEN);
  EXPECT_EQ(List(3).states_size(), 0);
}

TEST_F(UpstreamStateServiceTest, PagesGoOnWhereTheLastOneEnded) {
  for (const int64_t id : {1, 2, 3}) {
    health_.states.push_back({.upstream_id = id});
  }
  v1::ListUpstreamStatesRequest request;
  request.set_page_size(2);
  v1::ListUpstreamStatesResponse response = List(request);
  ASSERT_EQ(response.states_size(), 2);
  // Whoever came or went meanwhile: nothing is shown twice.
  health_.states.erase(health_.states.begin());
  request.set_page_token(response.next_page_token());
  response = List(request);
  ASSERT_EQ(response.states_size(), 1);
  EXPECT_EQ(response.states(0).upstream_id(), 3);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(UpstreamStateServiceTest, PageTokensAreOfOneListAlone) {
  health_.states = {{.upstream_id = 1}, {.upstream_id = 2}};
  v1::ListUpstreamStatesRequest request;
  request.set_page_size(1);
  request.set_page_token(List(request).next_page_token());
  request.set_upstream_id(2);
  v1::ListUpstreamStatesResponse response;
  grpc::ServerContext context;
  EXPECT_EQ(
      service_.ListUpstreamStates(&context, &request, &response).error_code(),
      grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace cvr
