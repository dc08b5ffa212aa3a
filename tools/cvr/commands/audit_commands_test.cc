#include "tools/cvr/commands/audit_commands.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "cvr/v1/audit_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWatch[] = "AuditService/WatchAuditEvents";

v1::AuditEvent Event(int64_t id) {
  v1::AuditEvent event;
  event.set_id(id);
  event.set_method("RegistryService.DeleteRegistry");
  event.mutable_resource()->set_type("registry");
  event.mutable_resource()->set_id(7);
  event.mutable_resource()->set_name("web");
  event.mutable_actor()->set_token_id(4);
  event.mutable_actor()->set_token_name("ci");
  event.mutable_actor()->set_peer("unix");
  return event;
}

class AuditCommandsTest : public CvrTest {
 protected:
  // An endless log, newest first.
  AuditCommandsTest() {
    server_.On<v1::ListAuditEventsRequest, v1::ListAuditEventsResponse>(
        "AuditService/ListAuditEvents",
        [this](const auto& request, auto* response) {
          request_ = request;
          for (int i = 0; i < request.page_size() && i < 2; ++i) {
            *response->add_audit_events() = Event(9);
          }
          response->set_next_page_token("more");
          return grpc::Status::OK;
        });
  }

  void HaveEvents(std::function<void()> then = nullptr) {
    v1::WatchAuditEventsResponse response;
    *response.add_audit_events() = Event(8);
    *response.add_audit_events() = Event(9);
    server_.OnStream<v1::WatchAuditEventsResponse>(kWatch, {response},
                                                   std::move(then));
  }

  v1::ListAuditEventsRequest request_;
};

