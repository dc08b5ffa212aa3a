// Registries by the path that clients pull from, and the namespace that they
// share with groups.
#include "services/metadata/resolution/registry_path.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;

const auto kTaken = StatusIs(absl::StatusCode::kAlreadyExists);

class RegistryPathTest : public MetadataFixture {
 protected:
  // The registry's id and how much of the path names it: `7/2`; or `none`.
  std::string Locate(absl::string_view path) {
    const auto found = stack_->resolver().Locate(path);
    if (absl::IsNotFound(found.status())) return "none";
    if (!found.ok()) return found.status().ToString();
    return absl::StrCat(found->id, "/", found->path_parts);
  }

  int64_t Make(const std::string& group, const std::string& name) {
    const auto made = CreateRegistry(name, group);
    EXPECT_THAT(made, IsOk());
    return made.ok() ? made->id() : 0;
  }

  absl::Status Rename(int64_t id, const std::string& name) {
    v1::UpdateRegistryRequest request;
    request.set_id(id);
    request.mutable_registry()->set_name(name);
    request.mutable_update_mask()->add_paths("name");
    return stack_->registries().Update(request).status();
  }
};

TEST_F(RegistryPathTest, IsTheGroupAndTheNameAtTheBeginningOfAPath) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateGroup("acme/web"), IsOk());
  const int64_t team = Make("acme", "team");
  const int64_t web = Make("acme/web", "team");
  EXPECT_EQ(Locate("acme/team/alpine"), absl::StrCat(team, "/2"));
  EXPECT_EQ(Locate("acme/team"), absl::StrCat(team, "/2"));
  EXPECT_EQ(Locate("acme/team/web/team/alpine"), absl::StrCat(team, "/2"));
  EXPECT_EQ(Locate("acme/web/team/a/b"), absl::StrCat(web, "/3"));
  for (const char* const path :
       {"acme", "team/acme", "acme/tea", "acme/teams", "acm/team",
        "acme/web/alpine", "default/team", "acme/web"}) {
    EXPECT_EQ(Locate(path), "none") << path;
  }
}

TEST_F(RegistryPathTest, ChangesHoldAtOnce) {
  const int64_t first = Make("default", "first");
  EXPECT_EQ(Locate("default/first/a"), absl::StrCat(first, "/2"));
  ASSERT_THAT(Rename(first, "second"), IsOk());
  EXPECT_EQ(Locate("default/first/a"), "none");
  EXPECT_EQ(Locate("default/second/a"), absl::StrCat(first, "/2"));
  const int64_t successor = Make("default", "first");
  EXPECT_EQ(Locate("default/first/a"), absl::StrCat(successor, "/2"));
  ASSERT_THAT(DeleteRegistry(successor), IsOk());
  EXPECT_EQ(Locate("default/first/a"), "none");
}

TEST_F(RegistryPathTest, OnlyPathsOfRepositoriesAreLookedUp) {
  Make("default", "Team X");
  for (const char* const path :
       {"", "/", "default/Team X/a", "default//a", "/default/a", "default/a/",
        "default/../a", "default/a\n"}) {
    EXPECT_THAT(stack_->resolver().Locate(path),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << path;
  }
  EXPECT_THAT(stack_->resolver().Locate(std::string(256, 'a')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RegistryPathTest, ALeadingNumberIsAnIdAndNoGroup) {
  ASSERT_THAT(CreateGroup("7"), IsOk());
  Make("7", "team");
  EXPECT_EQ(Locate("7/team/a"), "none");
}

TEST_F(RegistryPathTest, DepthIsBounded) {
  std::string group = "g";
  for (size_t parts = 1; parts < limits::kRegistryPathPartsMax; ++parts) {
    ASSERT_THAT(CreateGroup(group), IsOk());
    absl::StrAppend(&group, "/g");
  }
  // `group` has as many components now as a group and a name may have.
  ASSERT_THAT(CreateGroup(group), IsOk());
  const std::string parent = group.substr(0, group.size() - 2);
  const int64_t deepest = Make(parent, "r");
  Make(group, "r");
  EXPECT_EQ(Locate(parent + "/r/a"),
            absl::StrCat(deepest, "/", limits::kRegistryPathPartsMax));
  EXPECT_EQ(Locate(group + "/r/a"), "none");
}

TEST_F(RegistryPathTest, ARegistryAndAGroupCannotShareAPath) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateGroup("acme/web"), IsOk());
  ASSERT_THAT(CreateGroup("acme/shop/eu"), IsOk());
  const auto web = CreateRegistry("web", "acme").status();
  EXPECT_THAT(web, kTaken);
  EXPECT_THAT(std::string(web.message()),
              HasSubstr("same pull path as group acme/web"));
  // A group below it is enough.
  EXPECT_THAT(CreateRegistry("shop", "acme"), kTaken);
  EXPECT_THAT(CreateRegistry("sho", "acme"), IsOk());
  EXPECT_THAT(CreateRegistry("web2", "acme"), IsOk());
  EXPECT_THAT(CreateRegistry("web", "default"), IsOk());

  const int64_t team = Make("acme", "team");
  const auto group = CreateGroup("acme/team").status();
  EXPECT_THAT(group, kTaken);
  EXPECT_THAT(std::string(group.message()),
              HasSubstr("registry 'team' of group acme"));
  EXPECT_THAT(CreateGroup("acme/team/a/b"), kTaken);
  EXPECT_THAT(CreateGroup("acme/team2"), IsOk());
  EXPECT_THAT(Rename(team, "web"), kTaken);
  EXPECT_THAT(Rename(team, "team"), IsOk());
  ASSERT_THAT(DeleteRegistry(team), IsOk());
  EXPECT_THAT(CreateGroup("acme/team"), IsOk());
}

// Nobody pulls from those by name.
TEST_F(RegistryPathTest, WhatIsNoPathIsInNobodysWay) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateGroup("acme/-x"), IsOk());
  EXPECT_THAT(CreateRegistry("-x", "acme"), IsOk());
  EXPECT_THAT(CreateRegistry("Web", "acme"), IsOk());
  ASSERT_THAT(CreateGroup("7"), IsOk());
  ASSERT_THAT(CreateGroup("7/web"), IsOk());
  EXPECT_THAT(CreateRegistry("web", "7"), IsOk());
}

// As a store of an earlier revision may have it.
TEST_F(RegistryPathTest, OfTwoThatShareAPathTheShorterGroupsIsFound) {
  InMemoryMetadataStore store;
  const auto put = [](WriteTransaction& transaction, int64_t id,
                      const std::string& group, const std::string& name) {
    stored::Group row;
    row.set_name(group);
    tables::PutGroup(transaction, row);
    stored::Registry registry;
    registry.set_id(id);
    registry.set_group(group);
    registry.set_name(name);
    tables::PutRegistry(transaction, nullptr, registry);
  };
  ASSERT_THAT(store.Write(
                  [&](WriteTransaction& transaction) {
                    put(transaction, 1, "acme/web", "team");
                    put(transaction, 2, "acme", "web");
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  std::optional<LocatedRegistry> found;
  ASSERT_THAT(store.Read([&](const ReadTransaction& transaction) {
    const auto one = FindRegistryByPath(transaction, "acme/web/team/a");
    if (one.ok()) found = *one;
    return one.status();
  }),
              IsOk());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, 2);
  EXPECT_EQ(found->path_parts, 2);
}

}  // namespace
}  // namespace cvr::testing
