#include "tools/cvr/commands/token_commands.h"

#include <cstdint>
#include <string>
#include <vector>

#include "cvr/v1/access_token_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TokenCommandsTest : public CvrTest {
 protected:
  TokenCommandsTest() {
    server_.On<v1::CreateAccessTokenRequest, v1::CreateAccessTokenResponse>(
        "AccessTokenService/CreateAccessToken",
        [this](const auto& request, auto* response) {
          request_id_ = request.request_id();
          created_ = request.access_token();
          *response->mutable_access_token() = request.access_token();
          response->mutable_access_token()->set_id(4);
          response->set_secret("cvr_planted");
          return grpc::Status::OK;
        });
  }

  // The token 4, and no other.
  void HaveToken() {
    server_.On<v1::GetAccessTokenRequest, v1::AccessToken>(
        "AccessTokenService/GetAccessToken",
        [](const auto& request, auto* response) {
          if (request.id() != 4) {
            return ToRpcStatus(errors::NoSuch("access token", "9"));
          }
          response->set_id(4);
          response->set_name("ci");
          response->set_all_groups(true);
          response->add_scopes(v1::AccessToken::SCOPE_ADMIN);
          response->mutable_last_use_time()->set_seconds(1700000000);
          return grpc::Status::OK;
        });
  }

  v1::AccessToken created_;
  std::string request_id_;
};

TEST_F(TokenCommandsTest, ProgramsFindTheSecretBesideTheToken) {
  EXPECT_EQ(Cvr("token create --name ci --scope read --scope manage --group "
                "acme --registry-id 3 --registry-id 5 --expire-time "
                "2027-01-01T00:00:00Z --request-id u -o json"),
            0)
      << Err();
  EXPECT_EQ(created_.name(), "ci");
  EXPECT_EQ(created_.group(), "acme");
  EXPECT_THAT(created_.scopes(), ElementsAre(v1::AccessToken::SCOPE_READ,
                                             v1::AccessToken::SCOPE_MANAGE));
  EXPECT_THAT(created_.registry_ids(), ElementsAre(3, 5));
  EXPECT_EQ(created_.expire_time().seconds(), 1798761600);
  EXPECT_EQ(request_id_, "u");
  const json created = json::parse(Out());
  EXPECT_EQ(created["secret"], "cvr_planted");
  EXPECT_EQ(created["access_token"]["id"], "4");
  EXPECT_FALSE(created["access_token"].contains("secret"));
}

TEST_F(TokenCommandsTest, FormerNamesMeanWhatTheyMeant) {
  EXPECT_EQ(Cvr("token create --name ci --scope read_virtual_registry --scope "
                "write_virtual_registry --registry 3 --registry 5 --expires "
                "2027-01-01T00:00:00Z"),
            0)
      << Err();
  EXPECT_THAT(created_.scopes(), ElementsAre(v1::AccessToken::SCOPE_READ,
                                             v1::AccessToken::SCOPE_MANAGE));
  EXPECT_THAT(created_.registry_ids(), ElementsAre(3, 5));
  EXPECT_EQ(created_.expire_time().seconds(), 1798761600);
  EXPECT_THAT(Err(), HasSubstr("--expires is now --expire-time\n"));
  EXPECT_THAT(Err(), HasSubstr("--scope read_virtual_registry is now --scope "
                               "read\n"));
}

TEST_F(TokenCommandsTest, AccessIsOneGroupOrAllOfThem) {
  EXPECT_EQ(Cvr("token create --name ci --scope read"), 0) << Err();
  EXPECT_EQ(created_.group(), "default");
  EXPECT_EQ(Cvr("token create --name ci --scope read --all-groups"), 0);
  EXPECT_TRUE(created_.all_groups());
  EXPECT_THAT(Out(), HasSubstr("group:       all groups\n"));
  EXPECT_EQ(Cvr("token create --name ci --scope read --scope admin"), 0);
  EXPECT_TRUE(created_.all_groups());
  // What cannot be is for the server to say.
  EXPECT_EQ(Cvr("token create --name ci --scope admin --group acme"), 0);
  EXPECT_EQ(created_.group(), "acme");
  EXPECT_EQ(Cvr("token create --name ci --scope read --all-groups --group a"),
            1);
  EXPECT_THAT(Err(), HasSubstr("--group excludes --all-groups"));
}

