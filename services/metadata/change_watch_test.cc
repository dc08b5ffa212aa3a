// Who must hear of a change hears of it from the store, whichever method of
// administration makes it: none has to tell anybody.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/admin/cleanup_policy_admin.h"
#include "services/metadata/admin/cleanup_runner.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/registry_admin.h"
#include "services/metadata/local_token_authority.h"
#include "services/metadata/resolution/route_cache.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What each watcher reads when it is told, so what was committed then.
class ChangeWatchTest : public ::testing::Test {
 protected:
  ChangeWatchTest() {
    store_.Watch(LocalTokenAuthority::kTables, [this] {
      auto revoked = tokens_.Revoked();
      EXPECT_THAT(revoked, IsOk());
      if (revoked.ok()) revoked_.push_back(*std::move(revoked));
    });
    store_.Watch(CleanupRunner::kTables,
                 [this] { policies_seen_.push_back(PolicyGroups()); });
    store_.Watch(RouteCache::kTables,
                 [this] { registries_seen_.push_back(RegistryNames()); });
    EXPECT_THAT(groups_.EnsureDefault(), IsOk());
    MakeGroup("acme");
  }

  std::vector<std::string> PolicyGroups() {
    std::vector<std::string> groups;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      return tables::VisitCleanupPolicies(
          transaction,
          [&](const stored::CleanupPolicy& row) -> absl::StatusOr<bool> {
            groups.push_back(row.policy().group());
            return true;
          });
    }),
                IsOk());
    return groups;
  }
  std::vector<std::string> RegistryNames() {
    std::vector<std::string> names;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      return tables::VisitRegistries(
          transaction, 0,
          [&](const stored::Registry& registry) -> absl::StatusOr<bool> {
            names.push_back(registry.name());
            return true;
          });
    }),
                IsOk());
    return names;
  }

  void MakeGroup(const std::string& name) {
    v1::CreateGroupRequest request;
    request.mutable_group()->set_name(name);
    ASSERT_THAT(groups_.Create(request), IsOk());
  }
  void DeleteGroup(const std::string& name) {
    v1::DeleteGroupRequest request;
    request.set_name(name);
    ASSERT_THAT(groups_.Delete(request), IsOk());
  }
  int64_t MakeRegistry(const std::string& name, int64_t id = 0) {
    v1::CreateRegistryRequest request;
    request.mutable_registry()->set_id(id);
    request.mutable_registry()->set_name(name);
    request.mutable_registry()->set_group("acme");
    const auto made = registries_.Create(request);
    EXPECT_THAT(made, IsOk());
    return made.ok() ? made->id() : 0;
  }
  void DeleteRegistry(int64_t id) {
    v1::DeleteRegistryRequest request;
    request.set_id(id);
    ASSERT_THAT(registries_.Delete(request), IsOk());
  }
  int64_t MakeToken(std::vector<int64_t> registry_ids = {}) {
    v1::CreateAccessTokenRequest request;
    auto& token = *request.mutable_access_token();
    token.set_name(absl::StrCat("t", ++tokens_made_));
    token.set_group("acme");
    token.add_scopes(v1::AccessToken::SCOPE_READ);
    for (const int64_t id : registry_ids) token.add_registry_ids(id);
    const auto made = tokens_.Create(request);
    EXPECT_THAT(made, IsOk());
    return made.ok() ? made->access_token().id() : 0;
  }

  FakeClock clock_;
  WatchedMetadataStore store_{std::make_unique<InMemoryMetadataStore>()};
  Sweeper sweeper_{store_};
  AccessTokenAdmin tokens_{store_, clock_, absl::Minutes(5)};
  GroupAdmin groups_{store_, clock_, sweeper_, tokens_};
  RegistryAdmin registries_{store_, clock_, {}, sweeper_, tokens_};
  PullCounter pulls_{store_, {.flush_interval = absl::InfiniteDuration()}};
  Operations operations_{store_, clock_};  // Not started.
  CleanupPolicyAdmin policies_{store_, pulls_, operations_, clock_};

  int tokens_made_ = 0;
  std::vector<std::vector<int64_t>> revoked_;
  std::vector<std::vector<std::string>> policies_seen_;
  std::vector<std::vector<std::string>> registries_seen_;
};

