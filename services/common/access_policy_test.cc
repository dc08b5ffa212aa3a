#include "services/common/access_policy.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using Action = AccessPolicy::Action;

Caller WithToken(bool pull, bool manage, bool admin) {
  Caller caller;
  caller.token_id = 7;
  caller.may_pull = pull;
  caller.may_manage = manage;
  caller.is_admin = admin;
  caller.group = admin ? "" : "acme";
  return caller;
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
      EXPECT_EQ(Got(row.caller, kActions[i], {"acme", 1}), row.own[i])
          << row.who << " " << i;
      EXPECT_EQ(Got(row.caller, kActions[i], {"other", 1}), row.other[i])
          << row.who << " elsewhere " << i;
    }
  }
}

TEST(AccessPolicyTest, ATokenForSomeRegistriesIsGoodForThoseAlone) {
  Caller caller = WithToken(true, true, false);
  caller.registry_ids = {3, 5};
  for (const int64_t id : {3, 5}) {
    EXPECT_EQ(Got(caller, Action::kPull, {"acme", id}), Want::kYes);
    EXPECT_EQ(Got(caller, Action::kManage, {"acme", id}), Want::kYes);
    EXPECT_EQ(Got(caller, Action::kPull, {"other", id}), Want::kNo);
  }
  for (const int64_t id : {0, 4}) {
    EXPECT_EQ(Got(caller, Action::kPull, {"acme", id}), Want::kNo);
    EXPECT_EQ(Got(caller, Action::kManage, {"acme", id}), Want::kNo);
  }
}

TEST(AccessPolicyTest, AnonymousPullsAreForAllAndForPullsAlone) {
  const AccessPolicy::Object open = {"acme", 1, /*anonymous_pull=*/true};
  for (const Row& row : kTable) {
    EXPECT_EQ(Got(row.caller, Action::kPull, open), Want::kYes) << row.who;
    EXPECT_TRUE(AccessPolicy::MaySee(row.caller, open)) << row.who;
  }
  EXPECT_EQ(Got(Caller(), Action::kRead, open), Want::kLogin);
}

TEST(AccessPolicyTest, WhoMayNotIsNotToldThatItExists) {
  EXPECT_FALSE(AccessPolicy::MaySee(Caller(), {"acme", 1}));
  const Caller writer = WithToken(false, true, false);
  EXPECT_TRUE(AccessPolicy::MaySee(writer, {"acme", 1}));
  EXPECT_FALSE(AccessPolicy::MaySee(writer, {"other", 1}));
}

}  // namespace
}  // namespace cvr