TEST_F(TokenCommandsTest, PeopleAreToldThatTheSecretIsShownOnce) {
  EXPECT_EQ(Cvr("token create --name ci --scope admin"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("shown only once):\n\n  cvr_planted\n"));
  EXPECT_THAT(Out(), HasSubstr("id:          4\n"));
  EXPECT_THAT(Out(), HasSubstr("expires:     never\n"));
  EXPECT_FALSE(created_.has_expire_time());
}

TEST_F(TokenCommandsTest, ExpiryMayBeADistance) {
  EXPECT_EQ(Cvr("token create --name ci --scope admin --expire-time 720h"), 0);
  EXPECT_TRUE(created_.has_expire_time());
}

TEST_F(TokenCommandsTest, BadUsageIsRefusedBeforeAnyCall) {
  EXPECT_EQ(Cvr("token create --name ci --scope sudo"), 1);
  EXPECT_THAT(Err(),
              HasSubstr("'sudo' is not a valid scope (read, manage, admin)"));
  EXPECT_EQ(Cvr("token create --name ci"), 1);
  EXPECT_THAT(Err(), HasSubstr("--scope is required"));
  EXPECT_EQ(Cvr("token create --name ci --scope admin --expire-time soon"), 1);
  EXPECT_THAT(Err(), HasSubstr("invalid duration or time"));
  EXPECT_THAT(server_.methods_called(), IsEmpty());
}

TEST_F(TokenCommandsTest, TokensAreListed) {
  v1::ListAccessTokensRequest seen;
  server_.On<v1::ListAccessTokensRequest, v1::ListAccessTokensResponse>(
      "AccessTokenService/ListAccessTokens",
      [&](const auto& request, auto* response) {
        seen = request;
        v1::AccessToken& token = *response->add_access_tokens();
        token.set_id(4);
        token.set_name("ci");
        token.set_group(request.group());
        token.add_scopes(v1::AccessToken::SCOPE_READ);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("token list --group acme --filter name:ci"), 0) << Err();
  EXPECT_EQ(seen.filter(), "name:ci");
  EXPECT_EQ(Out(),
            "ID  NAME  GROUP  SCOPES  REGISTRIES  EXPIRES  LAST USED  CREATED\n"
            " 4  ci    acme   read    all         never    -          -\n");
  EXPECT_EQ(Cvr("token list"), 0) << Err();
  EXPECT_EQ(seen.group(), "-");
}

TEST_F(TokenCommandsTest, TokenIsShownWithoutItsSecret) {
  HaveToken();
  EXPECT_EQ(Cvr("token get 4"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("scopes:      admin\n"));
  EXPECT_THAT(Out(), HasSubstr("last used:   2023-11-14T22:13:20Z\n"));
  EXPECT_THAT(Out(), Not(HasSubstr("only once")));
  EXPECT_EQ(Cvr("token get 9"), 1);
  EXPECT_EQ(Err(), "cvr: access token 9 does not exist\n");
}

TEST_F(TokenCommandsTest, TokensAreRevoked) {
  HaveToken();
  std::vector<int64_t> revoked;
  bool allow_missing = false;
  server_.On<v1::RevokeAccessTokenRequest, v1::RevokeAccessTokenResponse>(
      "AccessTokenService/RevokeAccessToken", [&](const auto& request, auto*) {
        revoked.push_back(request.id());
        allow_missing = request.allow_missing();
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("token revoke 4 9"), 0) << Err();
  EXPECT_THAT(revoked, ElementsAre(4, 9));
  EXPECT_TRUE(allow_missing);
  EXPECT_EQ(Out(),
            "access token 4 revoked\n"
            "there is no access token 9: nothing to revoke\n");
  EXPECT_EQ(Cvr("token revoke 4 --no-allow-missing"), 0) << Err();
  EXPECT_FALSE(allow_missing);
}

TEST_F(TokenCommandsTest, CallerIsTheTokenInUse) {
  server_.On<v1::GetCallerRequest, v1::GetCallerResponse>(
      "AccessTokenService/GetCaller", [](const auto&, auto* response) {
        response->mutable_access_token()->set_name("ci");
        response->mutable_access_token()->add_registry_ids(3);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("whoami --token t"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("name:        ci\n"));
  EXPECT_THAT(Out(), HasSubstr("registries:  3\n"));
  EXPECT_THAT(server_.Metadata("authorization"), ElementsAre("Bearer t"));
  EXPECT_EQ(Cvr("whoami -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["access_token"]["name"], "ci");
}

}  // namespace
}  // namespace cvr
