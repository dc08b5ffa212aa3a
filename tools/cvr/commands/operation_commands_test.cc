#include "tools/cvr/commands/operation_commands.h"

#include <cstdint>
#include <string>
#include <vector>

#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/operation_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class OperationCommandsTest : public CvrTest {
 protected:
  // The operation 12, which has ended as `operation_` after `polls_` calls.
  OperationCommandsTest() {
    operation_.set_id(12);
    operation_.set_method("CacheService.PurgeUpstreamCache");
    operation_.set_group("acme");
    operation_.mutable_start_time()->set_seconds(1700000000);
    operation_.set_done(true);
    v1::PurgeCacheResponse purged;
    purged.set_entry_count(7);
    operation_.mutable_response()->PackFrom(purged);
    server_.On<v1::GetOperationRequest, v1::Operation>(
        "OperationService/GetOperation", [this](const auto&, auto* response) {
          *response = operation_;
          return grpc::Status::OK;
        });
    server_.On<v1::WaitOperationRequest, v1::Operation>(
        "OperationService/WaitOperation",
        [this](const auto& request, auto* response) {
          waited_ = request;
          *response = operation_;
          if (polls_-- <= 0) return grpc::Status::OK;
          response->set_done(false);
          response->clear_result();
          response->mutable_progress()->set_done_count(3);
          response->mutable_progress()->set_total_count(7);
          response->mutable_progress()->set_done_bytes(2048);
          return grpc::Status::OK;
        });
  }

  int polls_ = 0;
  v1::Operation operation_;
  v1::WaitOperationRequest waited_;
};

