#include "tools/cvr/commands/watch_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "cvr/v1/watch_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::IsEmpty;

constexpr char kWatch[] = "WatchService/WatchResources";

class WatchCommandTest : public CvrTest {
 protected:
  WatchCommandTest() {
    auto& registry = Add(41, v1::WatchResourcesResponse::TYPE_UPDATED);
    registry.mutable_registry()->set_id(7);
    registry.mutable_registry()->set_group("acme");
    registry.mutable_registry()->set_name("web");
    auto& upstream = Add(42, v1::WatchResourcesResponse::TYPE_DELETED);
    upstream.mutable_upstream()->set_id(3);
    upstream.mutable_upstream()->set_group("acme");
    upstream.mutable_upstream()->set_name("hub\x1b[2J");
    auto& group = Add(42, v1::WatchResourcesResponse::TYPE_UPDATED);
    group.mutable_group()->set_name("acme");
    Add(43, v1::WatchResourcesResponse::TYPE_BOOKMARK);
  }

  v1::WatchResourcesResponse& Add(int64_t revision,
                                  v1::WatchResourcesResponse::Type type) {
    changes_.emplace_back();
    changes_.back().set_revision(revision);
    changes_.back().set_type(type);
    return changes_.back();
  }

  std::vector<v1::WatchResourcesResponse> changes_;
};

TEST_F(WatchCommandTest, PeopleGetALinePerChange) {
  server_.OnStream(kWatch, changes_);
  EXPECT_EQ(Cvr("watch"), 0) << Err();
  EXPECT_EQ(Out(),
            "revision 41: updated registry 7 (acme/web)\n"
            "revision 42: deleted upstream 3 (acme/hub\\033[2J)\n"
            "revision 42: updated group acme\n");
}

TEST_F(WatchCommandTest, ProgramsGetAnObjectPerChangeAndBookmarks) {
  server_.OnStream(kWatch, changes_);
  EXPECT_EQ(Cvr("watch -o json"), 0) << Err();
  const std::vector<std::string> lines =
      absl::StrSplit(Out(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4);
  EXPECT_EQ(json::parse(lines[0])["registry"]["name"], "web");
  EXPECT_EQ(json::parse(lines[3])["type"], "TYPE_BOOKMARK");
  EXPECT_EQ(json::parse(lines[3])["revision"], "43");
}

TEST_F(WatchCommandTest, WatchBeginsWhereItIsTold) {
  std::vector<v1::WatchResourcesRequest> seen;
  server_.On<v1::WatchResourcesRequest, v1::WatchResourcesResponse>(
      kWatch, [&](const auto& request, auto*) {
        seen.push_back(request);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("watch"), 0) << Err();
  EXPECT_EQ(Cvr("watch --group acme --after-revision 0"), 0) << Err();
  ASSERT_EQ(seen.size(), 2);
  EXPECT_EQ(seen[0].group(), "-");
  EXPECT_FALSE(seen[0].has_after_revision());
  EXPECT_EQ(seen[1].group(), "acme");
  EXPECT_TRUE(seen[1].has_after_revision());
}

TEST_F(WatchCommandTest, ChangesThatAreNoLongerKeptAreAnError) {
  server_.On<v1::WatchResourcesRequest, v1::WatchResourcesResponse>(
      kWatch, [](const auto&, auto*) {
        return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "list again");
      });
  EXPECT_EQ(Cvr("watch --after-revision 1"), 1);
  EXPECT_EQ(Err(), "cvr: list again\n");
}

TEST_F(WatchCommandTest, InterruptEndsTheWatchAndIsNoError) {
  server_.OnStream<v1::WatchResourcesResponse>(kWatch, changes_,
                                               [] { kill(getpid(), SIGINT); });
  EXPECT_EQ(Cvr("watch"), 0) << Err();
  EXPECT_THAT(Err(), IsEmpty());
}

}  // namespace
}  // namespace cvr
