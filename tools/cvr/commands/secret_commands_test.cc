#include "tools/cvr/commands/secret_commands.h"

#include <string>

#include "cvr/v1/secret_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

class SecretCommandsTest : public CvrTest {
 protected:
  SecretCommandsTest() {
    server_.On<v1::RotateSecretKeyRequest, v1::Operation>(
        "SecretService/RotateSecretKey",
        [this](const auto& request, auto* response) {
          request_id_ = request.request_id();
          v1::RotateSecretKeyResponse rotated;
          rotated.set_secret_count(12);
          response->set_id(3);
          response->set_done(true);
          response->mutable_response()->PackFrom(rotated);
          return grpc::Status::OK;
        });
  }

  std::string request_id_;
};

TEST_F(SecretCommandsTest, KeyIsRotated) {
  EXPECT_EQ(Cvr("secret rotate --request-id u"), 0) << Err();
  EXPECT_EQ(Out(), "secret key rotated; re-encrypted secrets: 12\n");
  EXPECT_EQ(request_id_, "u");
  EXPECT_EQ(Cvr("secret rotate -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["response"]["secret_count"], "12");
}

TEST_F(SecretCommandsTest, FormerNameGoesOn) {
  EXPECT_EQ(Cvr("secret rotate-key"), 0);
  EXPECT_EQ(Out(), "secret key rotated; re-encrypted secrets: 12\n");
  EXPECT_THAT(Err(), HasSubstr("cvr secret rotate-key is now cvr secret "
                               "rotate\n"));
}

}  // namespace
}  // namespace cvr
