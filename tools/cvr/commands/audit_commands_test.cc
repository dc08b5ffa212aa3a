#include "tools/cvr/commands/audit_commands.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/audit_service.pb.h"
#include "cvr/v1/secret_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

class AuditCommandsTest : public CvrTest {
 protected:
  // An endless log, newest first.
  AuditCommandsTest() {
    server_.On<v1::ListAuditEventsRequest, v1::ListAuditEventsResponse>(
        "AuditService/ListAuditEvents",
        [this](const auto& request, auto* response) {
          request_ = request;
          for (int i = 0; i < request.page_size() && i < 2; ++i) {
            auto& event = *response->add_audit_events();
            event.set_method("RegistryService.DeleteRegistry");
            event.set_object("registry 7");
            event.set_result("OK");
            event.set_token_id(4);
            event.set_token_name("ci");
            event.set_peer("unix");
          }
          response->set_next_page_token("more");
          return grpc::Status::OK;
        });
  }

  v1::ListAuditEventsRequest request_;
};

TEST_F(AuditCommandsTest, ListEndsWhereItIsTold) {
  EXPECT_EQ(Cvr("audit list --max 3 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out()).size(), 3);
  EXPECT_EQ(Cvr("audit list -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out()).size(), 100);
}

TEST_F(AuditCommandsTest, TableTellsWhoDidWhat) {
  EXPECT_EQ(Cvr("audit list --max 1"), 0) << Err();
  EXPECT_EQ(Out(),
            "TIME  WHO     FROM  METHOD                          OBJECT      "
            "GROUP  RESULT\n"
            "-     ci (4)  unix  RegistryService.DeleteRegistry  registry 7  "
            "-      OK\n");
}

TEST_F(AuditCommandsTest, FiltersAreTheServers) {
  EXPECT_EQ(Cvr("audit list --max 1 --group acme --token-id 4 --since "
                "2023-11-14T22:13:20Z --until 1h"),
            0)
      << Err();
  EXPECT_EQ(request_.group(), "acme");
  EXPECT_EQ(request_.token_id(), 4);
  EXPECT_EQ(request_.start_time().seconds(), 1700000000);
  EXPECT_GT(request_.end_time().seconds(), 1700000000);
  EXPECT_EQ(Cvr("audit list --since yesterday"), 1);
  EXPECT_THAT(Err(), HasSubstr("invalid duration or time 'yesterday'"));
}

TEST_F(AuditCommandsTest, KeyIsRotated) {
  server_.On<v1::RotateSecretKeyRequest, v1::RotateSecretKeyResponse>(
      "SecretService/RotateSecretKey", [](const auto&, auto* response) {
        response->set_secrets(12);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("secret rotate-key"), 0) << Err();
  EXPECT_EQ(Out(), "secret key rotated; re-encrypted secrets: 12\n");
}

}  // namespace
}  // namespace cvr
