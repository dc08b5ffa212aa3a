#include <memory>
#include <string>

#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "services/common/errors.h"
#include "services/common/time_wire.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/admin_channel.h"

namespace cvr::testing {
namespace {

using Stub = v1::CleanupPolicyService::Stub;

constexpr absl::Duration kDay = absl::Hours(24);

class CleanupPolicyServiceTest : public MetadataFixture {
 protected:
  void SetUp() override {
    auto server = RpcServer::Start("127.0.0.1:0", stack_->admin_services());
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    v1::CreateAccessTokenRequest token;
    token.mutable_access_token()->set_name("admin");
    token.mutable_access_token()->add_scopes(v1::AccessToken::SCOPE_ADMIN);
    token.mutable_access_token()->set_all_groups(true);
    const auto made = stack_->access_tokens().Create(token);
    ASSERT_THAT(made, IsOk());
    stub_ = v1::CleanupPolicyService::NewStub(
        AdminChannel(server_->address(), made->secret()));
  }

  template <typename Method, typename Request, typename Response>
  absl::Status Call(Method method, const Request& request, Response* response) {
    grpc::ClientContext context;
    return FromRpcStatus((stub_.get()->*method)(&context, request, response));
  }

  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(CleanupPolicyServiceTest, WorksOverGrpc) {
  v1::CleanupPolicy policy;
  v1::UpdateCleanupPolicyRequest update;
  auto& given = *update.mutable_cleanup_policy();
  given.set_group("default");
  *given.mutable_run_interval() = ToWire(3 * kDay);
  const absl::Status refused =
      Call(&Stub::UpdateCleanupPolicy, update, &policy);
  ASSERT_EQ(FieldViolationsOf(refused).size(), 1);
  EXPECT_EQ(FieldViolationsOf(refused)[0].field, "run_interval");
  *given.mutable_run_interval() = ToWire(kDay);
  ASSERT_THAT(Call(&Stub::UpdateCleanupPolicy, update, &policy), IsOk());

  *given.mutable_keep_after_last_pull() = ToWire(2 * kDay);
  given.set_etag("stale");
  EXPECT_THAT(Call(&Stub::UpdateCleanupPolicy, update, &policy),
              StatusIs(absl::StatusCode::kAborted));
  given.set_etag(policy.etag());
  ASSERT_THAT(Call(&Stub::UpdateCleanupPolicy, update, &policy), IsOk());
  EXPECT_EQ(FromWire(policy.keep_after_last_pull()), 2 * kDay);

  v1::GetCleanupPolicyRequest get;
  get.set_group("default");
  v1::CleanupPolicy got;
  ASSERT_THAT(Call(&Stub::GetCleanupPolicy, get, &got), IsOk());
  EXPECT_EQ(got.SerializeAsString(), policy.SerializeAsString());
  get.set_group("nobody");
  EXPECT_THAT(Call(&Stub::GetCleanupPolicy, get, &got),
              StatusIs(absl::StatusCode::kNotFound));
}

// By the stack's own threads, which look at no other time here.
TEST_F(CleanupPolicyServiceTest, ARequestedRunForgetsWhatIsOld) {
  const auto upstream = CreateUpstream("https://a");
  ASSERT_THAT(upstream, IsOk());
  ASSERT_THAT(
      stack_->client().Record(RecordOf(
          upstream->id(), "/library/alpine/manifests/1", Digest::OfBytes("m"))),
      IsOk());
  clock_.Advance(31 * kDay);
  v1::RunCleanupRequest request;
  request.set_group("default");
  v1::Operation operation;
  ASSERT_THAT(Call(&Stub::RunCleanup, request, &operation), IsOk());
  const auto run = ResponseOf<v1::CleanupRun>(operation);
  EXPECT_EQ(run.deleted_count(), 1);
  EXPECT_EQ(run.deleted_bytes(), 7);
  EXPECT_THAT(*Entries(), ::testing::IsEmpty());
  v1::ListCleanupRunsRequest list;
  list.set_group("default");
  v1::ListCleanupRunsResponse runs;
  ASSERT_THAT(Call(&Stub::ListCleanupRuns, list, &runs), IsOk());
  ASSERT_EQ(runs.runs_size(), 1);
  EXPECT_EQ(runs.runs(0).SerializeAsString(), run.SerializeAsString());
}

}  // namespace
}  // namespace cvr::testing
