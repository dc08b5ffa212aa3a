#include "services/metadata/admin/registry_admin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/resources/uid.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

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
    request.set_id(registry.id());
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
    request.mutable_registry()->set_group("default");
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
  request.mutable_registry()->set_group("default");
  request.mutable_registry()->set_name("images");
  // What is output only counts for nothing.
  request.mutable_registry()->set_uid("mine");
  request.mutable_registry()->add_attachments()->set_id(5);
  request.mutable_registry()->set_description("for CI");
  request.mutable_registry()->set_anonymous_pull(true);
  const auto created = stack_->registries().Create(request);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->id(), 1);
  EXPECT_EQ(created->group(), "default");
  EXPECT_EQ(created->description(), "for CI");
  EXPECT_TRUE(created->anonymous_pull());
  EXPECT_EQ(created->uid(), UidOf("registry", 1, created->create_time()));
  EXPECT_EQ(created->attachments_size(), 0);
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
  v1::Registry other = registry;
  other.set_group("acme");
  EXPECT_THAT(Update(other, {"group"}), invalid);
  other = registry;
  other.add_attachments()->set_id(7);
  EXPECT_THAT(Update(other, {"attachments"}), invalid);
  EXPECT_THAT(Update(registry, {"upstreams"}), invalid);
  v1::Registry empty;
  empty.set_id(1);
  EXPECT_THAT(Update(empty, {"name"}), invalid);
  empty.set_id(2);
  EXPECT_THAT(Update(empty, {"description"}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(RegistryAdminTest, WithoutAMaskWhatIsSetIsChanged) {
  ASSERT_THAT(CreateRegistry("a"), IsOk());
  v1::Registry change;
  change.set_id(1);
  change.set_description("d");
  change.set_anonymous_pull(true);
  ASSERT_THAT(Update(change, {}), IsOk());
  EXPECT_EQ(GetRegistry(1)->name(), "a");
  EXPECT_EQ(GetRegistry(1)->description(), "d");
  // All that may be set: what is not, is removed.
  v1::Registry whole;
  whole.set_id(1);
  whole.set_name("b");
  ASSERT_THAT(Update(whole, {"*"}), IsOk());
  EXPECT_EQ(GetRegistry(1)->name(), "b");
  EXPECT_EQ(GetRegistry(1)->description(), "");
  EXPECT_FALSE(GetRegistry(1)->anonymous_pull());
}

TEST_F(RegistryAdminTest, AGroupIsNeeded) {
  const auto refused = CreateRegistry("a", "");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(FieldViolationsOf(refused.status())[0].field, "group");
  EXPECT_THAT(stack_->registries().List({}, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RegistryAdminTest, ACreationCanBeTried) {
  v1::CreateRegistryRequest request;
  request.mutable_registry()->set_group("default");
  request.mutable_registry()->set_name("a");
  request.set_validate_only(true);
  auto tried = stack_->registries().Create(request);
  ASSERT_THAT(tried, IsOk());
  EXPECT_EQ(tried->id(), 0);
  EXPECT_EQ(tried->uid(), "");
  EXPECT_EQ(tried->name(), "a");
  request.mutable_registry()->set_id(9);
  EXPECT_EQ(stack_->registries().Create(request)->id(), 9);
  EXPECT_THAT(GetRegistry(9), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(CreateRegistry("a")->id(), 1);
  EXPECT_THAT(stack_->registries().Create(request),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

// The guard leaves a key in the request when it names nothing.
TEST_F(RegistryAdminTest, AnUpdateCreatesWhatItsKeyNamesIfItMay) {
  v1::UpdateRegistryRequest request;
  request.mutable_key()->set_group("default");
  request.mutable_key()->set_name("web");
  request.mutable_registry()->set_description("d");
  EXPECT_THAT(stack_->registries().Update(request),
              StatusIs(absl::StatusCode::kNotFound));
  request.set_allow_missing(true);
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  request.mutable_registry()->set_name("other");
  EXPECT_THAT(stack_->registries().Update(request), invalid);
  request.mutable_registry()->clear_name();
  request.mutable_registry()->set_id(5);
  EXPECT_THAT(stack_->registries().Update(request), invalid);
  request.mutable_registry()->clear_id();
  request.mutable_registry()->set_etag("seen");
  EXPECT_THAT(stack_->registries().Update(request),
              StatusIs(absl::StatusCode::kAborted, Reason::kEtagMismatch));
  request.mutable_registry()->clear_etag();
  request.set_validate_only(true);
  EXPECT_EQ(stack_->registries().Update(request)->id(), 0);
  EXPECT_THAT(GetRegistry(1), StatusIs(absl::StatusCode::kNotFound));
  request.set_validate_only(false);
  const auto made = stack_->registries().Update(request);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->id(), 1);
  EXPECT_EQ(made->group(), "default");
  EXPECT_EQ(made->name(), "web");
  // Somebody else was faster: it is changed.
  request.mutable_registry()->set_description("e");
  ASSERT_THAT(stack_->registries().Update(request), IsOk());
  EXPECT_EQ(GetRegistry(1)->description(), "e");
}

class RegistryDeletionTest : public RegistryAdminTest {
 protected:
  // Registry 1 has upstreams 1 and 2, the latter shared with registry 2.
  RegistryDeletionTest() {
    EXPECT_THAT(CreateRegistry("a"), IsOk());
    EXPECT_THAT(CreateRegistry("b"), IsOk());
    for (const char* url : {"https://mine", "https://shared", "https://free"}) {
      EXPECT_THAT(CreateUpstream(url), IsOk());
    }
    EXPECT_THAT(Attach(1, 1), IsOk());
    EXPECT_THAT(Attach(1, 2), IsOk());
    EXPECT_THAT(Attach(2, 2), IsOk());
    for (const int64_t id : {1, 2}) {
      EXPECT_THAT(
          stack_->client().Record(RecordOf(id, "/library/alpine/manifests/3.20",
                                           Digest::OfBytes("m"))),
          IsOk());
    }
  }

  absl::Status Delete(bool delete_orphaned_upstreams, bool validate_only) {
    v1::DeleteRegistryRequest request;
    request.set_id(1);
    request.set_delete_orphaned_upstreams(delete_orphaned_upstreams);
    request.set_validate_only(validate_only);
    return stack_->registries().Delete(request);
  }
};

TEST_F(RegistryDeletionTest, DestroysNothingElse) {
  ASSERT_THAT(DeleteRegistry(1), IsOk());
  EXPECT_THAT(GetRegistry(1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(GetUpstream(1), IsOk());
  EXPECT_EQ(GetUpstream(1)->attachments_size(), 0);
  EXPECT_THAT(*Entries(), SizeIs(2));
  EXPECT_THAT(UpstreamsOf(2), ElementsAre(2));
}

TEST_F(RegistryDeletionTest, TakesExclusiveUpstreamsAlongWhenAskedTo) {
  ASSERT_THAT(Delete(true, /*validate_only=*/false), IsOk());
  EXPECT_THAT(GetRegistry(1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(GetUpstream(1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(GetUpstream(2), IsOk());
  EXPECT_THAT(GetUpstream(3), IsOk());
  EXPECT_TRUE(Eventually([&] { return Entries()->size() == 1; },
                         "the cache entries of the deleted one are removed"));
  EXPECT_THAT(UpstreamsOf(2), ElementsAre(2));
}

TEST_F(RegistryDeletionTest, CanBeTried) {
  ASSERT_THAT(Delete(true, /*validate_only=*/true), IsOk());
  EXPECT_THAT(UpstreamsOf(1), ElementsAre(1, 2));
}

TEST_F(RegistryDeletionTest, WhatIsNotThereIsNotFoundUnlessThatIsFine) {
  const auto missing =
      StatusIs(absl::StatusCode::kNotFound, Reason::kResourceNotFound);
  EXPECT_THAT(DeleteRegistry(9), missing);
  EXPECT_THAT(DeleteRegistry(-1), missing);
  v1::DeleteRegistryRequest request;
  request.set_id(9);
  request.set_allow_missing(true);
  EXPECT_THAT(stack_->registries().Delete(request), IsOk());
}

TEST_F(RegistryAdminTest, ListsInPagesWithFiltersAndInAnOrder) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateRegistry("Alpha"), IsOk());
  ASSERT_THAT(CreateRegistry("beta", "acme"), IsOk());
  ASSERT_THAT(CreateRegistry("alphabet"), IsOk());
  ASSERT_THAT(CreateUpstream("https://a"), IsOk());
  ASSERT_THAT(Attach(3, 1), IsOk());
  v1::ListRegistriesRequest request;
  request.set_group("-");
  const auto names = [&] {
    std::vector<std::string> names;
    request.set_page_size(1);
    request.clear_page_token();
    do {
      const auto page = stack_->registries().List(request, Caller::System());
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& one : page->registries()) names.push_back(one.name());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return names;
  };
  EXPECT_THAT(names(), ElementsAre("Alpha", "beta", "alphabet"));
  request.set_order_by("name");
  EXPECT_THAT(names(), ElementsAre("Alpha", "alphabet", "beta"));
  request.set_order_by("id desc");
  EXPECT_THAT(names(), ElementsAre("alphabet", "beta", "Alpha"));
  request.set_filter("name : \"ALPHA\"");
  EXPECT_THAT(names(), ElementsAre("alphabet", "Alpha"));
  request.set_filter("name = \"Alpha\"");
  EXPECT_THAT(names(), ElementsAre("Alpha"));
  request.clear_filter();
  request.set_group("acme");
  EXPECT_THAT(names(), ElementsAre("beta"));
  request.set_group("-");
  request.clear_order_by();
  request.set_page_size(10);
  const auto all = stack_->registries().List(request, Caller::System());
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->next_page_token(), "");
  EXPECT_THAT(all->registries(2).attachments(), SizeIs(1));
}

TEST_F(RegistryAdminTest, PageTokensAreForTheListTheyCameFrom) {
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_THAT(CreateRegistry(name), IsOk());
  }
  v1::ListRegistriesRequest request;
  request.set_group("-");
  request.set_page_size(1);
  const auto list = [&] {
    return stack_->registries().List(request, Caller::System());
  };
  request.set_page_token(list()->next_page_token());
  ASSERT_THAT(list(), IsOk());
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  request.set_order_by("id desc");
  EXPECT_THAT(list(), invalid);
  request.set_order_by("name");
  EXPECT_THAT(list(), invalid);
  request.clear_order_by();
  request.set_filter("name : \"a\"");
  EXPECT_THAT(list(), invalid);
  request.clear_filter();
  request.set_group("default");
  EXPECT_THAT(list(), invalid);
  request.set_page_token("AAAA");
  EXPECT_THAT(list(), invalid);
  request.clear_page_token();
  request.set_order_by("description");
  EXPECT_THAT(list(), invalid);
  request.clear_order_by();
  request.set_filter("description = \"a\"");
  EXPECT_THAT(list(), invalid);
}

}  // namespace
}  // namespace cvr::testing
