#include "tools/cvr/commands/group_commands.h"

#include <string>

#include "cvr/v1/group_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using GroupCommandsTest = CvrTest;

TEST_F(GroupCommandsTest, CreatedGroupIsShown) {
  server_.On<v1::CreateGroupRequest, v1::Group>(
      "GroupService/CreateGroup", [](const auto& request, auto* response) {
        *response = request.group();
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("group create acme/web --description ours"), 0);
  EXPECT_EQ(Out(),
            "name:         acme/web\n"
            "description:  ours\n"
            "created:      -\n"
            "updated:      -\n"
            "etag:         -\n");
}

TEST_F(GroupCommandsTest, DescriptionIsChanged) {
  v1::UpdateGroupRequest seen;
  server_.On<v1::UpdateGroupRequest, v1::Group>(
      "GroupService/UpdateGroup", [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("group update acme --description ours --etag e1"), 0) << Err();
  EXPECT_EQ(seen.group().name(), "acme");
  EXPECT_EQ(seen.group().description(), "ours");
  EXPECT_EQ(seen.group().etag(), "e1");
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("description"));
  EXPECT_FALSE(seen.allow_missing());
  EXPECT_EQ(Cvr("group update acme --description ours --allow-missing "
                "--validate-only"),
            0)
      << Err();
  EXPECT_TRUE(seen.allow_missing());
  EXPECT_TRUE(seen.validate_only());
}

TEST_F(GroupCommandsTest, GroupsAreListedAndDeleted) {
  v1::DeleteGroupRequest deleted;
  server_.On<v1::ListGroupsRequest, v1::ListGroupsResponse>(
      "GroupService/ListGroups", [](const auto&, auto* response) {
        response->add_groups()->set_name("acme");
        return grpc::Status::OK;
      });
  server_.On<v1::DeleteGroupRequest, Empty>("GroupService/DeleteGroup",
                                            [&](const auto& request, auto*) {
                                              deleted = request;
                                              return grpc::Status::OK;
                                            });
  EXPECT_EQ(Cvr("group list"), 0);
  EXPECT_THAT(Out(), HasSubstr("\nacme  "));
  EXPECT_EQ(Cvr("group delete acme"), 0);
  EXPECT_EQ(deleted.name(), "acme");
  EXPECT_TRUE(deleted.allow_missing());
  EXPECT_FALSE(deleted.force());
  EXPECT_EQ(Out(), "group acme deleted\n");
  EXPECT_EQ(Cvr("group delete acme --force --validate-only"), 0);
  EXPECT_TRUE(deleted.force());
  EXPECT_TRUE(deleted.validate_only());
  EXPECT_EQ(Out(), "group acme would be deleted\n");
}

}  // namespace
}  // namespace cvr
