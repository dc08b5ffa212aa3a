#include "tools/cvr/commands/cleanup_commands.h"

#include <string>

#include "cvr/v1/cleanup_policy_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCreate[] = "/cvr.v1.CleanupPolicyService/CreateCleanupPolicy";

class CleanupCommandsTest : public CvrTest {
 protected:
  CleanupCommandsTest() {
    server_.On<v1::UpdateCleanupPolicyRequest, v1::CleanupPolicy>(
        "CleanupPolicyService/UpdateCleanupPolicy",
        [this](const auto& request, auto* response) {
          updated_ = request;
          if (!exists_) {
            return ToRpcStatus(errors::NoSuch("cleanup policy", "acme"));
          }
          *response = request.cleanup_policy();
          return grpc::Status::OK;
        });
    server_.On<v1::CreateCleanupPolicyRequest, v1::CleanupPolicy>(
        "CleanupPolicyService/CreateCleanupPolicy",
        [this](const auto& request, auto* response) {
          created_ = request.cleanup_policy();
          *response = created_;
          return grpc::Status::OK;
        });
  }

  bool exists_ = true;
  v1::UpdateCleanupPolicyRequest updated_;
  v1::CleanupPolicy created_;
};

TEST_F(CleanupCommandsTest, SetChangesOnlyWhatIsGiven) {
  EXPECT_EQ(Cvr("cleanup set acme --keep-days 14 --disable --etag e1"), 0)
      << Err();
  EXPECT_THAT(updated_.update_mask().paths(),
              ElementsAre("enabled", "keep_n_days_after_download"));
  EXPECT_EQ(updated_.cleanup_policy().group(), "acme");
  EXPECT_EQ(updated_.cleanup_policy().keep_n_days_after_download(), 14);
  EXPECT_EQ(updated_.cleanup_policy().etag(), "e1");
  EXPECT_FALSE(updated_.cleanup_policy().enabled());
  EXPECT_THAT(server_.methods_called(), Not(Contains(kCreate)));
}

TEST_F(CleanupCommandsTest, SetMakesWhatIsMissingAndEnablesIt) {
  exists_ = false;
  EXPECT_EQ(Cvr("cleanup set acme --cadence-days 14 --notify-on-failure"), 0)
      << Err();
  EXPECT_TRUE(created_.enabled());
  EXPECT_TRUE(created_.notify_on_failure());
  EXPECT_EQ(created_.cadence_days(), 14);
  EXPECT_EQ(Cvr("cleanup set acme --disable"), 0) << Err();
  EXPECT_FALSE(created_.enabled());
}

TEST_F(CleanupCommandsTest, EtagOfWhatIsGoneMakesNothing) {
  exists_ = false;
  EXPECT_EQ(Cvr("cleanup set acme --cadence-days 14 --etag e1"), 1);
  EXPECT_EQ(Err(), "cvr: cleanup policy acme does not exist\n");
  EXPECT_THAT(server_.methods_called(), Not(Contains(kCreate)));
}

TEST_F(CleanupCommandsTest, SetNeedsSomethingToSet) {
  EXPECT_EQ(Cvr("cleanup set acme"), 1);
  EXPECT_EQ(Err(), "cvr: nothing to change (see cvr cleanup set --help)\n");
}

TEST_F(CleanupCommandsTest, PoliciesAreShownRunAndDeleted) {
  server_.On<v1::GetCleanupPolicyRequest, v1::CleanupPolicy>(
      "CleanupPolicyService/GetCleanupPolicy",
      [](const auto& request, auto* response) {
        response->set_group(request.group());
        response->set_keep_n_days_after_download(30);
        response->set_cadence_days(7);
        response->set_status(v1::CleanupPolicy::SCHEDULED);
        response->mutable_last_run_time()->set_seconds(1700000000);
        response->set_last_run_deleted_entries(3);
        response->set_last_run_deleted_bytes(2048);
        return grpc::Status::OK;
      });
  server_.On<v1::RunCleanupPolicyRequest, v1::CleanupPolicy>(
      "CleanupPolicyService/RunCleanupPolicy",
      [](const auto& request, auto* response) {
        response->set_group(request.group());
        response->set_status(v1::CleanupPolicy::RUNNING);
        return grpc::Status::OK;
      });
  std::string deleted;
  server_.On<v1::DeleteCleanupPolicyRequest, Empty>(
      "CleanupPolicyService/DeleteCleanupPolicy",
      [&](const auto& request, auto*) {
        deleted = request.group() + " " + request.etag();
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("cleanup get acme"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("30 days after the last download\n"));
  EXPECT_THAT(Out(), HasSubstr("2023-11-14T22:13:20Z, 3 entries, 2048 (2.0 "
                               "KiB) bytes\n"));
  EXPECT_EQ(Cvr("cleanup run acme -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["status"], "RUNNING");
  EXPECT_EQ(Cvr("cleanup delete acme --etag e2"), 0) << Err();
  EXPECT_EQ(deleted, "acme e2");
}

}  // namespace
}  // namespace cvr
