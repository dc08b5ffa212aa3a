#include "services/metadata/admin/group_admin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

class GroupAdminTest : public MetadataFixture {
 protected:
  absl::Status Delete(const std::string& name) {
    return stack_->groups().Delete(Deletion(name));
  }
  static v1::DeleteGroupRequest Deletion(const std::string& name) {
    v1::DeleteGroupRequest request;
    request.set_name(name);
    return request;
  }
  // Two registries that share an upstream, one more upstream, and a token.
  void FillAcme() {
    ASSERT_THAT(CreateGroup("acme"), IsOk());
    ASSERT_THAT(CreateRegistry("r", "acme"), IsOk());
    ASSERT_THAT(CreateRegistry("s", "acme"), IsOk());
    ASSERT_THAT(CreateUpstream(NewUpstream("https://a", "acme")), IsOk());
    ASSERT_THAT(CreateUpstream(NewUpstream("https://b", "acme")), IsOk());
    ASSERT_THAT(Attach(1, 1), IsOk());
    ASSERT_THAT(Attach(2, 1), IsOk());
    v1::CreateAccessTokenRequest request;
    request.mutable_access_token()->set_name("t");
    request.mutable_access_token()->set_group("acme");
    request.mutable_access_token()->add_scopes(v1::AccessToken::SCOPE_READ);
    const auto made = stack_->access_tokens().Create(request);
    ASSERT_THAT(made, IsOk());
    token_ = made->access_token().id();
  }
  absl::StatusOr<v1::Group> Get(const std::string& name) {
    v1::GetGroupRequest request;
    request.set_name(name);
    return stack_->groups().Get(request);
  }

  int64_t token_ = 0;
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
  EXPECT_THAT(Delete("acme"),
              StatusIs(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
  auto again = Deletion("acme");
  again.set_allow_missing(true);
  EXPECT_THAT(stack_->groups().Delete(again), IsOk());
  EXPECT_THAT(Get("acme"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Delete("acme2"), IsOk());
}

// So that a caller sees what `force` would delete.
TEST_F(GroupAdminTest, EverythingThatAGroupOwnsIsNamed) {
  FillAcme();
  auto request = Deletion("acme");
  request.set_validate_only(true);
  const absl::Status refused = stack_->groups().Delete(request);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition,
                                Reason::kGroupNotEmpty));
  std::vector<std::string> subjects;
  for (const auto& violation : PreconditionViolationsOf(refused)) {
    subjects.push_back(violation.subject);
  }
  EXPECT_THAT(subjects, ::testing::ElementsAre("registry/1", "registry/2",
                                               "upstream/1", "upstream/2"));
}

TEST_F(GroupAdminTest, ForceDeletesWhatAGroupOwns) {
  FillAcme();
  ASSERT_THAT(CreateRegistry("mine"), IsOk());
  ASSERT_THAT(CreateUpstream("https://mine"), IsOk());
  ASSERT_THAT(stack_->client().Record(
                  RecordOf(1, "/app/manifests/1", Digest::OfBytes("m"))),
              IsOk());
  auto request = Deletion("acme");
  request.set_force(true);
  request.set_validate_only(true);
  ASSERT_THAT(stack_->groups().Delete(request), IsOk());
  EXPECT_THAT(GetRegistry(1), IsOk());
  request.set_validate_only(false);
  request.set_etag("another");
  EXPECT_THAT(stack_->groups().Delete(request),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(GetRegistry(1), IsOk());
  request.clear_etag();
  ASSERT_THAT(stack_->groups().Delete(request), IsOk());
  const auto gone = StatusIs(absl::StatusCode::kNotFound);
  EXPECT_THAT(Get("acme"), gone);
  EXPECT_THAT(GetRegistry(1), gone);
  EXPECT_THAT(GetRegistry(2), gone);
  EXPECT_THAT(GetUpstream(1), gone);
  EXPECT_THAT(GetUpstream(2), gone);
  EXPECT_EQ(*stack_->access_tokens().IsGood(token_), false);
  EXPECT_THAT(GetRegistry(3), IsOk());
  EXPECT_THAT(GetUpstream(3), IsOk());
  // Nothing of it is left for a later group of that name.
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  EXPECT_THAT(Delete("acme"), IsOk());
}

TEST_F(GroupAdminTest, AnUpdateCreatesWhatIsMissingIfItMay) {
  v1::UpdateGroupRequest request;
  request.mutable_group()->set_name("acme");
  request.mutable_group()->set_description("d");
  EXPECT_THAT(stack_->groups().Update(request),
              StatusIs(absl::StatusCode::kNotFound));
  request.set_allow_missing(true);
  request.set_validate_only(true);
  ASSERT_THAT(stack_->groups().Update(request), IsOk());
  EXPECT_THAT(Get("acme"), StatusIs(absl::StatusCode::kNotFound));
  request.set_validate_only(false);
  request.mutable_group()->set_etag("seen");
  EXPECT_THAT(stack_->groups().Update(request),
              StatusIs(absl::StatusCode::kAborted, Reason::kEtagMismatch));
  request.mutable_group()->clear_etag();
  ASSERT_THAT(stack_->groups().Update(request), IsOk());
  EXPECT_EQ(Get("acme")->description(), "d");
  request.mutable_group()->set_description("e");
  request.set_validate_only(true);
  EXPECT_EQ(stack_->groups().Update(request)->description(), "e");
  EXPECT_EQ(Get("acme")->description(), "d");
}

TEST_F(GroupAdminTest, ACreationCanBeTried) {
  v1::CreateGroupRequest request;
  request.mutable_group()->set_name("acme");
  request.set_validate_only(true);
  EXPECT_EQ(stack_->groups().Create(request)->name(), "acme");
  EXPECT_THAT(Get("acme"), StatusIs(absl::StatusCode::kNotFound));
  request.mutable_group()->set_name("default");
  EXPECT_THAT(stack_->groups().Create(request),
              StatusIs(absl::StatusCode::kAlreadyExists));
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
