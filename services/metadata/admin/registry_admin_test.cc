#include "services/metadata/admin/registry_admin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class RegistryAdminTest : public MetadataFixture {
 protected:
  RegistryAdminTest() : MetadataFixture({.registries_per_group = 3}) {}

  absl::StatusOr<v1::Registry> Update(const v1::Registry& registry,
                                      const std::vector<std::string>& paths) {
    v1::UpdateRegistryRequest request;
    *request.mutable_registry() = registry;
    for (const auto& path : paths)
      request.mutable_update_mask()->add_paths(path);
    return stack_->registries().Update(request);
  }
};

// As a declaration that was exported elsewhere is applied: pull URLs hold ids.
TEST_F(RegistryAdminTest, ChosenIdsAreKeptAndLaterOnesAreLarger) {
  const auto create = [&](const std::string& name, int64_t id) {
    v1::CreateRegistryRequest request;
    request.mutable_registry()->set_name(name);
    request.mutable_registry()->set_id(id);
    return stack_->registries().Create(request);
  };
  const auto seventh = create("seventh", 7);
  ASSERT_THAT(seventh, IsOk());
  EXPECT_EQ(seventh->id(), 7);
  EXPECT_EQ(create("third", 3)->id(), 3);
  EXPECT_THAT(create("other", 7), StatusIs(absl::StatusCode::kAlreadyExists,
                                           Reason::kResourceExists));
  EXPECT_THAT(create("other", -1),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(create("other", INT64_MAX),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(create("next", 0)->id(), 8);
}

TEST_F(RegistryAdminTest, ComesBackAsCreated) {
  v1::CreateRegistryRequest request;
  request.mutable_registry()->set_name("images");
  request.mutable_registry()->set_description("for CI");
  request.mutable_registry()->set_anonymous_pull(true);
  const auto created = stack_->registries().Create(request);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->id(), 1);
  EXPECT_EQ(created->group(), "default");
  EXPECT_EQ(created->description(), "for CI");
  EXPECT_TRUE(created->anonymous_pull());
  EXPECT_EQ(GetRegistry(1)->SerializeAsString(), created->SerializeAsString());
}

TEST_F(RegistryAdminTest, NamesAreUniqueInTheirGroup) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateRegistry("images"), IsOk());
  EXPECT_THAT(
      CreateRegistry("images"),
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists));
  EXPECT_THAT(CreateRegistry("images", "acme"), IsOk());
  EXPECT_THAT(CreateRegistry("images", "nobody"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(RegistryAdminTest, AGroupHasAtMostItsLimit) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_THAT(CreateRegistry(name), IsOk());
  }
  EXPECT_THAT(CreateRegistry("d"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(CreateRegistry("d", "acme"), IsOk());
  ASSERT_THAT(DeleteRegistry(2), IsOk());
  EXPECT_EQ(CreateRegistry("d")->id(), 5);
}

TEST_F(RegistryAdminTest, UpdateFreesTheOldNameAndTakesTheNew) {
  ASSERT_THAT(CreateRegistry("old"), IsOk());
  ASSERT_THAT(CreateRegistry("other"), IsOk());
  v1::Registry change;
  change.set_id(1);
  change.set_name("other");
  EXPECT_THAT(
      Update(change, {"name"}),
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists));
  change.set_name("new");
  change.set_anonymous_pull(true);
  change.set_description("d");
  ASSERT_THAT(Update(change, {"name", "anonymous_pull", "description"}),
              IsOk());
  EXPECT_TRUE(GetRegistry(1)->anonymous_pull());
  EXPECT_EQ(GetRegistry(1)->description(), "d");
  EXPECT_THAT(CreateRegistry("old"), IsOk());
  EXPECT_THAT(Update(change, {"name"}), IsOk());
}

TEST_F(RegistryAdminTest, MasksMustNameKnownFields) {
  ASSERT_THAT(CreateRegistry("a"), IsOk());
  const auto registry = *GetRegistry(1);
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(Update(registry, {}), invalid);
  EXPECT_THAT(Update(registry, {"group"}), invalid);
  EXPECT_THAT(Update(registry, {"upstreams"}), invalid);
  v1::Registry empty;
  empty.set_id(1);
  EXPECT_THAT(Update(empty, {"name"}), invalid);
  empty.set_id(2);
  EXPECT_THAT(Update(empty, {"description"}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(RegistryAdminTest, DeletingTakesExclusiveUpstreamsAlong) {
  ASSERT_THAT(CreateRegistry("a"), IsOk());
  ASSERT_THAT(CreateRegistry("b"), IsOk());
  for (const char* url : {"https://mine", "https://shared", "https://free"}) {
    ASSERT_THAT(CreateUpstream(url), IsOk());
  }
  ASSERT_THAT(Attach(1, 1), IsOk());
  ASSERT_THAT(Attach(1, 2), IsOk());
  ASSERT_THAT(Attach(2, 2), IsOk());
  const Digest digest = Digest::OfBytes("m");
  for (const int64_t id : {1, 2}) {
    ASSERT_THAT(stack_->client().Record(
                    RecordOf(id, "/library/alpine/manifests/3.20", digest)),
                IsOk());
  }
  ASSERT_THAT(DeleteRegistry(1), IsOk());
  EXPECT_THAT(GetRegistry(1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(GetUpstream(1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(GetUpstream(2), IsOk());
  EXPECT_THAT(GetUpstream(3), IsOk());
  EXPECT_THAT(*Entries(), SizeIs(1));
  EXPECT_THAT(UpstreamsOf(2), ElementsAre(2));
  EXPECT_THAT(DeleteRegistry(1), IsOk());
  EXPECT_THAT(DeleteRegistry(-1), IsOk());
}

TEST_F(RegistryAdminTest, ListsByIdInPagesWithFilters) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateRegistry("Alpha"), IsOk());
  ASSERT_THAT(CreateRegistry("beta", "acme"), IsOk());
  ASSERT_THAT(CreateRegistry("alphabet"), IsOk());
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(Attach(3, 1), IsOk());
  v1::ListRegistriesRequest request;
  request.set_name_contains("ALPHA");
  request.set_page_size(1);
  const auto first = stack_->registries().List(request, Caller::System());
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->registries(0).id(), 1);
  request.set_page_token(first->next_page_token());
  const auto second = stack_->registries().List(request, Caller::System());
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(second->registries(), SizeIs(1));
  EXPECT_EQ(second->registries(0).id(), 3);
  EXPECT_THAT(second->registries(0).upstreams(), SizeIs(1));
  EXPECT_EQ(second->next_page_token(), "");
  v1::ListRegistriesRequest of_acme;
  of_acme.set_group("acme");
  EXPECT_THAT(
      stack_->registries().List(of_acme, Caller::System())->registries(),
      SizeIs(1));
  request.set_page_token("AAAA");
  EXPECT_THAT(stack_->registries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr::testing
