// What becomes of tokens, and of what was issued for them, when they or what
// they are for are deleted; across restarts.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/access/access_policy.h"
#include "services/access/admin_authority.h"
#include "services/access/caller_claims.h"
#include "services/access/json_web_token.h"
#include "services/metadata/metadata_stack.h"
#include "services/metadata/store/rocksdb_metadata_store.h"
#include "services/metadata/tables/tables.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RevocationTest : public ::testing::Test {
 protected:
  RevocationTest() { Restart(); }

  void Restart() {
    stack_.reset();
    MetadataStack::Options options;
    options.data_dir = directory_.path() + "/metadata";
    options.clock = &clock_;
    auto stack = MetadataStack::Open(options);
    ASSERT_THAT(stack, IsOk());
    stack_ = *std::move(stack);
  }

  int64_t MakeRegistry(const std::string& name, const std::string& group) {
    v1::CreateRegistryRequest request;
    request.mutable_registry()->set_name(name);
    request.mutable_registry()->set_group(group);
    const auto made = stack_->registries().Create(request);
    EXPECT_THAT(made, IsOk());
    return made->id();
  }

  void DeleteRegistry(int64_t id) {
    v1::DeleteRegistryRequest request;
    request.set_id(id);
    ASSERT_THAT(stack_->registries().Delete(request), IsOk());
  }

  void MakeGroup(const std::string& name) {
    v1::CreateGroupRequest request;
    request.mutable_group()->set_name(name);
    ASSERT_THAT(stack_->groups().Create(request), IsOk());
  }

  absl::Status DeleteGroup(const std::string& name) {
    v1::DeleteGroupRequest request;
    request.set_name(name);
    return stack_->groups().Delete(request);
  }

  // With an id that was another's before.
  void MakeRegistryAgain(int64_t id) {
    v1::CreateRegistryRequest request;
    request.mutable_registry()->set_group("default");
    request.mutable_registry()->set_name("again");
    request.mutable_registry()->set_id(id);
    ASSERT_THAT(stack_->registries().Create(request), IsOk());
  }

  v1::CreateAccessTokenResponse MakeToken(const std::string& group,
                                          int64_t registry_id = 0,
                                          int64_t other_registry_id = 0) {
    v1::CreateAccessTokenRequest request;
    auto& token = *request.mutable_access_token();
    token.set_name(absl::StrCat("t", ++tokens_made_));
    token.set_group(group);
    token.add_scopes(v1::AccessToken::SCOPE_READ);
    token.add_scopes(v1::AccessToken::SCOPE_MANAGE);
    if (registry_id != 0) token.add_registry_ids(registry_id);
    if (other_registry_id != 0) token.add_registry_ids(other_registry_id);
    const auto made = stack_->access_tokens().Create(request);
    EXPECT_THAT(made, IsOk());
    return *made;
  }

  void Revoke(int64_t id) {
    v1::RevokeAccessTokenRequest request;
    request.set_id(id);
    ASSERT_THAT(stack_->access_tokens().Revoke(request), IsOk());
  }

  std::vector<int64_t> Revoked() {
    const auto trust = stack_->auth().GetTrust(0, absl::ZeroDuration());
    EXPECT_THAT(trust, IsOk());
    return trust->revoked_token_ids;
  }

  bool IsGood(const v1::CreateAccessTokenResponse& token) {
    return stack_->auth().Authenticate(token.secret()).ok();
  }

  FakeClock clock_;
  TemporaryDirectory directory_;
  std::unique_ptr<MetadataStack> stack_;
  int tokens_made_ = 0;
};

// Whoever can set the clock of the machine forth and back, or has it set by a
// time server, must not make good again what was issued.
TEST_F(RevocationTest, AWallClockThatJumpsEndsNoRevocation) {
  const auto token = MakeToken("default");
  Revoke(token.access_token().id());
  for (const auto by : {absl::Hours(1), -absl::Hours(2), absl::Hours(1)}) {
    clock_.JumpWall(by);
    Revoke(MakeToken("default").access_token().id());  // Sweeps what is over.
    EXPECT_THAT(Revoked(), ::testing::Contains(token.access_token().id()))
        << by;
  }
  clock_.Advance(absl::Hours(4));
  EXPECT_THAT(Revoked(), IsEmpty());
}

TEST_F(RevocationTest, ARestartForgetsNoRevocation) {
  const auto token = MakeToken("default");
  const auto issued = stack_->auth().IssueToken(token.secret(), "gw", {});
  ASSERT_THAT(issued, IsOk());
  Revoke(token.access_token().id());
  Restart();
  // It verifies still, so all depends on the revocation.
  const auto trust = stack_->auth().GetTrust(0, absl::ZeroDuration());
  ASSERT_THAT(trust, IsOk());
  EXPECT_THAT(VerifyJwt(issued->token, trust->keys), IsOk());
  EXPECT_THAT(trust->revoked_token_ids, ElementsAre(token.access_token().id()));
  EXPECT_FALSE(IsGood(token));
  clock_.Advance(issued->lifetime + 2 * kClockSkewMax);
  Restart();
  EXPECT_THAT(Revoked(), IsEmpty());
}