TEST_F(OperationCommandsTest, OperationsAreListed) {
  v1::ListOperationsRequest seen;
  server_.On<v1::ListOperationsRequest, v1::ListOperationsResponse>(
      "OperationService/ListOperations",
      [&](const auto& request, auto* response) {
        seen = request;
        *response->add_operations() = operation_;
        v1::Operation& other = *response->add_operations();
        other.set_id(3);
        other.set_cancel_requested(true);
        other.mutable_progress()->set_done_count(5);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("operation list"), 0) << Err();
  EXPECT_EQ(seen.group(), "-");
  EXPECT_THAT(seen.filter(), IsEmpty());
  EXPECT_EQ(Out(),
            "ID  METHOD                           GROUP  STATE            "
            "PROGRESS  STARTED               ENDED\n"
            "12  CacheService.PurgeUpstreamCache  acme   succeeded        "
            "-         2023-11-14T22:13:20Z  -\n"
            " 3  -                                -      being cancelled  "
            "5         -                     -\n");
  EXPECT_EQ(Cvr("operation list --group acme --no-done --method a.b --filter "
                "x=1 -o json"),
            0)
      << Err();
  EXPECT_EQ(seen.group(), "acme");
  EXPECT_EQ(seen.filter(), "done = false AND method = \"a.b\" AND x=1");
  EXPECT_EQ(json::parse(Out())[0]["response"]["entry_count"], "7");
}

TEST_F(OperationCommandsTest, OperationIsShown) {
  EXPECT_EQ(Cvr("operation get 12"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("state:       succeeded\n"));
  EXPECT_THAT(Out(), HasSubstr("\"entry_count\":\"7\""));
  EXPECT_EQ(Cvr("operation get 12 -o json"), 0) << Err();
  const json operation = json::parse(Out());
  EXPECT_EQ(operation["response"]["@type"],
            "type.googleapis.com/cvr.v1.PurgeCacheResponse");
}

TEST_F(OperationCommandsTest, WaitEndsWithTheOperation) {
  polls_ = 2;
  EXPECT_EQ(Cvr("operation wait 12"), 0) << Err();
  EXPECT_EQ(waited_.id(), 12);
  EXPECT_LT(polls_, 0);
  EXPECT_THAT(Out(), HasSubstr("state:       succeeded\n"));
  EXPECT_THAT(Out(), Not(HasSubstr("\x1b")));
}

TEST_F(OperationCommandsTest, TerminalShowsProgressThatIsGoneInTheEnd) {
  polls_ = 1;
  terminal_ = Terminal{80, 24};
  EXPECT_EQ(Cvr("operation wait 12"), 0) << Err();
  EXPECT_THAT(Out(), StartsWith("\r\x1b[Koperation 12: running\r\x1b[K"
                                "operation 12: 3 of 7, 2048 (2.0 KiB) bytes"
                                "\r\x1b[Kid:"));
  polls_ = 1;
  EXPECT_EQ(Cvr("operation wait 12 -o json"), 0) << Err();
  EXPECT_TRUE(json::accept(Out()));
  polls_ = 1;
  terminal_ = Terminal{10, 24};
  EXPECT_EQ(Cvr("operation wait 12"), 0) << Err();
  EXPECT_THAT(Out(), StartsWith("\r\x1b[Koperation\r\x1b[Koperation\r"));
}

TEST_F(OperationCommandsTest, WaitMayGiveUp) {
  polls_ = 1000;
  EXPECT_EQ(Cvr("operation wait 12 --wait-timeout 0"), 1);
  EXPECT_EQ(Err(), "cvr: operation 12 has not ended within 0; it goes on\n");
  EXPECT_EQ(waited_.timeout().nanos(), 0);
  EXPECT_EQ(polls_, 999);
}

TEST_F(OperationCommandsTest, FailureOfTheOperationIsTheExitStatus) {
  operation_.mutable_error()->set_code(14);
  operation_.mutable_error()->set_message("disk full");
  EXPECT_EQ(Cvr("operation wait 12"), 1);
  EXPECT_THAT(Out(), HasSubstr("state:       failed\n"));
  EXPECT_EQ(Err(), "cvr: operation 12 failed: disk full\n");
  EXPECT_EQ(Cvr("operation wait 12 -o json"), 1);
  EXPECT_EQ(json::parse(Out())["error"]["message"], "disk full");
  // To look at a failure is no failure.
  EXPECT_EQ(Cvr("operation get 12"), 0) << Err();
  operation_.mutable_error()->set_code(1);
  EXPECT_EQ(Cvr("operation get 12"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("state:       cancelled\n"));
}

TEST_F(OperationCommandsTest, ErrorOfTheWaitNamesTheOperation) {
  server_.On<v1::WaitOperationRequest, v1::Operation>(
      "OperationService/WaitOperation", [](const auto&, auto*) {
        return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
      });
  EXPECT_EQ(Cvr("operation wait 12"), 1);
  EXPECT_EQ(Err(), "cvr: cannot wait for operation 12: broken\n");
}

TEST_F(OperationCommandsTest, ResponsesOfNewerServersDoNotHideTheRest) {
  operation_.mutable_response()->set_type_url(
      "type.googleapis.com/cvr.v1.OfTomorrow");
  EXPECT_EQ(Cvr("operation get 12"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("cvr.v1.OfTomorrow\n"));
  EXPECT_EQ(Cvr("operation get 12 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["id"], "12");
  operation_.mutable_error()->add_details()->set_type_url("a.b/cvr.v1.No");
  EXPECT_EQ(Cvr("operation get 12 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["id"], "12");
}

TEST_F(OperationCommandsTest, OperationsAreCancelled) {
  std::vector<int64_t> cancelled;
  server_.On<v1::CancelOperationRequest, v1::CancelOperationResponse>(
      "OperationService/CancelOperation", [&](const auto& request, auto*) {
        cancelled.push_back(request.id());
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("operation cancel 12 13"), 0) << Err();
  EXPECT_THAT(cancelled, ElementsAre(12, 13));
  EXPECT_THAT(Out(), EndsWith("operation 13: cancellation requested\n"));
}

}  // namespace
}  // namespace cvr
