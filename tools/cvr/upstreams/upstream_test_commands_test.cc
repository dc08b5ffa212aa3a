#include "tools/cvr/upstreams/upstream_test_commands.h"

#include "cvr/v1/upstream_test_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class UpstreamTestCommandsTest : public CvrTest {
 protected:
  UpstreamTestCommandsTest() {
    server_.On<v1::TestUpstreamRequest, v1::TestUpstreamResponse>(
        "UpstreamTestService/TestUpstream",
        [this](const auto& request, auto* response) {
          request_ = request;
          *response = response_;
          return grpc::Status::OK;
        });
  }

  void Answer(v1::TestUpstreamResponse::Outcome outcome) {
    response_.Clear();
    response_.set_outcome(outcome);
    response_.set_http_status(401);
    response_.set_message("check the password");
    auto& dns = *response_.add_steps();
    dns.set_kind(v1::TestUpstreamResponse::Step::KIND_DNS);
    dns.set_ok(true);
    dns.set_detail("203.0.113.7");
    dns.mutable_duration()->set_nanos(12345678);
    auto& auth = *response_.add_steps();
    auth.set_kind(v1::TestUpstreamResponse::Step::KIND_AUTH);
    auth.set_detail("401");
  }

  v1::TestUpstreamRequest request_;
  v1::TestUpstreamResponse response_;
};

TEST_F(UpstreamTestCommandsTest, StepsAreShownAndFailureIsTheExitStatus) {
  Answer(v1::TestUpstreamResponse::OUTCOME_REFUSED);
  EXPECT_EQ(Cvr("upstream test 7"), 1);
  EXPECT_EQ(request_.upstream_id(), 7);
  EXPECT_FALSE(request_.has_upstream());
  EXPECT_EQ(Out(),
            "STEP  OK     MS  DETAIL\n"
            "dns   yes  12.3  203.0.113.7\n"
            "auth  no    0.0  401\n"
            "\n"
            "outcome:      refused\n"
            "http status:  401\n"
            "advice:       check the password\n");
  EXPECT_EQ(Err(), "cvr: upstream test failed: refused\n");
}

TEST_F(UpstreamTestCommandsTest, ReachableIsSuccess) {
  Answer(v1::TestUpstreamResponse::OUTCOME_REACHABLE);
  EXPECT_EQ(Cvr("upstream test 7 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["outcome"], "OUTCOME_REACHABLE");
}

TEST_F(UpstreamTestCommandsTest, WhatIsNotStoredYetCanBeTried) {
  Answer(v1::TestUpstreamResponse::OUTCOME_REACHABLE);
  variables_["CVR_UPSTREAM_PASSWORD"] = "planted";
  EXPECT_EQ(Cvr("upstream test --url https://a.example --group acme --username "
                "u --trusted-token-realm auth.example --insecure-skip-verify "
                "--repository team/app --reference 1.2"),
            0)
      << Err();
  EXPECT_EQ(request_.target_case(), v1::TestUpstreamRequest::TARGET_NOT_SET);
  EXPECT_EQ(request_.upstream().url(), "https://a.example");
  EXPECT_EQ(request_.upstream().group(), "acme");
  EXPECT_EQ(request_.upstream().credentials().basic().username(), "u");
  EXPECT_EQ(request_.upstream().credentials().basic().password(), "planted");
  EXPECT_EQ(request_.upstream().trusted_token_realms(0), "auth.example");
  EXPECT_TRUE(request_.upstream().tls().insecure_skip_verify());
  EXPECT_EQ(request_.repository(), "team/app");
  EXPECT_EQ(request_.reference(), "1.2");
  EXPECT_THAT(Out(), Not(HasSubstr("planted")));
}

TEST_F(UpstreamTestCommandsTest, GroupIsThatOfWhatIsTried) {
  Answer(v1::TestUpstreamResponse::OUTCOME_REACHABLE);
  EXPECT_EQ(Cvr("upstream test --url https://a.example"), 0) << Err();
  EXPECT_EQ(request_.upstream().group(), "default");
  EXPECT_EQ(Cvr("upstream test hub --group acme"), 0) << Err();
  EXPECT_EQ(request_.upstream_key().group(), "acme");
  EXPECT_EQ(request_.upstream_key().name(), "hub");
  EXPECT_FALSE(request_.has_upstream());
}

TEST_F(UpstreamTestCommandsTest, FormerNamesGoOn) {
  Answer(v1::TestUpstreamResponse::OUTCOME_REACHABLE);
  EXPECT_EQ(Cvr("upstream test 7 --image team/app:1.2"), 0) << Err();
  EXPECT_EQ(request_.repository(), "team/app");
  EXPECT_EQ(request_.reference(), "1.2");
  EXPECT_EQ(Cvr("upstream test --help"), 0);
  EXPECT_THAT(Out(), Not(HasSubstr("--image")));
}

TEST_F(UpstreamTestCommandsTest, SomethingMustBeNamed) {
  EXPECT_EQ(Cvr("upstream test"), 1);
  EXPECT_THAT(Err(), HasSubstr("give an upstream, or --url"));
  EXPECT_THAT(server_.methods_called(), IsEmpty());
}

}  // namespace
}  // namespace cvr
