// Credentials of upstreams are told to nobody who does not need them.
#include "cvr/internal/v1/cache_record_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "tests/integration/system_test.h"

namespace cvr::testing {
namespace {

class SecretsTest : public SystemFixture {
 protected:
  SecretsTest() : SystemFixture(Shape::kStandalone) {}
};

// With all parts in one process no other asks for them, and no token is a role.
TEST_F(SecretsTest, OneProcessTellsThemToNoOther) {
  const auto stub =
      internal::v1::CacheRecordService::NewStub(system_.channel());
  grpc::ClientContext context;
  internal::v1::GetUpstreamAccessRequest request;
  request.set_upstream_id(1);
  internal::v1::GetUpstreamAccessResponse response;
  const auto status = stub->GetUpstreamAccess(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace cvr::testing
