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
          response->mutable_hit()->set_digest("sha256:abc");
          response->mutable_hit()->mutable_fresh_until_time()->set_seconds(
              1'700'000'000);
          response->set_outcome("asks 'hub'");
          return grpc::Status::OK;
        });
  }

  v1::ExplainRequest request_;
};

TEST_F(ExplainCommandTest, TellsEveryUpstreamAndTheOutcome) {
  ASSERT_EQ(Cvr("explain 4 library/alpine:3.20 --source-namespace docker.io"),
            0)
      << Err();
  EXPECT_EQ(request_.registry_id(), 4);
  EXPECT_EQ(request_.source_namespace(), "docker.io");
  EXPECT_EQ(request_.content().kind(), v1::CONTENT_KIND_MANIFEST);
  EXPECT_EQ(request_.content().repository(), "library/alpine");
  EXPECT_EQ(request_.content().reference(), "3.20");
  EXPECT_THAT(Out(), HasSubstr("hub (7)"));
  EXPECT_THAT(Out(), HasSubstr("fresh but shadowed"));
  EXPECT_THAT(Out(), HasSubstr("entry 3 is fresh"));
  EXPECT_THAT(Out(), HasSubstr("asks 'hub'"));
  EXPECT_THAT(Out(), HasSubstr("fresh until:         2023-11-14T22:13:20Z\n"));
  EXPECT_THAT(Out(), HasSubstr("served stale until:  forever\n"));
}

TEST_F(ExplainCommandTest, RegistryMayBeNamed) {
  ASSERT_EQ(Cvr("explain web a --group acme/eu"), 0) << Err();
  EXPECT_EQ(request_.registry_key().group(), "acme/eu");
  EXPECT_EQ(request_.registry_key().name(), "web");
}

TEST_F(ExplainCommandTest, FormerOptionsGoOnAndTellTheNewOnes) {
  ASSERT_EQ(Cvr("explain 4 a@sha256:abc --namespace docker.io --blob"), 0);
  EXPECT_EQ(request_.source_namespace(), "docker.io");
  EXPECT_EQ(request_.content().kind(), v1::CONTENT_KIND_BLOB);
  EXPECT_EQ(Err(),
            "cvr: note: --namespace is now --source-namespace\n"
            "cvr: note: --blob is now --kind=blob\n");
}

TEST_F(ExplainCommandTest, KindsAreThoseOfContent) {
  ASSERT_EQ(Cvr("explain 4 a --kind tags"), 0) << Err();
  EXPECT_EQ(request_.content().kind(), v1::CONTENT_KIND_TAGS);
  EXPECT_EQ(request_.content().reference(), "list");
  EXPECT_EQ(Cvr("explain 4 a --kind layer"), 1);
  EXPECT_THAT(Err(), HasSubstr("'layer' is not a valid kind"));
}

TEST_F(ExplainCommandTest, TakesDigestsAndTheTagThatIsMeant) {
  ASSERT_EQ(Cvr("explain 4 team/app@sha256:abc --kind blob"), 0) << Err();
  EXPECT_EQ(request_.content().repository(), "team/app");
  EXPECT_EQ(request_.content().reference(), "sha256:abc");
  EXPECT_EQ(request_.content().kind(), v1::CONTENT_KIND_BLOB);
  ASSERT_EQ(Cvr("explain 4 team/app"), 0) << Err();
  EXPECT_EQ(request_.content().reference(), "latest");
}

TEST_F(ExplainCommandTest, TellsWhoWouldNotAnswer) {
  ASSERT_EQ(Cvr("explain 4 a"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("cannot read the upstream states"));
  server_.On<v1::ListUpstreamStatesRequest, v1::ListUpstreamStatesResponse>(
      "UpstreamStateService/ListUpstreamStates",
      [](const auto& request, auto* response) {
        // Who may read the upstream may read its states.
        EXPECT_EQ(request.upstream_id(), 7);
        auto& state = *response->add_states();
        state.set_upstream_id(7);
        state.set_circuit_state(v1::UpstreamState::CIRCUIT_STATE_OPEN);
        state.set_last_failure("connection refused");
        state.set_instance("blob-2");
        state.mutable_retry_time()->set_seconds(1'700'000'000);
        response->add_states()->set_upstream_id(8);
        return grpc::Status::OK;
      });
  ASSERT_EQ(Cvr("explain 4 a"), 0) << Err();
  EXPECT_THAT(
      Out(),
      HasSubstr("'hub' is not asked by blob-2 until 2023-11-14T22:13:20Z "
                "(circuit breaker open or Retry-After): "
                "connection refused"));
}

TEST_F(ExplainCommandTest, SpeaksJson) {
  ASSERT_EQ(Cvr("explain 4 a -o json"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("\"VERDICT_FRESH_BUT_SHADOWED\""));
}

}  // namespace
}  // namespace cvr