TEST_F(RevocationTest, TheTokensOfAGroupGoWithIt) {
  MakeGroup("acme");
  MakeGroup("acme/b");
  const auto first = MakeToken("acme");
  const auto second = MakeToken("acme");
  const auto other = MakeToken("acme/b");
  const auto issued = stack_->auth().IssueToken(first.secret(), "gw", {});
  ASSERT_THAT(issued, IsOk());
  const int64_t registry_id = MakeRegistry("r", "acme");
  // A group that stays keeps them.
  EXPECT_THAT(DeleteGroup("acme"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_TRUE(IsGood(first));
  EXPECT_THAT(Revoked(), IsEmpty());
  DeleteRegistry(registry_id);

  ASSERT_THAT(DeleteGroup("acme"), IsOk());
  EXPECT_THAT(Revoked(), ElementsAre(first.access_token().id(),
                                     second.access_token().id()));
  // Nor does a new group of that name inherit them.
  MakeGroup("acme");
  Restart();
  EXPECT_FALSE(IsGood(first));
  EXPECT_FALSE(IsGood(second));
  EXPECT_TRUE(IsGood(other));
  EXPECT_THAT(Revoked(), ElementsAre(first.access_token().id(),
                                     second.access_token().id()));
  v1::ListAccessTokensRequest request;
  request.set_group("acme");
  EXPECT_THAT(stack_->access_tokens().List(request)->access_tokens(),
              IsEmpty());
}

// It would be good for the whole group if it went on without.
TEST_F(RevocationTest, ATokenForADeletedRegistryGoesWithIt) {
  const int64_t mine = MakeRegistry("mine", "default");
  const int64_t others = MakeRegistry("others", "default");
  const auto token = MakeToken("default", mine);
  const auto other = MakeToken("default", others);
  const auto whole_group = MakeToken("default");
  DeleteRegistry(mine);
  EXPECT_FALSE(IsGood(token));
  EXPECT_THAT(Revoked(), ElementsAre(token.access_token().id()));
  EXPECT_TRUE(IsGood(other));
  EXPECT_TRUE(IsGood(whole_group));
  Restart();
  // Nor is it for one of the same name, or of the same id.
  EXPECT_NE(MakeRegistry("mine", "default"), mine);
  MakeRegistryAgain(mine);
  EXPECT_FALSE(IsGood(token));
  EXPECT_THAT(Revoked(), ElementsAre(token.access_token().id()));
}

TEST_F(RevocationTest, ATokenForSeveralRegistriesLosesTheDeletedOne) {
  const int64_t mine = MakeRegistry("mine", "default");
  const int64_t others = MakeRegistry("others", "default");
  const auto token = MakeToken("default", mine, others);
  // What was issued for it goes on saying both.
  const Caller issued = *stack_->auth().Authenticate(token.secret());
  ASSERT_THAT(issued.registry_ids, ElementsAre(mine, others));
  DeleteRegistry(mine);
  Restart();
  MakeRegistryAgain(mine);
  EXPECT_THAT(Revoked(), IsEmpty());

  const auto caller = stack_->auth().Authenticate(token.secret());
  ASSERT_THAT(caller, IsOk());
  EXPECT_THAT(caller->registry_ids, ElementsAre(others));
  EXPECT_THAT(stack_->resolver().ListRepositories(issued, mine, {}, 1),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(stack_->resolver().ListRepositories(issued, others, {}, 1),
              IsOk());

  v1::ListRegistriesRequest all;
  all.set_group("-");
  const auto seen = stack_->registries().List(all, *caller);
  ASSERT_EQ(seen->registries_size(), 1);
  EXPECT_EQ(seen->registries(0).id(), others);
  const AccessQuestion question{AccessPolicy::Action::kManage,
                                AccessQuestion::Kind::kRegistry, mine, ""};
  const auto admission =
      stack_->authority().Authorize(token.secret(), {question});
  EXPECT_TRUE(!admission.ok() || admission->missing);
  // What would be in no registry at first.
  const AccessQuestion group{AccessPolicy::Action::kManage,
                             AccessQuestion::Kind::kGroup, 0, "default"};
  EXPECT_THAT(stack_->authority().Authorize(token.secret(), {group}),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

// A process that died in the middle of a deletion has left such tokens: they
// are seen to before the id is anybody's again.
TEST_F(RevocationTest, AnIdThatIsChosenIsInNoToken) {
  const int64_t mine = MakeRegistry("mine", "default");
  const auto token = MakeToken("default", mine);
  {
    stack_.reset();
    auto store =
        *RocksDbMetadataStore::Open(directory_.path() + "/metadata/store");
    ASSERT_THAT(store->Write(
                    [&](WriteTransaction& transaction) -> absl::Status {
                      tables::DeleteRegistry(
                          transaction,
                          **tables::FindRegistry(transaction, mine));
                      return absl::OkStatus();
                    },
                    Durability::kSynced),
                IsOk());
  }
  Restart();
  ASSERT_TRUE(IsGood(token));
  MakeRegistryAgain(mine);
  EXPECT_FALSE(IsGood(token));
  EXPECT_THAT(Revoked(), ElementsAre(token.access_token().id()));
}

}  // namespace
}  // namespace cvr::testing
