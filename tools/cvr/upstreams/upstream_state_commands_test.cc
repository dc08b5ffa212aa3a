#include "tools/cvr/upstreams/upstream_state_commands.h"

#include "cvr/v1/upstream_state_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

class UpstreamStateCommandsTest : public CvrTest {
 protected:
  // Two upstreams are known, one of which is in trouble.
  UpstreamStateCommandsTest() {
    server_.On<v1::ListUpstreamStatesRequest, v1::ListUpstreamStatesResponse>(
        "UpstreamStateService/ListUpstreamStates",
        [this](const auto& request, auto* response) {
          request_ = request;
          v1::UpstreamState& good = *response->add_states();
          good.set_upstream_id(1);
          good.set_instance("blob-1");
          good.set_circuit_state(v1::UpstreamState::CIRCUIT_STATE_CLOSED);
          good.set_running_count(3);
          good.mutable_rate_budget()->set_limit(100);
          good.mutable_rate_budget()->set_remaining(20);
          good.mutable_rate_budget()->mutable_window()->set_seconds(21600);
          v1::UpstreamState& bad = *response->add_states();
          bad.set_upstream_id(12);
          bad.set_instance("blob-2");
          bad.set_circuit_state(v1::UpstreamState::CIRCUIT_STATE_HALF_OPEN);
          bad.set_failure_count(5);
          bad.set_last_failure("refused");
          bad.mutable_last_failure_time()->set_seconds(1700000000);
          bad.mutable_retry_time()->set_seconds(1700000030);
          return grpc::Status::OK;
        });
  }

  v1::ListUpstreamStatesRequest request_;
};

TEST_F(UpstreamStateCommandsTest, TableTellsWhoIsInTrouble) {
  EXPECT_EQ(Cvr("upstream states"), 0) << Err();
  EXPECT_EQ(request_.upstream_case(),
            v1::ListUpstreamStatesRequest::UPSTREAM_NOT_SET);
  EXPECT_EQ(
      Out(),
      "UPSTREAM  INSTANCE  CIRCUIT    FAILURES  NOT ASKED UNTIL       RUNNING  "
      "WAITING  RATE LIMIT LEFT  LAST FAILURE  AT\n"
      "       1  blob-1    closed            0  -                           3  "
      "      0  20 of 100 in 6h  -             -\n"
      "      12  blob-2    half open         5  2023-11-14T22:13:50Z        0  "
      "      0  -                refused       2023-11-14T22:13:20Z\n");
}

TEST_F(UpstreamStateCommandsTest, ProgramsGetJson) {
  EXPECT_EQ(Cvr("upstream states 12 -o json"), 0) << Err();
  EXPECT_EQ(request_.upstream_id(), 12);
  const json states = json::parse(Out());
  ASSERT_EQ(states.size(), 2);
  EXPECT_EQ(states[0]["rate_budget"]["remaining"], "20");
  EXPECT_EQ(states[1]["circuit_state"], "CIRCUIT_STATE_HALF_OPEN");
  EXPECT_EQ(states[1]["retry_time"], "2023-11-14T22:13:50Z");
  EXPECT_EQ(states[1]["instance"], "blob-2");
}

TEST_F(UpstreamStateCommandsTest, UpstreamMayBeNamed) {
  EXPECT_EQ(Cvr("upstream states acme/hub"), 0) << Err();
  EXPECT_EQ(request_.upstream_key().group(), "acme");
  EXPECT_EQ(request_.upstream_key().name(), "hub");
  EXPECT_EQ(Cvr("upstream states 0"), 1);
  EXPECT_THAT(Err(), HasSubstr("not an ID above 0"));
}

TEST_F(UpstreamStateCommandsTest, AllPagesAreListed) {
  server_.On<v1::ListUpstreamStatesRequest, v1::ListUpstreamStatesResponse>(
      "UpstreamStateService/ListUpstreamStates",
      [](const auto& request, auto* response) {
        response->add_states()->set_upstream_id(1);
        if (request.page_token().empty()) response->set_next_page_token("2");
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream states -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out()).size(), 2);
}

}  // namespace
}  // namespace cvr
