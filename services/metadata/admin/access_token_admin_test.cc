#include "services/metadata/admin/access_token_admin.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/token_tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class AccessTokenAdminTest : public ::testing::Test {
 protected:
  AccessTokenAdminTest() {
    for (const char* name : {"default", "acme"}) {
      stored::Group group;
      group.set_name(name);
      EXPECT_THAT(store_.Write(
                      [&](WriteTransaction& transaction) {
                        tables::PutGroup(transaction, group);
                        return absl::OkStatus();
                      },
                      Durability::kSynced),
                  IsOk());
    }
  }

  // Of all groups when `group` is empty.
  absl::StatusOr<v1::CreateAccessTokenResponse> Create(
      const std::string& name, const std::string& group = "default",
      v1::AccessToken::Scope scope = v1::AccessToken::SCOPE_READ) {
    v1::CreateAccessTokenRequest request;
    auto& token = *request.mutable_access_token();
    token.set_name(name);
    if (group.empty()) {
      token.set_all_groups(true);
    } else {
      token.set_group(group);
    }
    token.add_scopes(scope);
    return tokens_.Create(request);
  }

  std::vector<std::string> Names(v1::ListAccessTokensRequest request) {
    std::vector<std::string> names;
    request.set_page_size(1);
    do {
      const auto page = tokens_.List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& one : page->access_tokens()) names.push_back(one.name());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }

  absl::Status Revoke(int64_t id, bool allow_missing = false) {
    v1::RevokeAccessTokenRequest request;
    request.set_id(id);
    request.set_allow_missing(allow_missing);
    return tokens_.Revoke(request).status();
  }

  FakeClock clock_;
  InMemoryMetadataStore store_;
  AccessTokenAdmin tokens_{store_, clock_, absl::Minutes(5)};
};

TEST_F(AccessTokenAdminTest, TheSecretIsInTheFirstAnswerAlone) {
  const auto made = Create("ci");
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(made->secret(), StartsWith("cvr_"));
  v1::GetAccessTokenRequest get;
  get.set_id(made->access_token().id());
  const auto got = tokens_.Get(get);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->SerializeAsString(), made->access_token().SerializeAsString());
  get.set_id(99);
  EXPECT_THAT(tokens_.Get(get),
              StatusIs(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
}

TEST_F(AccessTokenAdminTest, WhatIsOutputOnlyCountsForNothing) {
  v1::CreateAccessTokenRequest request;
  auto& token = *request.mutable_access_token();
  token.set_name("ci");
  token.set_group("acme");
  token.add_scopes(v1::AccessToken::SCOPE_READ);
  token.set_id(77);
  token.mutable_last_use_time()->set_seconds(5);
  const auto made = tokens_.Create(request);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->access_token().id(), 1);
  EXPECT_FALSE(made->access_token().has_last_use_time());
}

TEST_F(AccessTokenAdminTest, NamesAreUniqueWhereTheTokenBelongs) {
  const auto exists =
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists);
  ASSERT_THAT(Create("ci"), IsOk());
  const auto refused = Create("ci");
  EXPECT_THAT(refused, exists);
  EXPECT_EQ(ResourceOf(refused.status())->type, "access_token");
  EXPECT_EQ(ResourceOf(refused.status())->name, "1");
  EXPECT_THAT(Create("ci", "acme"), IsOk());
  EXPECT_THAT(Create("ci", ""), IsOk());
  EXPECT_THAT(Create("ci", "", v1::AccessToken::SCOPE_ADMIN), exists);
  // It is free again when its token is revoked.
  ASSERT_THAT(Revoke(1), IsOk());
  EXPECT_THAT(Create("ci"), IsOk());
}

// Earlier revisions had no such rule, and their tokens go on.
TEST_F(AccessTokenAdminTest, OldTokensMayShareAName) {
  std::vector<std::string> secrets;
  for (const char* name : {"a", "b"}) {
    const auto made = Create(name);
    ASSERT_THAT(made, IsOk());
    secrets.push_back(made->secret());
  }
  ASSERT_THAT(store_.Write(
                  [](WriteTransaction& transaction) -> absl::Status {
                    auto row = **tables::FindAccessToken(transaction, 2);
                    row.mutable_access_token()->set_name("a");
                    tables::PutAccessToken(transaction, row);
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  for (const auto& secret : secrets) {
    EXPECT_THAT(tokens_.Authenticate(secret), IsOk());
  }
  EXPECT_THAT(Create("a"), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(AccessTokenAdminTest, ATokenOpensItsGroupOrAllOfThem) {
  const auto of_group = tokens_.Authenticate(Create("g", "acme")->secret());
  ASSERT_THAT(of_group, IsOk());
  EXPECT_EQ(of_group->group, "acme");
  EXPECT_FALSE(of_group->all_groups);
  const auto of_all = tokens_.Authenticate(Create("all", "")->secret());
  ASSERT_THAT(of_all, IsOk());
  EXPECT_TRUE(of_all->all_groups);
  EXPECT_FALSE(of_all->is_admin);
  EXPECT_THAT(Create("admin", "acme", v1::AccessToken::SCOPE_ADMIN),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Create("t", "nowhere"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(AccessTokenAdminTest, ListsByGroupAndName) {
  ASSERT_THAT(Create("ci"), IsOk());
  ASSERT_THAT(Create("ci-old", "acme"), IsOk());
  ASSERT_THAT(Create("root", "", v1::AccessToken::SCOPE_ADMIN), IsOk());
  v1::ListAccessTokensRequest request;
  EXPECT_THAT(tokens_.List(request),
              StatusIs(absl::StatusCode::kInvalidArgument));
  request.set_group("-");
  EXPECT_THAT(Names(request), ElementsAre("ci", "ci-old", "root"));
  request.set_filter("name : \"CI\"");
  EXPECT_THAT(Names(request), ElementsAre("ci", "ci-old"));
  request.set_filter("name = \"ci\"");
  EXPECT_THAT(Names(request), ElementsAre("ci"));
  request.set_group("acme");
  EXPECT_THAT(Names(request), IsEmpty());
  request.clear_filter();
  EXPECT_THAT(Names(request), ElementsAre("ci-old"));
}

TEST_F(AccessTokenAdminTest, WhatIsRevokedIsNotFoundAgainUnlessThatIsFine) {
  ASSERT_THAT(Create("ci"), IsOk());
  EXPECT_THAT(Revoke(1), IsOk());
  EXPECT_THAT(Revoke(1),
              StatusIs(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
  EXPECT_THAT(Revoke(1, /*allow_missing=*/true), IsOk());
}

TEST_F(AccessTokenAdminTest, CallersSeeTheirOwnToken) {
  const auto made = Create("ci", "acme");
  ASSERT_THAT(made, IsOk());
  const auto caller = tokens_.Authenticate(made->secret());
  ASSERT_THAT(caller, IsOk());
  const auto seen = tokens_.GetCaller({}, *caller);
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->access_token().name(), "ci");
  EXPECT_EQ(seen->access_token().group(), "acme");
  ASSERT_THAT(Revoke(1), IsOk());
  EXPECT_THAT(tokens_.GetCaller({}, *caller),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

}  // namespace
}  // namespace cvr::testing