TEST_F(AuditCommandsTest, ListEndsWhereItIsTold) {
  EXPECT_EQ(Cvr("audit list --page-size 3 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out()).size(), 3);
  EXPECT_EQ(Cvr("audit list -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out()).size(), 100);
}

TEST_F(AuditCommandsTest, ListGoesOnWhereAnotherEnded) {
  EXPECT_EQ(Cvr("audit list --page-size 1"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("\nolder events: --page-token more\n"));
  EXPECT_EQ(Cvr("audit list --page-size 2 --page-token there"), 0) << Err();
  EXPECT_EQ(request_.page_token(), "there");
}

TEST_F(AuditCommandsTest, TableTellsWhoDidWhat) {
  EXPECT_EQ(Cvr("audit list --page-size 1"), 0) << Err();
  EXPECT_THAT(
      Out(),
      HasSubstr("TIME  WHO     FROM  METHOD                          RESOURCE "
                "         GROUP  RESULT\n"
                "-     ci (4)  unix  RegistryService.DeleteRegistry  registry "
                "7 (web)  -      OK\n"));
}

TEST_F(AuditCommandsTest, FiltersAreTheServers) {
  EXPECT_EQ(Cvr("audit list --page-size 1 --group acme --token-id 4 "
                "--start-time 2023-11-14T22:13:20Z --end-time 1h --method a\"b "
                "--resource-type upstream --resource-id 3 --result-code 0 "
                "--filter result_code=0"),
            0)
      << Err();
  EXPECT_EQ(request_.group(), "acme");
  EXPECT_EQ(request_.token_id(), 4);
  EXPECT_EQ(request_.start_time().seconds(), 1700000000);
  EXPECT_GT(request_.end_time().seconds(), 1700000000);
  EXPECT_EQ(request_.filter(),
            "method = \"a\\\"b\" AND resource.type = \"upstream\" AND "
            "resource.id = 3 AND result_code = 0 AND result_code=0");
  EXPECT_EQ(Cvr("audit list --start-time yesterday"), 1);
  EXPECT_THAT(Err(), HasSubstr("invalid duration or time 'yesterday'"));
}

TEST_F(AuditCommandsTest, CallsWithoutATokenAreNotAllCalls) {
  EXPECT_EQ(Cvr("audit list --page-size 1"), 0) << Err();
  EXPECT_EQ(request_.group(), "-");
  EXPECT_FALSE(request_.has_token_id());
  EXPECT_EQ(Cvr("audit list --page-size 1 --token-id 0"), 0) << Err();
  EXPECT_TRUE(request_.has_token_id());
  EXPECT_EQ(request_.token_id(), 0);
}

TEST_F(AuditCommandsTest, FormerNamesMeanWhatTheyMeant) {
  EXPECT_EQ(Cvr("audit list --max 1 --since 2023-11-14T22:13:20Z --until 1h"),
            0);
  EXPECT_EQ(request_.page_size(), 1);
  EXPECT_EQ(request_.start_time().seconds(), 1700000000);
  EXPECT_TRUE(request_.has_end_time());
  EXPECT_THAT(Err(), HasSubstr("--since is now --start-time\n"));
}

TEST_F(AuditCommandsTest, EventIsShownWithItsRequest) {
  v1::AuditEvent event = Event(9);
  event.set_result_code(7);
  (*event.mutable_request()->mutable_fields())["id"].set_string_value("7");
  server_.On<v1::GetAuditEventRequest, v1::AuditEvent>(
      "AuditService/GetAuditEvent", [&](const auto&, auto* response) {
        *response = event;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("audit get 9"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("resource:    registry 7 (web)\n"));
  EXPECT_THAT(Out(), HasSubstr("result:      PERMISSION_DENIED\n"));
  EXPECT_THAT(Out(), HasSubstr("request:     {\"id\":\"7\"}\n"));
  EXPECT_EQ(Cvr("audit get 9 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["request"]["id"], "7");
  event.set_result_reason("DENIED");
  event.clear_request();
  event.set_request_omitted(true);
  EXPECT_EQ(Cvr("audit get 9"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("result:      DENIED\n"));
  EXPECT_THAT(Out(), HasSubstr("request:     not recorded (too large)\n"));
}

TEST_F(AuditCommandsTest, WatchShowsALinePerEvent) {
  HaveEvents();
  EXPECT_EQ(Cvr("audit watch"), 0) << Err();
  EXPECT_EQ(Out(),
            "-  ci (4)  unix  RegistryService.DeleteRegistry  registry 7 (web) "
            " -  OK\n"
            "-  ci (4)  unix  RegistryService.DeleteRegistry  registry 7 (web) "
            " -  OK\n");
  EXPECT_EQ(Cvr("audit watch --after-id 0 -o json"), 0) << Err();
  const std::vector<std::string> lines =
      absl::StrSplit(Out(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2);
  EXPECT_EQ(json::parse(lines[1])["id"], "9");
}

TEST_F(AuditCommandsTest, WatchBeginsAfterTheEventThatIsKnown) {
  std::vector<v1::WatchAuditEventsRequest> seen;
  server_.On<v1::WatchAuditEventsRequest, v1::WatchAuditEventsResponse>(
      kWatch, [&](const auto& request, auto*) {
        seen.push_back(request);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("audit watch"), 0) << Err();
  EXPECT_EQ(Cvr("audit watch --after-id 0"), 0) << Err();
  EXPECT_EQ(Cvr("audit watch --after-id 12"), 0) << Err();
  ASSERT_EQ(seen.size(), 3);
  EXPECT_FALSE(seen[0].has_after_id());
  EXPECT_TRUE(seen[1].has_after_id());
  EXPECT_EQ(seen[2].after_id(), 12);
}

TEST_F(AuditCommandsTest, InterruptEndsTheWatchAndIsNoError) {
  HaveEvents([] { kill(getpid(), SIGINT); });
  EXPECT_EQ(Cvr("audit watch"), 0) << Err();
}

TEST_F(AuditCommandsTest, NamesCannotDriveTheTerminal) {
  v1::WatchAuditEventsResponse response;
  *response.add_audit_events() = Event(8);
  response.mutable_audit_events(0)->mutable_actor()->set_token_name("\x1b[2J");
  server_.OnStream<v1::WatchAuditEventsResponse>(kWatch, {response});
  EXPECT_EQ(Cvr("audit watch"), 0) << Err();
  EXPECT_THAT(Out(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace cvr
