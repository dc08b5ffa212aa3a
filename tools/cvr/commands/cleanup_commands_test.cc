#include "tools/cvr/commands/cleanup_commands.h"

#include <string>

#include "cvr/v1/cleanup_policy_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kDay = 24 * 60 * 60;

class CleanupCommandsTest : public CvrTest {
 protected:
  CleanupCommandsTest() {
    server_.On<v1::UpdateCleanupPolicyRequest, v1::CleanupPolicy>(
        "CleanupPolicyService/UpdateCleanupPolicy",
        [this](const auto& request, auto* response) {
          updated_ = request;
          *response = request.cleanup_policy();
          return grpc::Status::OK;
        });
    server_.On<v1::RunCleanupRequest, v1::Operation>(
        "CleanupPolicyService/RunCleanup",
        [this](const auto& request, auto* response) {
          run_ = request;
          response->set_id(12);
          response->set_done(true);
          response->mutable_response()->PackFrom(Run());
          return grpc::Status::OK;
        });
  }

  static v1::CleanupRun Run() {
    v1::CleanupRun run;
    run.set_state(v1::CleanupRun::STATE_SUCCEEDED);
    run.mutable_start_time()->set_seconds(1700000000);
    run.mutable_end_time()->set_seconds(1700000060);
    run.set_deleted_count(3);
    run.set_deleted_bytes(2048);
    return run;
  }

  v1::UpdateCleanupPolicyRequest updated_;
  v1::RunCleanupRequest run_;
};

TEST_F(CleanupCommandsTest, UpdateChangesOnlyWhatIsGiven) {
  EXPECT_EQ(Cvr("cleanup update acme --keep-after-last-pull 14d --no-enabled "
                "--etag e1"),
            0)
      << Err();
  EXPECT_THAT(updated_.update_mask().paths(),
              ElementsAre("enabled", "keep_after_last_pull"));
  EXPECT_EQ(updated_.cleanup_policy().group(), "acme");
  EXPECT_EQ(updated_.cleanup_policy().keep_after_last_pull().seconds(),
            14 * kDay);
  EXPECT_EQ(updated_.cleanup_policy().etag(), "e1");
  EXPECT_FALSE(updated_.cleanup_policy().enabled());
  EXPECT_FALSE(updated_.validate_only());
  EXPECT_EQ(Cvr("cleanup update acme --enabled --run-interval 168h "
                "--validate-only"),
            0)
      << Err();
  EXPECT_THAT(updated_.update_mask().paths(),
              ElementsAre("enabled", "run_interval"));
  EXPECT_TRUE(updated_.cleanup_policy().enabled());
  EXPECT_TRUE(updated_.validate_only());
  EXPECT_THAT(Out(), HasSubstr("runs every:  7 days\n"));
  EXPECT_THAT(Out(), HasSubstr("valid; nothing was changed\n"));
}

TEST_F(CleanupCommandsTest, UpdateNeedsSomethingToChange) {
  EXPECT_EQ(Cvr("cleanup update acme"), 1);
  EXPECT_EQ(Err(), "cvr: no changes given (see cvr cleanup update --help)\n");
  EXPECT_EQ(Cvr("cleanup update acme --keep-after-last-pull 14"), 1);
  EXPECT_THAT(Err(), HasSubstr("a duration needs a unit"));
  EXPECT_THAT(server_.methods_called(), IsEmpty());
}

TEST_F(CleanupCommandsTest, FormerNamesMeanWhatTheyMeant) {
  EXPECT_EQ(Cvr("cleanup set acme --enable --keep-days 14 --cadence-days=1 "
                "--notify-on-failure"),
            0);
  EXPECT_THAT(updated_.update_mask().paths(),
              ElementsAre("enabled", "keep_after_last_pull", "run_interval"));
  EXPECT_TRUE(updated_.cleanup_policy().enabled());
  EXPECT_EQ(updated_.cleanup_policy().keep_after_last_pull().seconds(),
            14 * kDay);
  EXPECT_EQ(updated_.cleanup_policy().run_interval().seconds(), kDay);
  EXPECT_THAT(Err(), HasSubstr("cvr cleanup set is now cvr cleanup update\n"));
  EXPECT_THAT(Err(), HasSubstr("--notify-on-failure is ignored: "));
  EXPECT_EQ(Cvr("cleanup set acme --disable"), 0);
  EXPECT_THAT(updated_.update_mask().paths(), ElementsAre("enabled"));
  EXPECT_FALSE(updated_.cleanup_policy().enabled());
}

TEST_F(CleanupCommandsTest, PolicyIsShownInDays) {
  server_.On<v1::GetCleanupPolicyRequest, v1::CleanupPolicy>(
      "CleanupPolicyService/GetCleanupPolicy",
      [](const auto& request, auto* response) {
        response->set_group(request.group());
        response->mutable_keep_after_last_pull()->set_seconds(30 * kDay);
        response->mutable_run_interval()->set_seconds(kDay);
        *response->mutable_last_run() = Run();
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("cleanup get acme"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("30 days after the last pull\n"));
  EXPECT_THAT(Out(), HasSubstr("runs every:  1 day\n"));
  EXPECT_THAT(Out(), HasSubstr("2023-11-14T22:13:20Z, succeeded, 3 entries, "
                               "2048 (2.0 KiB) bytes\n"));
  EXPECT_EQ(Cvr("cleanup get acme -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["keep_after_last_pull"], "2592000s");
}

TEST_F(CleanupCommandsTest, RunTellsWhatIsGone) {
  EXPECT_EQ(Cvr("cleanup run acme --request-id u"), 0) << Err();
  EXPECT_EQ(run_.group(), "acme");
  EXPECT_EQ(run_.request_id(), "u");
  EXPECT_FALSE(run_.validate_only());
  EXPECT_EQ(Out(), "cache entries deleted: 3; bytes: 2048 (2.0 KiB)\n");
  EXPECT_EQ(Cvr("cleanup run acme --validate-only"), 0) << Err();
  EXPECT_TRUE(run_.validate_only());
  EXPECT_EQ(Out(),
            "cache entries would be deleted: 3; bytes: 2048 (2.0 KiB)\n");
  EXPECT_EQ(Cvr("cleanup run acme -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["response"]["state"], "STATE_SUCCEEDED");
}

TEST_F(CleanupCommandsTest, RunsAreListed) {
  server_.On<v1::ListCleanupRunsRequest, v1::ListCleanupRunsResponse>(
      "CleanupPolicyService/ListCleanupRuns", [](const auto&, auto* response) {
        *response->add_runs() = Run();
        v1::CleanupRun& failed = *response->add_runs();
        failed.set_state(v1::CleanupRun::STATE_FAILED);
        failed.mutable_error()->set_message("disk full");
        failed.set_operation_id(9);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("cleanup runs acme"), 0) << Err();
  EXPECT_EQ(Out(),
            "STARTED               ENDED                 STATE      ENTRIES   "
            "         SIZE  OPERATION  ERROR\n"
            "2023-11-14T22:13:20Z  2023-11-14T22:14:20Z  succeeded        3  "
            "2048 (2.0 KiB)          -  -\n"
            "-                     -                     failed           0   "
            "            0          9  disk full\n");
  EXPECT_EQ(Cvr("cleanup runs acme -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())[1]["error"]["message"], "disk full");
}

}  // namespace
}  // namespace cvr
