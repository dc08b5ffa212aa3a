// An upstream in trouble is spared, and everybody can see it.
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/upstream_state_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "tests/integration/system_test.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

class UpstreamStatesTest : public SystemTest {
 protected:
  v1::ListUpstreamStatesResponse States() const {
    const auto stub = v1::UpstreamStateService::NewStub(system_.channel());
    grpc::ClientContext context;
    v1::ListUpstreamStatesResponse response;
    const auto status = stub->ListUpstreamStates(
        &context, v1::ListUpstreamStatesRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  HttpResponse GetTag(int number) const {
    return system_.Get(absl::StrCat("library/alpine/manifests/t", number));
  }
};

TEST_P(UpstreamStatesTest, OpenCircuitIsSeenAndSparesTheUpstream) {
  EXPECT_EQ(States().states_size(), 0);
  upstream_.Answer({}, FakeAnswer::Status(502), FakeRegistry::kAlways);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(GetTag(i).status, 503);

  const auto states = States();
  ASSERT_EQ(states.states_size(), 1);
  EXPECT_EQ(states.states(0).upstream_id(), 1);
  EXPECT_EQ(states.states(0).circuit_state(),
            v1::UpstreamState::CIRCUIT_STATE_OPEN);
  EXPECT_TRUE(states.states(0).has_retry_time());
  EXPECT_THAT(states.states(0).last_failure(), ::testing::HasSubstr("502"));

  const int asked = upstream_.CountRequests({});
  for (int i = 5; i < 10; ++i) EXPECT_EQ(GetTag(i).status, 503);
  EXPECT_EQ(upstream_.CountRequests({}), asked);
}

INSTANTIATE_TEST_SUITE_P(Shapes, UpstreamStatesTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
