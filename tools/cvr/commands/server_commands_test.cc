#include "tools/cvr/commands/server_commands.h"

#include "cvr/v1/server_service.pb.h"
#include "cvr/v1/watch_service.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;

using ServerCommandsTest = CvrTest;

TEST_F(ServerCommandsTest, InfoHasLimitsAndFeatures) {
  server_.On<v1::GetServerInfoRequest, v1::GetServerInfoResponse>(
      "ServerService/GetServerInfo", [](const auto&, auto* response) {
        response->set_version("0.1.0");
        response->add_api_versions("cvr.v1");
        response->add_features("native_rest");
        response->add_features("anonymous_pull");
        auto& limit = *response->add_limits();
        limit.set_name("registries_per_group");
        limit.set_value(5);
        limit.set_description("Registries of a group");
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("server info"), 0) << Err();
  EXPECT_EQ(Out(),
            "version:       0.1.0\n"
            "revision:      -\n"
            "api versions:  cvr.v1\n"
            "features:      native_rest, anonymous_pull\n"
            "\n"
            "LIMIT                 VALUE  DESCRIPTION\n"
            "registries_per_group      5  Registries of a group\n");
  EXPECT_EQ(Cvr("server info -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["limits"][0]["value"], "5");
}

TEST_F(ServerCommandsTest, RevisionIsANumber) {
  server_.On<v1::GetRevisionRequest, v1::GetRevisionResponse>(
      "WatchService/GetRevision", [](const auto&, auto* response) {
        response->set_revision(42);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("server revision"), 0) << Err();
  EXPECT_EQ(Out(), "42\n");
  EXPECT_EQ(Cvr("server revision -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["revision"], "42");
}

}  // namespace
}  // namespace cvr
