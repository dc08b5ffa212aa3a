#include "tools/cvr/commands/explain_command.h"

#include "cvr/v1/explain_service.pb.h"
#include "cvr/v1/upstream_state_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;

class ExplainCommandTest : public CvrTest {
 protected:
  ExplainCommandTest() {
    server_.On<v1::ExplainRequest, v1::ExplainResponse>(
        "ExplainService/Explain", [this](const auto& request, auto* response) {
          request_ = request;
          auto& considered = *response->add_considered();
          considered.set_upstream_id(7);
          considered.set_upstream_name("hub");
          considered.set_position(1);
          considered.set_verdict(
              v1::ExplainResponse::Considered::VERDICT_FRESH_BUT_SHADOWED);
          considered.set_why("entry 3 is fresh");
          response->set_outcome("asks 'hub'");
          return grpc::Status::OK;
        });
  }

  v1::ExplainRequest request_;
};

TEST_F(ExplainCommandTest, TellsEveryUpstreamAndTheOutcome) {
  ASSERT_EQ(Cvr("explain 4 library/alpine:3.20 --namespace docker.io"), 0)
      << Err();
  EXPECT_EQ(request_.registry_id(), 4);
  EXPECT_EQ(request_.source_namespace(), "docker.io");
  EXPECT_EQ(request_.content().kind(), v1::MANIFEST);
  EXPECT_EQ(request_.content().repository(), "library/alpine");
  EXPECT_EQ(request_.content().reference(), "3.20");
  EXPECT_THAT(Out(), HasSubstr("hub (7)"));
  EXPECT_THAT(Out(), HasSubstr("fresh but shadowed"));
  EXPECT_THAT(Out(), HasSubstr("entry 3 is fresh"));
  EXPECT_THAT(Out(), HasSubstr("asks 'hub'"));
}

TEST_F(ExplainCommandTest, TakesDigestsAndTheTagThatIsMeant) {
  ASSERT_EQ(Cvr("explain 4 team/app@sha256:abc --blob"), 0) << Err();
  EXPECT_EQ(request_.content().repository(), "team/app");
  EXPECT_EQ(request_.content().reference(), "sha256:abc");
  EXPECT_EQ(request_.content().kind(), v1::BLOB);
  ASSERT_EQ(Cvr("explain 4 team/app"), 0) << Err();
  EXPECT_EQ(request_.content().reference(), "latest");
}

TEST_F(ExplainCommandTest, TellsWhoWouldNotAnswer) {
  ASSERT_EQ(Cvr("explain 4 a"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("cannot read the upstream states"));
  server_.On<v1::ListUpstreamStatesRequest, v1::ListUpstreamStatesResponse>(
      "UpstreamStateService/ListUpstreamStates",
      [](const auto&, auto* response) {
        auto& state = *response->add_states();
        state.set_upstream_id(7);
        state.set_circuit(v1::UpstreamState::OPEN);
        state.set_last_failure("connection refused");
        state.mutable_closed_until()->set_seconds(1'700'000'000);
        response->add_states()->set_upstream_id(8);
        return grpc::Status::OK;
      });
  ASSERT_EQ(Cvr("explain 4 a"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("'hub' is not asked until 2023-11-14T22:13:20Z "
                               "(circuit breaker open or Retry-After): "
                               "connection refused"));
}

TEST_F(ExplainCommandTest, SpeaksJson) {
  ASSERT_EQ(Cvr("explain 4 a -o json"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("\"VERDICT_FRESH_BUT_SHADOWED\""));
}

}  // namespace
}  // namespace cvr
