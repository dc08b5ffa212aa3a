#include "services/access/access_policy.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using Action = AccessPolicy::Action;

constexpr int64_t kOne[] = {1};

Caller WithToken(bool pull, bool manage, bool admin) {
  Caller caller;
  caller.token_id = 7;
  caller.may_pull = pull;
  caller.may_manage = manage;
  caller.is_admin = admin;
  caller.group = admin ? "" : "acme";
  return caller;
}

Caller OfNoGroup(Caller caller) {
  caller.group = "";
  return caller;
}

Caller OfAllGroups(Caller caller) {
  caller.all_groups = true;
  return OfNoGroup(std::move(caller));
}

enum class Want { kYes, kLogin, kNo };

struct Row {
  const char* who;
  Caller caller;
  // Pull, read, manage, administer: in the caller's group, and in another.
  Want own[4];
  Want other[4];
};

const Row kTable[] = {
    {"nobody",
     Caller(),
     {Want::kLogin, Want::kLogin, Want::kLogin, Want::kLogin},
     {Want::kLogin, Want::kLogin, Want::kLogin, Want::kLogin}},
    {"reader",
     WithToken(true, false, false),
     {Want::kYes, Want::kYes, Want::kNo, Want::kNo},
     {Want::kNo, Want::kNo, Want::kNo, Want::kNo}},
    {"writer",
     WithToken(false, true, false),
     {Want::kNo, Want::kYes, Want::kYes, Want::kNo},
     {Want::kNo, Want::kNo, Want::kNo, Want::kNo}},
    {"reader and writer",
     WithToken(true, true, false),
     {Want::kYes, Want::kYes, Want::kYes, Want::kNo},
     {Want::kNo, Want::kNo, Want::kNo, Want::kNo}},
    {"admin",
     WithToken(false, false, true),
     {Want::kYes, Want::kYes, Want::kYes, Want::kYes},
     {Want::kYes, Want::kYes, Want::kYes, Want::kYes}},
    {"reader and writer of all groups",
     OfAllGroups(WithToken(true, true, false)),
     {Want::kYes, Want::kYes, Want::kYes, Want::kNo},
     {Want::kYes, Want::kYes, Want::kYes, Want::kNo}},
    // Of no group is not of all.
    {"reader of nothing",
     OfNoGroup(WithToken(true, false, false)),
     {Want::kNo, Want::kNo, Want::kNo, Want::kNo},
     {Want::kNo, Want::kNo, Want::kNo, Want::kNo}},
    {"a process of ours",
     Caller::System(),
     {Want::kYes, Want::kYes, Want::kYes, Want::kYes},
     {Want::kYes, Want::kYes, Want::kYes, Want::kYes}},
};

constexpr Action kActions[] = {Action::kPull, Action::kRead, Action::kManage,
                               Action::kAdminister};

Want Got(const Caller& caller, Action action,
         const AccessPolicy::Object& object) {
  const absl::Status status = AccessPolicy::Check(caller, action, object);
  if (status.ok()) return Want::kYes;
  return absl::IsUnauthenticated(status) ? Want::kLogin : Want::kNo;
}

TEST(AccessPolicyTest, ScopesByGroupsByActions) {
  for (const Row& row : kTable) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(Got(row.caller, kActions[i], {"acme", kOne}), row.own[i])
          << row.who << " " << i;
      EXPECT_EQ(Got(row.caller, kActions[i], {"other", kOne}), row.other[i])
          << row.who << " elsewhere " << i;
    }
  }
}

struct RestrictedRow {
  const char* what;
  std::vector<int64_t> registry_ids;
  bool is_group;
  Want read, manage;
};

TEST(AccessPolicyTest, ATokenForSomeRegistriesIsGoodForTheirPartsAlone) {
  Caller caller = WithToken(true, true, false);
  caller.registry_ids = {3, 5};
  const RestrictedRow table[] = {
      {"a registry of its own", {3}, false, Want::kYes, Want::kYes},
      {"another registry", {4}, false, Want::kNo, Want::kNo},
      {"an upstream of its own", {3, 5}, false, Want::kYes, Want::kYes},
      {"a shared upstream", {4, 5}, false, Want::kYes, Want::kNo},
      {"a foreign upstream", {1, 4}, false, Want::kNo, Want::kNo},
      {"a part of nothing", {}, false, Want::kNo, Want::kNo},
      {"the group", {}, true, Want::kYes, Want::kNo},
  };
  for (const RestrictedRow& row : table) {
    const AccessPolicy::Object own = {"acme", row.registry_ids, false,
                                      row.is_group};
    EXPECT_EQ(Got(caller, Action::kPull, own), row.read) << row.what;
    EXPECT_EQ(Got(caller, Action::kRead, own), row.read) << row.what;
    EXPECT_EQ(Got(caller, Action::kManage, own), row.manage) << row.what;
    EXPECT_EQ(Got(caller, Action::kAdminister, own), Want::kNo) << row.what;
    EXPECT_EQ(AccessPolicy::MaySee(caller, own), row.read == Want::kYes)
        << row.what;
    const AccessPolicy::Object other = {"other", row.registry_ids, false,
                                        row.is_group};
    EXPECT_EQ(Got(caller, Action::kRead, other), Want::kNo) << row.what;
    EXPECT_EQ(Got(caller, Action::kManage, other), Want::kNo) << row.what;
    EXPECT_FALSE(AccessPolicy::MaySee(caller, other)) << row.what;
  }
}

TEST(AccessPolicyTest, AnonymousPullsAreForAllAndForPullsAlone) {
  const AccessPolicy::Object open = {"acme", kOne, /*anonymous_pull=*/true};
  for (const Row& row : kTable) {
    EXPECT_EQ(Got(row.caller, Action::kPull, open), Want::kYes) << row.who;
    EXPECT_TRUE(AccessPolicy::MaySee(row.caller, open)) << row.who;
  }
  EXPECT_EQ(Got(Caller(), Action::kRead, open), Want::kLogin);
}

TEST(AccessPolicyTest, WhoMayNotIsNotToldThatItExists) {
  EXPECT_FALSE(AccessPolicy::MaySee(Caller(), {"acme", kOne}));
  const Caller writer = WithToken(false, true, false);
  EXPECT_TRUE(AccessPolicy::MaySee(writer, {"acme", kOne}));
  EXPECT_FALSE(AccessPolicy::MaySee(writer, {"other", kOne}));
}

}  // namespace
}  // namespace cvr
