#include "tools/cvr/commands/token_commands.h"

#include <cstdint>
#include <string>
#include <vector>

#include "cvr/v1/access_token_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TokenCommandsTest : public CvrTest {
 protected:
  TokenCommandsTest() {
    server_.On<v1::CreateAccessTokenRequest, v1::CreateAccessTokenResponse>(
        "AccessTokenService/CreateAccessToken",
        [this](const auto& request, auto* response) {
          created_ = request.access_token();
          *response->mutable_access_token() = request.access_token();
          response->mutable_access_token()->set_id(4);
          response->set_secret("cvr_planted");
          return grpc::Status::OK;
        });
  }

  v1::AccessToken created_;
};

TEST_F(TokenCommandsTest, ProgramsFindTheSecretAsInTheProto) {
  EXPECT_EQ(Cvr("token create --name ci --scope read_virtual_registry --scope "
                "write_virtual_registry --group acme --registry 3 --registry 5 "
                "--expires 2027-01-01T00:00:00Z -o json"),
            0)
      << Err();
  EXPECT_EQ(created_.name(), "ci");
  EXPECT_EQ(created_.group(), "acme");
  EXPECT_THAT(created_.scopes(),
              ElementsAre(v1::AccessToken::READ_VIRTUAL_REGISTRY,
                          v1::AccessToken::WRITE_VIRTUAL_REGISTRY));
  EXPECT_THAT(created_.registry_ids(), ElementsAre(3, 5));
  EXPECT_EQ(created_.expire_time().seconds(), 1798761600);
  const json answer = json::parse(Out());
  EXPECT_EQ(answer.size(), 2);
  EXPECT_EQ(answer["secret"], "cvr_planted");
  EXPECT_EQ(answer["access_token"]["id"], "4");
  EXPECT_EQ(answer["access_token"]["name"], "ci");
  EXPECT_FALSE(answer["access_token"].contains("secret"));
}

TEST_F(TokenCommandsTest, PeopleAreToldThatTheSecretIsShownOnce) {
  EXPECT_EQ(Cvr("token create --name ci --scope admin"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("shown only once):\n\n  cvr_planted\n"));
  EXPECT_THAT(Out(), HasSubstr("id:          4\n"));
  EXPECT_THAT(Out(), HasSubstr("expires:     never\n"));
  EXPECT_FALSE(created_.has_expire_time());
}

TEST_F(TokenCommandsTest, ExpiryMayBeADistance) {
  EXPECT_EQ(Cvr("token create --name ci --scope admin --expires 720h"), 0);
  EXPECT_TRUE(created_.has_expire_time());
}

TEST_F(TokenCommandsTest, BadUsageIsRefusedBeforeAnyCall) {
  EXPECT_EQ(Cvr("token create --name ci --scope sudo"), 1);
  EXPECT_THAT(Err(),
              HasSubstr("'sudo' is not a valid scope (read_virtual_registry"));
  EXPECT_EQ(Cvr("token create --name ci"), 1);
  EXPECT_THAT(Err(), HasSubstr("--scope is required"));
  EXPECT_EQ(Cvr("token create --name ci --scope admin --expires soon"), 1);
  EXPECT_THAT(Err(), HasSubstr("invalid duration or time"));
  EXPECT_THAT(server_.methods_called(), IsEmpty());
}

TEST_F(TokenCommandsTest, TokensAreListedAndRevoked) {
  std::vector<int64_t> revoked;
  server_.On<v1::ListAccessTokensRequest, v1::ListAccessTokensResponse>(
      "AccessTokenService/ListAccessTokens",
      [](const auto& request, auto* response) {
        v1::AccessToken& token = *response->add_access_tokens();
        token.set_id(4);
        token.set_name("ci");
        token.set_group(request.group());
        token.add_scopes(v1::AccessToken::READ_VIRTUAL_REGISTRY);
        return grpc::Status::OK;
      });
  server_.On<v1::RevokeAccessTokenRequest, Empty>(
      "AccessTokenService/RevokeAccessToken", [&](const auto& request, auto*) {
        revoked.push_back(request.id());
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("token list --group acme"), 0) << Err();
  EXPECT_EQ(Out(),
            "ID  NAME  GROUP  SCOPES                 REGISTRIES  EXPIRES  LAST "
            "USED  CREATED\n"
            " 4  ci    acme   read_virtual_registry  all         never    -    "
            "      -\n");
  EXPECT_EQ(Cvr("token revoke 4 9"), 0) << Err();
  EXPECT_THAT(revoked, ElementsAre(4, 9));
}

}  // namespace
}  // namespace cvr
