#include "services/access/request_replays.h"

#include "cvr/v1/registry_service.pb.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

TEST(RequestReplaysTest, ARequestIdIsAUuid) {
  using testing::IsOk;
  EXPECT_THAT(CheckRequestId("2f1d9c0e-5b7a-4d38-9a55-0c6f3f1d7a10"), IsOk());
  EXPECT_THAT(CheckRequestId("2F1D9C0E-5B7A-4D38-9A55-0C6F3F1D7A10"), IsOk());
  for (const char* const text : {"", "1", "2f1d9c0e5b7a4d389a550c6f3f1d7a10",
                                 "2f1d9c0e-5b7a-4d38-9a55-0c6f3f1d7a1",
                                 "2f1d9c0e-5b7a-4d38-9a55-0c6f3f1d7a100",
                                 "2f1d9c0e-5b7a-4d38-9a55-0c6f3f1d7a1g",
                                 "2f1d9c0e-5b7a-4d38-9a5-50c6f3f1d7a10"}) {
    EXPECT_THAT(CheckRequestId(text),
                testing::StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

TEST(RequestReplaysTest, TheHashIsOfAllFields) {
  v1::CreateRegistryRequest request;
  request.mutable_registry()->set_name("web");
  const std::string hash = HashOfRequest(request);
  EXPECT_EQ(HashOfRequest(request), hash);
  request.mutable_registry()->set_anonymous_pull(true);
  EXPECT_NE(HashOfRequest(request), hash);
}

}  // namespace
}  // namespace cvr
