#include "services/metadata/local_token_authority.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/access/caller_claims.h"
#include "services/concurrency/thread.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class LocalTokenAuthorityTest : public ::testing::Test {
 protected:
  LocalTokenAuthorityTest() {
    store_.Watch(LocalTokenAuthority::kTables,
                 [this] { client_.NoteRevoked(); });
    EXPECT_THAT(groups_.EnsureDefault(), IsOk());
  }

  v1::CreateAccessTokenResponse Make(v1::AccessToken::Scope scope,
                                     int lifetime_s = 0) {
    v1::CreateAccessTokenRequest request;
    auto& token = *request.mutable_access_token();
    token.set_name(absl::StrCat("t", ++made_));
    if (scope == v1::AccessToken::SCOPE_ADMIN) {
      token.set_all_groups(true);
    } else {
      token.set_group("default");
    }
    token.add_scopes(scope);
    if (lifetime_s > 0) {
      token.mutable_expire_time()->set_seconds(
          absl::ToUnixSeconds(clock_.Now()) + lifetime_s);
    }
    const auto made = tokens_.Create(request);
    EXPECT_THAT(made, IsOk());
    return *made;
  }

  void Revoke(int64_t id) {
    v1::RevokeAccessTokenRequest request;
    request.set_id(id);
    ASSERT_THAT(tokens_.Revoke(request), IsOk());
  }

  absl::StatusOr<v1::ListAccessTokensResponse> ListAll() {
    v1::ListAccessTokensRequest request;
    request.set_group("-");
    return tokens_.List(request);
  }

  absl::StatusOr<CallerClaims> Open(const IssuedToken& issued) {
    const auto trust = client_.GetTrust(0, absl::ZeroDuration());
    if (!trust.ok()) return trust.status();
    const auto claims = VerifyJwt(issued.token, trust->keys);
    if (!claims.ok()) return claims.status();
    return ParseCallerClaims(*claims, "gw", clock_.Now());
  }

  TemporaryDirectory directory_;
  FakeClock clock_;
  WatchedMetadataStore store_{std::make_unique<InMemoryMetadataStore>()};
  const std::unique_ptr<SecretBox> box_ =
      *SecretBox::Create(directory_.path() + "/secret.key");
  AccessTokenAdmin tokens_{store_, clock_, absl::Minutes(5)};
  Sweeper sweeper_{store_};
  GroupAdmin groups_{store_, clock_, sweeper_, tokens_};
  SigningKeys keys_{store_, *box_, clock_, {}};
  LocalTokenAuthority client_{store_, tokens_, keys_, clock_};
  int made_ = 0;
};