TEST_F(ChangeWatchTest, TheRevocationOfATokenIsSeen) {
  const int64_t id = MakeToken();
  EXPECT_THAT(revoked_, IsEmpty());
  v1::RevokeAccessTokenRequest request;
  request.set_id(id);
  ASSERT_THAT(tokens_.Revoke(request), IsOk());
  EXPECT_THAT(revoked_, ElementsAre(ElementsAre(id)));
  // There is nothing to revoke any more.
  request.set_allow_missing(true);
  ASSERT_THAT(tokens_.Revoke(request), IsOk());
  EXPECT_THAT(revoked_, ElementsAre(ElementsAre(id)));
}

TEST_F(ChangeWatchTest, TheDeletionOfAGroupRevokesItsTokens) {
  const int64_t first = MakeToken();
  const int64_t second = MakeToken();
  DeleteGroup("acme");
  EXPECT_THAT(revoked_, ElementsAre(ElementsAre(first, second)));
}

TEST_F(ChangeWatchTest, TheDeletionOfARegistryRevokesTokensForItAlone) {
  const int64_t registry = MakeRegistry("r");
  const int64_t token = MakeToken({registry});
  DeleteRegistry(registry);
  EXPECT_THAT(revoked_, ElementsAre(ElementsAre(token)));
}

// As a deletion that was interrupted has left it.
TEST_F(ChangeWatchTest, AChosenIdRevokesTokensOfAnEarlierRegistry) {
  const int64_t registry = MakeRegistry("r");
  const int64_t token = MakeToken({registry});
  ASSERT_THAT(store_.Write(
                  [&](WriteTransaction& transaction) -> absl::Status {
                    tables::DeleteRegistry(
                        transaction,
                        **tables::FindRegistry(transaction, registry));
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  EXPECT_THAT(revoked_, IsEmpty());
  MakeRegistry("again", registry);
  EXPECT_THAT(revoked_, ElementsAre(ElementsAre(token)));
}

TEST_F(ChangeWatchTest, EveryChangeOfACleanupPolicyIsSeen) {
  v1::UpdateCleanupPolicyRequest update;
  update.mutable_cleanup_policy()->set_group("acme");
  update.mutable_cleanup_policy()->set_enabled(true);
  ASSERT_THAT(policies_.Update(update), IsOk());
  EXPECT_THAT(std::exchange(policies_seen_, {}),
              ElementsAre(ElementsAre("acme")));
  ASSERT_THAT(policies_.Update(update), IsOk());
  EXPECT_EQ(std::exchange(policies_seen_, {}).size(), 1);
  ASSERT_THAT(store_.Write(
                  [](WriteTransaction& transaction) {
                    tables::DeleteCleanupPolicy(transaction, "acme");
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  EXPECT_THAT(std::exchange(policies_seen_, {}), ElementsAre(IsEmpty()));
  // What is refused changes nothing, and a run that somebody asks for changes
  // the policy when it begins.
  update.mutable_cleanup_policy()->set_group("nobody");
  EXPECT_THAT(policies_.Update(update), StatusIs(absl::StatusCode::kNotFound));
  v1::RunCleanupRequest run;
  run.set_group("acme");
  ASSERT_THAT(policies_.Run(run, Caller::System()), IsOk());
  EXPECT_THAT(policies_seen_, IsEmpty());
}

TEST_F(ChangeWatchTest, EveryChangeOfARegistryIsSeen) {
  const int64_t id = MakeRegistry("r");
  EXPECT_THAT(std::exchange(registries_seen_, {}),
              ElementsAre(ElementsAre("r")));
  v1::UpdateRegistryRequest update;
  update.set_id(id);
  update.mutable_registry()->set_name("s");
  update.mutable_update_mask()->add_paths("name");
  ASSERT_THAT(registries_.Update(update), IsOk());
  EXPECT_THAT(std::exchange(registries_seen_, {}),
              ElementsAre(ElementsAre("s")));
  DeleteRegistry(id);
  EXPECT_THAT(std::exchange(registries_seen_, {}), ElementsAre(IsEmpty()));
}

}  // namespace
}  // namespace cvr::testing
