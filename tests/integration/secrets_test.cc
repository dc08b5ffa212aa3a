// Credentials of upstreams are told to nobody who does not need them.
#include <iostream>

#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "protos/cvr/v1/cache_record_service.grpc.pb.h"
#include "tests/integration/system.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

// With all parts in one process no other asks for them, and no token is a role.
TEST(SecretsTest, OneProcessTellsThemToNoOther) {
  FakeRegistry upstream;
  System system(Shape::kStandalone, upstream.url());
  system.Start();
  const auto stub = v1::CacheRecordService::NewStub(system.channel());
  grpc::ClientContext context;
  v1::GetUpstreamAccessRequest request;
  request.set_upstream_id(1);
  v1::UpstreamAccess response;
  const auto status = stub->GetUpstreamAccess(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  if (HasFailure()) std::cerr << system.Log();
}

}  // namespace
}  // namespace cvr::testing
