#include "services/access/caller_claims.h"

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

CallerClaims Claims() {
  CallerClaims claims;
  claims.caller.token_id = 7;
  claims.caller.token_name = "ci \"main\"";
  claims.caller.may_pull = true;
  claims.caller.group = "acme/team";
  claims.caller.registry_ids = {1, 5};
  claims.access = {{TokenAccess::Kind::kRepository, 5, "a/b", "x/5/a/b"},
                   {TokenAccess::Kind::kCatalog}};
  claims.audience = "gw";
  claims.issued_at = kNow;
  claims.expires_at = kNow + absl::Minutes(5);
  return claims;
}

TEST(CallerClaimsTest, ComeBackAsTheyWere) {
  const auto parsed = ParseCallerClaims(ToJson(Claims()), "gw", kNow);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->caller.token_id, 7);
  EXPECT_EQ(parsed->caller.token_name, "ci \"main\"");
  EXPECT_TRUE(parsed->caller.may_pull);
  EXPECT_FALSE(parsed->caller.may_manage);
  EXPECT_FALSE(parsed->caller.is_admin);
  EXPECT_EQ(parsed->caller.group, "acme/team");
  EXPECT_EQ(parsed->caller.registry_ids, (std::vector<int64_t>{1, 5}));
  EXPECT_EQ(parsed->access, Claims().access);
  EXPECT_EQ(parsed->access[0].name, "x/5/a/b");
  EXPECT_EQ(parsed->expires_at, kNow + absl::Minutes(5));
}

TEST(CallerClaimsTest, SayWhetherAllGroupsAreMeant) {
  CallerClaims claims = Claims();
  EXPECT_FALSE(
      ParseCallerClaims(ToJson(claims), "gw", kNow)->caller.all_groups);
  claims.caller.group.clear();
  EXPECT_FALSE(
      ParseCallerClaims(ToJson(claims), "gw", kNow)->caller.all_groups);
  claims.caller.all_groups = true;
  std::string json = ToJson(claims);
  EXPECT_TRUE(ParseCallerClaims(json, "gw", kNow)->caller.all_groups);
  // As an earlier revision has issued it.
  const std::string said = "\"all_groups\":true,";
  ASSERT_NE(json.find(said), std::string::npos);
  json.erase(json.find(said), said.size());
  const auto old = ParseCallerClaims(json, "gw", kNow);
  ASSERT_THAT(old, IsOk());
  EXPECT_FALSE(old->caller.all_groups);
}

TEST(CallerClaimsTest, CountInTheirTimeGiveOrTakeTheSkewOfClocks) {
  const std::string json = ToJson(Claims());
  const auto refused = StatusIs(absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(ParseCallerClaims(json, "gw", kNow - absl::Seconds(30)), IsOk());
  EXPECT_THAT(ParseCallerClaims(json, "gw", kNow - absl::Seconds(31)), refused);
  const absl::Time end = kNow + absl::Minutes(5);
  EXPECT_THAT(ParseCallerClaims(json, "gw", end + absl::Seconds(29)), IsOk());
  EXPECT_THAT(ParseCallerClaims(json, "gw", end + absl::Seconds(30)), refused);
}

TEST(CallerClaimsTest, AreForOneService) {
  EXPECT_THAT(ParseCallerClaims(ToJson(Claims()), "other", kNow),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(CallerClaimsTest, WhatIsNoneOfOursIsRefused) {
  for (const char* text :
       {"", "{}", "[]", "null", "nonsense", R"({"iss":"cvr","aud":7})",
        R"({"iss":"cvr","aud":"gw","iat":1,"nbf":1,"exp":"x","caller":{}})"}) {
    EXPECT_THAT(ParseCallerClaims(text, "gw", kNow),
                StatusIs(absl::StatusCode::kUnauthenticated))
        << text;
  }
}

}  // namespace
}  // namespace cvr
