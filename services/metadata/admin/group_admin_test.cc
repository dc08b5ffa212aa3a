#include "services/metadata/admin/group_admin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

class GroupAdminTest : public MetadataFixture {
 protected:
  absl::Status Delete(const std::string& name) {
    v1::DeleteGroupRequest request;
    request.set_name(name);
    return stack_->groups().Delete(request);
  }
  absl::StatusOr<v1::Group> Get(const std::string& name) {
    v1::GetGroupRequest request;
    request.set_name(name);
    return stack_->groups().Get(request);
  }
};

TEST_F(GroupAdminTest, TheDefaultGroupIsThereAndStays) {
  EXPECT_THAT(Get("default"), IsOk());
  EXPECT_THAT(Delete("default"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                          Reason::kGroupPermanent));
}

TEST_F(GroupAdminTest, NamesAreUnique) {
  ASSERT_THAT(CreateGroup("acme/tools"), IsOk());
  EXPECT_THAT(
      CreateGroup("acme/tools"),
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists));
  EXPECT_TRUE(Get("acme/tools")->has_create_time());
  EXPECT_THAT(Get("acme"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(GroupAdminTest, AGroupThatOwnsSomethingStays) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateGroup("acme2"), IsOk());
  ASSERT_THAT(CreateRegistry("r", "acme"), IsOk());
  const auto stays =
      StatusIs(absl::StatusCode::kFailedPrecondition, Reason::kGroupNotEmpty);
  EXPECT_THAT(Delete("acme"), stays);
  ASSERT_THAT(DeleteRegistry(1), IsOk());
  ASSERT_THAT(CreateUpstream(NewUpstream("https://a", "acme")), IsOk());
  EXPECT_THAT(Delete("acme"), stays);
  ASSERT_THAT(DeleteUpstream(1), IsOk());
  EXPECT_THAT(Delete("acme"), IsOk());
  EXPECT_THAT(Delete("acme"), IsOk());
  EXPECT_THAT(Get("acme"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Delete("acme2"), IsOk());
}

TEST_F(GroupAdminTest, ListsByNameInPages) {
  for (const char* name : {"zeta", "acme", "acme/b", "acme.a"}) {
    ASSERT_THAT(CreateGroup(name), IsOk());
  }
  std::vector<std::string> names;
  v1::ListGroupsRequest request;
  request.set_page_size(2);
  do {
    const auto page = stack_->groups().List(request, Caller::System());
    ASSERT_THAT(page, IsOk());
    for (const auto& group : page->groups()) names.push_back(group.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ::testing::ElementsAre("acme", "acme.a", "acme/b",
                                            "default", "zeta"));
  request.set_page_token("rubbish");
  EXPECT_THAT(stack_->groups().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr::testing
