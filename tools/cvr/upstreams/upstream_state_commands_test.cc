#include "tools/cvr/upstreams/upstream_state_commands.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
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
  // `server` knows two upstreams, one of which is in trouble.
  void HaveStates(FakeServer& server) {
    server.On<v1::ListUpstreamStatesRequest, v1::ListUpstreamStatesResponse>(
        "UpstreamStateService/ListUpstreamStates",
        [this](const auto& request, auto* response) {
          requested_ = request.upstream_id();
          v1::UpstreamState& good = *response->add_states();
          good.set_upstream_id(1);
          good.set_circuit(v1::UpstreamState::CLOSED);
          good.set_running(3);
          good.mutable_budget()->set_limit(100);
          good.mutable_budget()->set_remaining(20);
          good.mutable_budget()->mutable_window()->set_seconds(21600);
          v1::UpstreamState& bad = *response->add_states();
          bad.set_upstream_id(12);
          bad.set_circuit(v1::UpstreamState::OPEN);
          bad.set_failures_in_a_row(5);
          bad.set_last_failure("refused");
          bad.mutable_last_failure_at()->set_seconds(1700000000);
          bad.mutable_closed_until()->set_seconds(1700000030);
          return grpc::Status::OK;
        });
  }

  int64_t requested_ = -1;
};

TEST_F(UpstreamStateCommandsTest, TableTellsWhoIsInTrouble) {
  HaveStates(server_);
  EXPECT_EQ(Cvr("upstream states"), 0) << Err();
  EXPECT_EQ(requested_, 0);
  EXPECT_EQ(
      Out(),
      "UPSTREAM  CIRCUIT  FAILURES  NOT ASKED UNTIL       RUNNING  WAITING  "
      "RATE LIMIT LEFT  LAST FAILURE  AT\n"
      "       1  closed          0  -                           3        0  "
      "20 of 100 in 6h  -             -\n"
      "      12  open            5  2023-11-14T22:13:50Z        0        0  "
      "-                refused       2023-11-14T22:13:20Z\n");
}

TEST_F(UpstreamStateCommandsTest, ProgramsGetJson) {
  HaveStates(server_);
  EXPECT_EQ(Cvr("upstream states 12 -o json"), 0) << Err();
  EXPECT_EQ(requested_, 12);
  const json states = json::parse(Out());
  ASSERT_EQ(states.size(), 2);
  EXPECT_EQ(states[0]["budget"]["remaining"], "20");
  EXPECT_EQ(states[1]["circuit"], "OPEN");
  EXPECT_EQ(states[1]["closed_until"], "2023-11-14T22:13:50Z");
}

TEST_F(UpstreamStateCommandsTest, BlobServiceMayBeElsewhere) {
  FakeServer blob;
  HaveStates(blob);
  EXPECT_EQ(Cvr("upstream states"), 1);
  EXPECT_THAT(Err(),
              HasSubstr("does not support this command (--blob_server must be "
                        "the address of cvr-standalone or cvr-blob)"));
  EXPECT_EQ(Cvr(absl::StrCat("upstream states --blob_server ", blob.address())),
            0)
      << Err();
  variables_["CVR_BLOB_SERVER"] = blob.address();
  EXPECT_EQ(Cvr("upstream states"), 0) << Err();
}

TEST_F(UpstreamStateCommandsTest, IdsAreNumbers) {
  EXPECT_EQ(Cvr("upstream states hub"), 1);
  EXPECT_THAT(Err(), HasSubstr("not a positive integer"));
}

}  // namespace
}  // namespace cvr