TEST_F(LocalTokenAuthorityTest, ASecretIsItsOwnersAlone) {
  const auto reader = Make(v1::AccessToken::SCOPE_READ);
  const auto admin = Make(v1::AccessToken::SCOPE_ADMIN);
  EXPECT_NE(reader.secret(), admin.secret());
  const auto caller = client_.Authenticate(reader.secret());
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->token_id, reader.access_token().id());
  EXPECT_EQ(caller->group, "default");
  EXPECT_TRUE(caller->may_pull);
  EXPECT_FALSE(caller->may_manage);
  EXPECT_FALSE(caller->is_admin);
  EXPECT_TRUE(client_.Authenticate(admin.secret())->is_admin);
  for (const std::string& wrong :
       {std::string(), std::string("cvr_"), reader.secret() + "x",
        std::string(53, 'a')}) {
    EXPECT_THAT(client_.Authenticate(wrong),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
}

TEST_F(LocalTokenAuthorityTest, ATokenEndsWithItsTime) {
  const auto token = Make(v1::AccessToken::SCOPE_READ, 10);
  EXPECT_THAT(client_.Authenticate(token.secret()), IsOk());
  clock_.Advance(absl::Seconds(10));
  EXPECT_THAT(client_.Authenticate(token.secret()),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(LocalTokenAuthorityTest, SecretsAreNotShownAgainNorStored) {
  const auto token = Make(v1::AccessToken::SCOPE_READ);
  const auto listed = ListAll();
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->access_tokens_size(), 1);
  EXPECT_THAT(listed->SerializeAsString(),
              Not(::testing::HasSubstr(token.secret())));
  ASSERT_THAT(store_.Read([&](const ReadTransaction& transaction) {
    return transaction.Scan(
        Table::kAccessTokens, "", "",
        [&](absl::string_view,
            absl::string_view value) -> absl::StatusOr<bool> {
          EXPECT_THAT(std::string(value),
                      Not(::testing::HasSubstr(token.secret())));
          return true;
        });
  }),
              IsOk());
}

TEST_F(LocalTokenAuthorityTest, ItsUseIsNoted) {
  const auto token = Make(v1::AccessToken::SCOPE_READ);
  EXPECT_FALSE(ListAll()->access_tokens(0).has_last_use_time());
  ASSERT_THAT(client_.Authenticate(token.secret()), IsOk());
  const auto used = ListAll();
  EXPECT_EQ(used->access_tokens(0).last_use_time().seconds(),
            absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(LocalTokenAuthorityTest, IssuesWhatTheGatewayCanVerify) {
  const auto token = Make(v1::AccessToken::SCOPE_READ);
  const auto issued = client_.IssueToken(token.secret(), "gw", {});
  ASSERT_THAT(issued, IsOk());
  EXPECT_EQ(issued->lifetime, absl::Minutes(5));
  const auto claims = Open(*issued);
  ASSERT_THAT(claims, IsOk());
  EXPECT_EQ(claims->caller.token_id, token.access_token().id());
  EXPECT_TRUE(claims->caller.may_pull);
  const auto nobody = Open(*client_.IssueToken("", "gw", {}));
  ASSERT_THAT(nobody, IsOk());
  EXPECT_TRUE(nobody->caller.is_anonymous());
  EXPECT_THAT(client_.IssueToken("cvr_wrong", "gw", {}),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(LocalTokenAuthorityTest, WhatIsIssuedEndsWithTheAccessToken) {
  // Shorter than what is issued lives, and than clocks may differ.
  for (const int lifetime_s : {60, 10}) {
    SCOPED_TRACE(lifetime_s);
    const auto token = Make(v1::AccessToken::SCOPE_READ, lifetime_s);
    const auto issued = client_.IssueToken(token.secret(), "gw", {});
    ASSERT_THAT(issued, IsOk());
    EXPECT_EQ(issued->lifetime, absl::Seconds(lifetime_s));
    clock_.Advance(absl::Seconds(lifetime_s - 1));
    EXPECT_THAT(Open(*issued), IsOk());
    clock_.Advance(absl::Seconds(1));
    EXPECT_THAT(Open(*issued), StatusIs(absl::StatusCode::kUnauthenticated));
  }
  const auto longer = Make(v1::AccessToken::SCOPE_READ, 3600);
  EXPECT_EQ(client_.IssueToken(longer.secret(), "gw", {})->lifetime,
            absl::Minutes(5));
}

TEST_F(LocalTokenAuthorityTest, ARevocationOutlivesAllThatWasIssued) {
  const auto token = Make(v1::AccessToken::SCOPE_READ);
  const auto issued = client_.IssueToken(token.secret(), "gw", {});
  Revoke(token.access_token().id());
  while (Open(*issued).ok()) {
    EXPECT_THAT(client_.GetTrust(0, absl::ZeroDuration())->revoked_token_ids,
                ElementsAre(token.access_token().id()));
    clock_.Advance(absl::Seconds(1));
  }
  // A gateway's clock may be late.
  clock_.Advance(kClockSkewMax - absl::Seconds(1));
  EXPECT_THAT(client_.GetTrust(0, absl::ZeroDuration())->revoked_token_ids,
              ElementsAre(token.access_token().id()));
}

TEST_F(LocalTokenAuthorityTest, RevocationsDoNotPileUp) {
  const auto stored = [&] {
    int rows = 0;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      return transaction.Scan(
          Table::kRevocations, "", "",
          [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
            ++rows;
            return true;
          });
    }),
                IsOk());
    return rows;
  };
  for (int i = 0; i < 3; ++i) {
    Revoke(Make(v1::AccessToken::SCOPE_READ).access_token().id());
  }
  EXPECT_EQ(stored(), 3);
  v1::RevokeAccessTokenRequest never_there;
  never_there.set_id(99);
  never_there.set_allow_missing(true);  // Nothing to remember.
  ASSERT_THAT(tokens_.Revoke(never_there), IsOk());
  EXPECT_EQ(stored(), 3);
  clock_.Advance(absl::Minutes(6));
  Revoke(Make(v1::AccessToken::SCOPE_READ).access_token().id());
  EXPECT_EQ(stored(), 1);
}

TEST_F(LocalTokenAuthorityTest, KeysAreReplacedAndTheOldOneVerifiesOn) {
  const auto before = client_.IssueToken("", "gw", {});
  clock_.Advance(absl::Hours(24 * 30));
  const auto after = client_.IssueToken("", "gw", {});
  auto trust = client_.GetTrust(0, absl::ZeroDuration());
  ASSERT_THAT(trust, IsOk());
  EXPECT_THAT(trust->keys, SizeIs(2));
  EXPECT_THAT(VerifyJwt(before->token, trust->keys), IsOk());
  EXPECT_THAT(VerifyJwt(after->token, trust->keys), IsOk());
  clock_.Advance(absl::Minutes(6));
  trust = client_.GetTrust(0, absl::ZeroDuration());
  EXPECT_THAT(trust->keys, SizeIs(1));
  EXPECT_THAT(VerifyJwt(before->token, trust->keys),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(VerifyJwt(after->token, trust->keys), IsOk());
}

TEST_F(LocalTokenAuthorityTest, KeysAreKeptSealed) {
  const auto issued = client_.IssueToken("", "gw", {});
  SigningKeys again(store_, *box_, clock_, {});
  EXPECT_THAT(VerifyJwt(issued->token, *again.Verifying()), IsOk());
  const auto other_box = *SecretBox::Create(directory_.path() + "/other.key");
  SigningKeys stranger(store_, *other_box, clock_, {});
  EXPECT_THAT(stranger.Current(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(LocalTokenAuthorityTest, WhoWaitsHearsOfARevocationAtOnce) {
  const auto token = Make(v1::AccessToken::SCOPE_READ);
  const auto before = client_.GetTrust(0, absl::ZeroDuration());
  ASSERT_THAT(before, IsOk());
  EXPECT_THAT(before->revoked_token_ids, IsEmpty());
  absl::StatusOr<Trust> after = absl::UnknownError("not yet");
  {
    Thread waiting("waiting", [&] {
      after = client_.GetTrust(before->version, absl::InfiniteDuration());
    });
    Revoke(token.access_token().id());
  }
  ASSERT_THAT(after, IsOk());
  EXPECT_NE(after->version, before->version);
  EXPECT_THAT(after->revoked_token_ids, ElementsAre(token.access_token().id()));
  EXPECT_THAT(client_.Authenticate(token.secret()),
              StatusIs(absl::StatusCode::kUnauthenticated));
  // Nothing that was issued for it is about any more.
  clock_.Advance(absl::Minutes(6));
  EXPECT_THAT(client_.GetTrust(0, absl::ZeroDuration())->revoked_token_ids,
              IsEmpty());
}

TEST_F(LocalTokenAuthorityTest, WhoWaitsIsLetGoWhenTheServiceStops) {
  const auto before = client_.GetTrust(0, absl::ZeroDuration());
  client_.Shutdown();
  EXPECT_THAT(client_.GetTrust(before->version, absl::InfiniteDuration()),
              IsOk());
}

// The field was the secret's.
TEST_F(LocalTokenAuthorityTest, UnknownFieldsOfTokensAreNotKept) {
  v1::CreateAccessTokenRequest request;
  auto& token = *request.mutable_access_token();
  token.set_name("t");
  token.set_group("default");
  token.add_scopes(v1::AccessToken::SCOPE_READ);
  token.GetReflection()->MutableUnknownFields(&token)->AddLengthDelimited(
      9, "cvr_planted");
  const auto made = tokens_.Create(request);
  ASSERT_THAT(made, IsOk());
  const auto planted = ::testing::HasSubstr("cvr_planted");
  EXPECT_THAT(made->SerializeAsString(), Not(planted));
  EXPECT_THAT(ListAll()->SerializeAsString(), Not(planted));
}

TEST_F(LocalTokenAuthorityTest, TokensMustMakeSense) {
  const auto wrong = [&](void (*change)(v1::AccessToken&)) {
    v1::CreateAccessTokenRequest request;
    auto& token = *request.mutable_access_token();
    token.set_name("t");
    token.set_group("default");
    token.add_scopes(v1::AccessToken::SCOPE_READ);
    change(token);
    return tokens_.Create(request).status();
  };
  using T = v1::AccessToken;
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(wrong([](T& t) { t.clear_name(); }), invalid);
  EXPECT_THAT(wrong([](T& t) { t.clear_scopes(); }), invalid);
  EXPECT_THAT(wrong([](T& t) { t.add_scopes(T::SCOPE_UNSPECIFIED); }), invalid);
  EXPECT_THAT(wrong([](T& t) { t.mutable_expire_time()->set_seconds(1); }),
              invalid);
  EXPECT_THAT(wrong([](T& t) { t.add_scopes(T::SCOPE_ADMIN); }), invalid);
  EXPECT_THAT(wrong([](T& t) { t.clear_group(); }), invalid);
  const auto unknown = StatusIs(absl::StatusCode::kNotFound);
  EXPECT_THAT(wrong([](T& t) { t.set_group("nowhere"); }), unknown);
  EXPECT_THAT(wrong([](T& t) { t.add_registry_ids(99); }), unknown);
}

}  // namespace
}  // namespace cvr::testing
