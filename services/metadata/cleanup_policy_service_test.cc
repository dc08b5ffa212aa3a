#include <memory>
#include <string>

#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/admin_channel.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using Stub = v1::CleanupPolicyService::Stub;

class CleanupPolicyServiceTest : public MetadataFixture {
 protected:
  void SetUp() override {
    auto server = RpcServer::Start("127.0.0.1:0", stack_->admin_services());
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    v1::CreateAccessTokenRequest token;
    token.mutable_access_token()->set_name("admin");
    token.mutable_access_token()->add_scopes(v1::AccessToken::ADMIN);
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
  v1::CreateCleanupPolicyRequest create;
  create.mutable_cleanup_policy()->set_cadence_days(3);
  const absl::Status refused =
      Call(&Stub::CreateCleanupPolicy, create, &policy);
  ASSERT_EQ(FieldViolationsOf(refused).size(), 1);
  EXPECT_EQ(FieldViolationsOf(refused)[0].field, "cadence_days");
  create.mutable_cleanup_policy()->set_cadence_days(1);
  ASSERT_THAT(Call(&Stub::CreateCleanupPolicy, create, &policy), IsOk());

  v1::UpdateCleanupPolicyRequest update;
  update.mutable_cleanup_policy()->set_keep_n_days_after_download(2);
  update.mutable_cleanup_policy()->set_etag("stale");
  update.mutable_update_mask()->add_paths("keep_n_days_after_download");
  EXPECT_THAT(Call(&Stub::UpdateCleanupPolicy, update, &policy),
              StatusIs(absl::StatusCode::kAborted));
  update.mutable_cleanup_policy()->set_etag(policy.etag());
  ASSERT_THAT(Call(&Stub::UpdateCleanupPolicy, update, &policy), IsOk());
  EXPECT_EQ(policy.keep_n_days_after_download(), 2);

  google::protobuf::Empty empty;
  ASSERT_THAT(Call(&Stub::DeleteCleanupPolicy, v1::DeleteCleanupPolicyRequest(),
                   &empty),
              IsOk());
  EXPECT_THAT(
      Call(&Stub::GetCleanupPolicy, v1::GetCleanupPolicyRequest(), &policy),
      StatusIs(absl::StatusCode::kNotFound));
}

// By the stack's own thread, which looks at no other time here.
TEST_F(CleanupPolicyServiceTest, ARequestedRunForgetsWhatIsOld) {
  const auto upstream = CreateUpstream("https://a");
  ASSERT_THAT(upstream, IsOk());
  ASSERT_THAT(
      stack_->client().Record(RecordOf(
          upstream->id(), "/library/alpine/manifests/1", Digest::OfBytes("m"))),
      IsOk());
  clock_.Advance(absl::Hours(24) * 31);
  v1::CleanupPolicy policy;
  ASSERT_THAT(Call(&Stub::CreateCleanupPolicy, v1::CreateCleanupPolicyRequest(),
                   &policy),
              IsOk());
  ASSERT_THAT(
      Call(&Stub::RunCleanupPolicy, v1::RunCleanupPolicyRequest(), &policy),
      IsOk());
  ASSERT_TRUE(Eventually(
      [&] {
        EXPECT_THAT(Call(&Stub::GetCleanupPolicy, v1::GetCleanupPolicyRequest(),
                         &policy),
                    IsOk());
        return policy.has_last_run_time() &&
               policy.status() != v1::CleanupPolicy::RUNNING;
      },
      "the run has ended"));
  EXPECT_EQ(policy.last_run_deleted_entries(), 1);
  EXPECT_EQ(policy.last_run_deleted_bytes(), 7);
  EXPECT_THAT(*Entries(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace cvr::testing
