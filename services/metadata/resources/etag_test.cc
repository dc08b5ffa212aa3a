#include "services/metadata/resources/etag.h"

#include "gtest/gtest.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

TEST(EtagTest, NeverComesBack) {
  const absl::Time now = absl::FromUnixSeconds(1700000000);
  const std::string first = NextEtag("", now);
  const std::string second = NextEtag(first, now);
  // A clock that was set back, and something new of the same name.
  const std::string third = NextEtag(second, now - absl::Hours(1));
  const std::string anew = NextEtag("", now + absl::Seconds(1));
  EXPECT_NE(first, second);
  EXPECT_NE(second, third);
  EXPECT_NE(first, third);
  EXPECT_NE(first, anew);
}

TEST(EtagTest, OnlyWhoHasSeenTheCurrentOneMayChange) {
  const ErrorResource group = {"group", "acme"};
  EXPECT_THAT(CheckEtag(group, "", "a"), IsOk());
  EXPECT_THAT(CheckEtag(group, "a", "a"), IsOk());
  EXPECT_THAT(CheckEtag(group, "b", "current"),
              StatusIs(absl::StatusCode::kAborted, Reason::kEtagMismatch));
  // Nobody overwrites what he has not read.
  EXPECT_EQ(CheckEtag(group, "b", "current").ToString().find("current"),
            std::string::npos);
}

class EtagsTest : public MetadataFixture {};

TEST_F(EtagsTest, GuardRegistries) {
  const auto made = CreateRegistry("r");
  ASSERT_THAT(made, IsOk());
  ASSERT_NE(made->etag(), "");
  v1::UpdateRegistryRequest update;
  update.set_id(made->id());
  *update.mutable_registry() = *made;
  update.mutable_registry()->set_description("d");
  update.mutable_update_mask()->add_paths("description");
  const auto updated = stack_->registries().Update(update);
  ASSERT_THAT(updated, IsOk());
  EXPECT_NE(updated->etag(), made->etag());
  v1::GetRegistryRequest get;
  get.set_id(made->id());
  EXPECT_EQ(stack_->registries().Get(get)->etag(), updated->etag());
  // As one who has not seen that.
  EXPECT_THAT(stack_->registries().Update(update),
              StatusIs(absl::StatusCode::kAborted));
  v1::DeleteRegistryRequest remove;
  remove.set_id(made->id());
  remove.set_etag(made->etag());
  EXPECT_THAT(stack_->registries().Delete(remove),
              StatusIs(absl::StatusCode::kAborted));
  update.mutable_registry()->clear_etag();
  EXPECT_THAT(stack_->registries().Update(update), IsOk());
  remove.set_etag(stack_->registries().Get(get)->etag());
  EXPECT_THAT(stack_->registries().Delete(remove), IsOk());
  remove.set_allow_missing(true);
  EXPECT_THAT(stack_->registries().Delete(remove), IsOk());
}

TEST_F(EtagsTest, GuardUpstreams) {
  const auto made = CreateUpstream(NewUpstream("https://a.example"));
  ASSERT_THAT(made, IsOk());
  ASSERT_NE(made->etag(), "");
  v1::UpdateUpstreamRequest update;
  update.set_id(made->id());
  *update.mutable_upstream() = *made;
  SetCredentials("u", "p", *update.mutable_upstream());
  update.mutable_update_mask()->add_paths("credentials");
  const auto updated = stack_->upstreams().Update(update);
  ASSERT_THAT(updated, IsOk());
  EXPECT_NE(updated->etag(), made->etag());
  EXPECT_THAT(stack_->upstreams().Update(update),
              StatusIs(absl::StatusCode::kAborted));
  v1::DeleteUpstreamRequest remove;
  remove.set_id(made->id());
  remove.set_etag(made->etag());
  EXPECT_THAT(stack_->upstreams().Delete(remove),
              StatusIs(absl::StatusCode::kAborted));
  remove.set_etag(updated->etag());
  EXPECT_THAT(stack_->upstreams().Delete(remove), IsOk());
  remove.set_allow_missing(true);
  EXPECT_THAT(stack_->upstreams().Delete(remove), IsOk());
}

TEST_F(EtagsTest, GuardGroups) {
  const auto made = CreateGroup("acme");
  ASSERT_THAT(made, IsOk());
  ASSERT_NE(made->etag(), "");
  v1::UpdateGroupRequest update;
  update.mutable_group()->set_name("acme");
  update.mutable_group()->set_etag(made->etag());
  update.mutable_group()->set_description("d");
  update.mutable_update_mask()->add_paths("nonsense");
  EXPECT_THAT(stack_->groups().Update(update),
              StatusIs(absl::StatusCode::kInvalidArgument));
  update.mutable_update_mask()->set_paths(0, "description");
  const auto updated = stack_->groups().Update(update);
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->description(), "d");
  EXPECT_NE(updated->etag(), made->etag());
  EXPECT_THAT(stack_->groups().Update(update),
              StatusIs(absl::StatusCode::kAborted));
  update.mutable_group()->clear_etag();
  update.mutable_group()->set_description(std::string(2000, 'x'));
  EXPECT_THAT(stack_->groups().Update(update),
              StatusIs(absl::StatusCode::kInvalidArgument));
  update.mutable_group()->set_name("none");
  EXPECT_THAT(stack_->groups().Update(update),
              StatusIs(absl::StatusCode::kNotFound));
  v1::DeleteGroupRequest remove;
  remove.set_name("acme");
  remove.set_etag(made->etag());
  EXPECT_THAT(stack_->groups().Delete(remove),
              StatusIs(absl::StatusCode::kAborted));
  remove.set_etag(updated->etag());
  EXPECT_THAT(stack_->groups().Delete(remove), IsOk());
  remove.set_allow_missing(true);
  EXPECT_THAT(stack_->groups().Delete(remove), IsOk());
}

}  // namespace
}  // namespace cvr::testing
