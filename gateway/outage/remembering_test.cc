#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/outage/bounded_memory.h"
#include "gateway/outage/metadata_contact.h"
#include "gateway/outage/remembering_resolver.h"
#include "gateway/outage/remembering_token_authority.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/mutex.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

// What a gateway goes on with while the metadata service is away.
namespace cvr {
namespace {

using testing::FakeClock;
using testing::IsOk;
using testing::StatusIs;

constexpr absl::Duration kGrace = absl::Minutes(5);

absl::Status Silence() { return absl::UnavailableError("connection refused"); }
// The service is there, and its disk fails.
absl::Status UnavailableAnswer() {
  return FromRpcStatus(ToRpcStatus(absl::UnavailableError("the disk fails")));
}

Caller Bob() {
  Caller bob;
  bob.token_id = 7;
  bob.may_pull = true;
  bob.group = "team";
  return bob;
}

ResolveRequest RequestFor(const std::string& reference,
                          const Caller& caller = Bob()) {
  return {1,
          {*Repository::Parse("library/alpine"), *Reference::Parse(reference),
           ContentKind::kManifest},
          /*counts_as_pull=*/true,
          "",
          caller};
}

// The metadata service, which answers what a test says.
class ScriptedMetadata : public Resolver, public TokenAuthority {
 public:
  using Answer =
      std::function<absl::StatusOr<Resolution>(const ResolveRequest& request)>;

  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override {
    Answer answer;
    {
      MutexLock lock(&mutex_);
      ++resolves_;
      patience_ = request.patience;
      answer = answer_;
    }
    return answer(request);
  }
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller&, int64_t, const CachedRepository&, int) override {
    return std::vector<CachedRepository>();
  }
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view) override {
    return absl::NotFoundError("no name is known");
  }
  absl::StatusOr<Caller> Authenticate(absl::string_view secret) override {
    if (!auth_error.ok()) return auth_error;
    Caller caller = Bob();
    caller.token_name = std::string(secret);
    caller.expires_at = expires_at;
    return caller;
  }
  absl::StatusOr<IssuedToken> IssueToken(
      absl::string_view secret, absl::string_view /*audience*/,
      absl::Span<const TokenAccess> wanted) override {
    if (!auth_error.ok()) return auth_error;
    return IssuedToken{absl::StrCat("token ", ++issued, " of ", secret),
                       absl::UnixEpoch(),
                       token_lifetime,
                       {wanted.begin(), wanted.end()}};
  }
  absl::StatusOr<Trust> GetTrust(uint64_t, absl::Duration) override {
    if (!auth_error.ok()) return auth_error;
    return Trust{.version = trust_version};
  }

  void set_answer(Answer answer) {
    MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  void set_error(const absl::Status& error) {
    set_answer([error](const ResolveRequest&) { return error; });
  }
  int resolves() const {
    MutexLock lock(&mutex_);
    return resolves_;
  }
  absl::Duration patience() const {
    MutexLock lock(&mutex_);
    return patience_;
  }

  absl::Status auth_error;
  absl::Time expires_at = absl::InfiniteFuture();
  absl::Duration token_lifetime = kGrace;
  int issued = 0;
  uint64_t trust_version = 1;

 private:
  mutable Mutex mutex_;
  Answer answer_ ABSL_GUARDED_BY(mutex_);
  int resolves_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration patience_ ABSL_GUARDED_BY(mutex_);
};

const Digest kDigest = Digest::OfBytes("manifest");

Resolution HitFor(absl::Duration stale_for) {
  Resolution resolution;
  resolution.hit = Hit{{"application/json", kDigest, 8}, 11};
  Candidate candidate;
  candidate.upstream_id = 11;
  candidate.cached = CachedEntry{resolution.hit->target};
  candidate.cached->stale_for = stale_for;
  resolution.plan.candidates.push_back(candidate);
  resolution.plan.group = "team";
  return resolution;
}

Resolution Miss() {
  Resolution resolution = HitFor(absl::InfiniteDuration());
  resolution.hit.reset();
  return resolution;
}

class RememberingTest : public ::testing::Test {
 protected:
  RememberingTest() { Answers(absl::InfiniteDuration()); }

  void Answers(absl::Duration stale_for) {
    metadata_.set_answer(
        [stale_for](const ResolveRequest&) { return HitFor(stale_for); });
  }

  // Nothing is asked in the background, but where a test is about that.
  std::unique_ptr<RememberingResolver> Make(
      RememberingResolver::Options options) {
    return std::make_unique<RememberingResolver>(metadata_, contact_, options,
                                                 clock_);
  }
  static RememberingResolver::Options Quiet() {
    RememberingResolver::Options options;
    options.grace = kGrace;
    options.confirm_after = {};
    return options;
  }

  ScriptedMetadata metadata_;
  MetadataContact contact_;
  FakeClock clock_;
  std::unique_ptr<RememberingResolver> resolver_ = Make(Quiet());
  RememberingTokenAuthority auth_{metadata_, metadata_, contact_, {}, clock_};
};

TEST_F(RememberingTest, AHitIsRepeatedWhileTheServiceIsAway) {
  const auto answered = resolver_->Resolve(RequestFor("1"));
  ASSERT_THAT(answered, IsOk());
  EXPECT_FALSE(answered->remembered);
  metadata_.set_error(Silence());
  const auto repeated = resolver_->Resolve(RequestFor("1"));
  ASSERT_THAT(repeated, IsOk());
  EXPECT_TRUE(repeated->remembered);
  EXPECT_EQ(repeated->hit->target.digest, kDigest);
  EXPECT_EQ(repeated->hit->upstream_id, 11);
  EXPECT_EQ(repeated->plan.group, "team");
  EXPECT_TRUE(repeated->plan.candidates.empty());
  // Clients of a tag go on with what it points at.
  EXPECT_THAT(resolver_->Resolve(RequestFor(kDigest.ToString())), IsOk());
}

TEST_F(RememberingTest, NothingElseIsKnownThen) {
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.set_error(Silence());
  const auto is_away = StatusIs(absl::StatusCode::kUnavailable);
  EXPECT_THAT(resolver_->Resolve(RequestFor("2")), is_away);
  std::vector<ResolveRequest> others(4, RequestFor("1"));
  others[0].registry_id = 2;
  others[1].content.kind = ContentKind::kBlob;
  others[2].source_namespace = "docker.io";
  others[3].content.repository = *Repository::Parse("library/alpin");
  for (const auto& other : others) {
    EXPECT_THAT(resolver_->Resolve(other), is_away);
  }
}

// Whoever differs in anything is somebody else.
TEST_F(RememberingTest, EachCallerHasHisOwn) {
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.set_error(Silence());
  std::vector<Caller> others(6, Bob());
  others[0] = Caller();
  others[1].token_id = 8;
  others[2].group = "team2";
  others[3].registry_ids = {1};
  others[4].is_admin = true;
  others[5].may_pull = false;
  for (const Caller& other : others) {
    EXPECT_THAT(resolver_->Resolve(RequestFor("1", other)),
                StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_THAT(resolver_->Resolve(RequestFor("1", Bob())), IsOk());
}

TEST_F(RememberingTest, AnAnswerCountsWhateverItIs) {
  const std::vector<absl::Status> answers = {
      UnavailableAnswer(), errors::RegistryUnknown("1"), errors::Denied("no"),
      errors::Unauthenticated(), absl::InternalError("bug")};
  for (const absl::Status& answer : answers) {
    Answers(absl::InfiniteDuration());
    ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
    metadata_.set_error(answer);
    EXPECT_EQ(resolver_->Resolve(RequestFor("1")).status(), answer);
    // And what it said before counts no more.
    metadata_.set_error(Silence());
    EXPECT_THAT(resolver_->Resolve(RequestFor("1")),
                StatusIs(absl::StatusCode::kUnavailable));
  }
}

TEST_F(RememberingTest, WhatIsNoHitAnyMoreIsForgotten) {
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.set_answer([](const ResolveRequest&) { return Miss(); });
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.set_error(Silence());
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RememberingTest, DecisionsEndWithTheirTime) {
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.set_error(Silence());
  clock_.Advance(kGrace - absl::Seconds(1));
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")),
              StatusIs(absl::StatusCode::kUnavailable));
}

// What its upstream's settings say of a stale tag holds.
TEST_F(RememberingTest, ATagEndsWhenItIsTooStale) {
  Answers(/*stale_for=*/absl::Seconds(10));
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.set_error(Silence());
  clock_.Advance(absl::Seconds(9));
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(resolver_->Resolve(RequestFor(kDigest.ToString())), IsOk());
}

// Somebody may have changed everything meanwhile.
TEST_F(RememberingTest, AfterAnOutageNothingOfBeforeCounts) {
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  ASSERT_THAT(resolver_->Resolve(RequestFor("2")), IsOk());
  metadata_.set_error(Silence());
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  Answers(absl::InfiniteDuration());
  ASSERT_THAT(resolver_->Resolve(RequestFor("2")), IsOk());
  metadata_.set_error(Silence());
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")),
              StatusIs(absl::StatusCode::kUnavailable));
}

// Answers that are on their way when the service goes are no sign of its
// return, or nothing would be remembered when it is needed.
TEST_F(RememberingTest, ALateAnswerIsNoSignOfReturn) {
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  const absl::Status late = contact_.Query([&] {
    metadata_.set_error(Silence());
    EXPECT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
    return absl::OkStatus();
  });
  EXPECT_THAT(late, IsOk());
  EXPECT_TRUE(contact_.is_away());
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  EXPECT_THAT(contact_.Query([] { return absl::OkStatus(); }), IsOk());
  EXPECT_FALSE(contact_.is_away());
}

// Changes are told by the trust's version: a purge just before an outage holds.
TEST_F(RememberingTest, AChangeEndsWhatWasDecidedBefore) {
  ASSERT_THAT(auth_.GetTrust(0, absl::ZeroDuration()), IsOk());
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  ASSERT_THAT(auth_.Authenticate("s"), IsOk());
  ASSERT_THAT(auth_.GetTrust(1, absl::ZeroDuration()), IsOk());
  metadata_.set_error(Silence());
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.trust_version = 2;
  ASSERT_THAT(auth_.GetTrust(1, absl::ZeroDuration()), IsOk());
  metadata_.auth_error = Silence();
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(auth_.Authenticate("s"),
              StatusIs(absl::StatusCode::kUnavailable));
}

// An answer that was given before the change and comes after the news of it.
TEST_F(RememberingTest, AnAnswerFromBeforeAChangeIsNotRemembered) {
  metadata_.set_answer([&](const ResolveRequest&) {
    contact_.NoteChange();
    return HitFor(absl::InfiniteDuration());
  });
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  metadata_.set_error(Silence());
  EXPECT_THAT(resolver_->Resolve(RequestFor("1")),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RememberingTest, ItCanBeTurnedOff) {
  auto options = Quiet();
  options.grace = absl::ZeroDuration();
  const auto resolver = Make(options);
  ASSERT_THAT(resolver->Resolve(RequestFor("1")), IsOk());
  metadata_.set_error(Silence());
  EXPECT_THAT(resolver->Resolve(RequestFor("1")),
              StatusIs(absl::StatusCode::kUnavailable));
  RememberingTokenAuthority auth(metadata_, metadata_, contact_,
                                 {absl::ZeroDuration()}, clock_);
  ASSERT_THAT(auth.Authenticate("s"), IsOk());
  ASSERT_THAT(auth.IssueToken("s", "gw", {}), IsOk());
  metadata_.auth_error = Silence();
  EXPECT_THAT(auth.Authenticate("s"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(auth.IssueToken("s", "gw", {}),
              StatusIs(absl::StatusCode::kUnavailable));
}

// A service that hangs is not waited for again and again.
TEST_F(RememberingTest, WhatIsRememberedWaitsLess) {
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  EXPECT_EQ(metadata_.patience(), absl::InfiniteDuration());
  metadata_.set_error(Silence());
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  const absl::Duration first = metadata_.patience();
  EXPECT_LT(first, absl::InfiniteDuration());
  ASSERT_THAT(resolver_->Resolve(RequestFor("1")), IsOk());
  EXPECT_LT(metadata_.patience(), first);
  EXPECT_THAT(resolver_->Resolve(RequestFor("2")),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(metadata_.patience(), absl::InfiniteDuration());
}

// One pull is enough: what it brought is asked about once it is stored.
TEST_F(RememberingTest, WhatWasPulledIsAskedAboutAgain) {
  auto options = Quiet();
  options.confirm_after = {absl::Seconds(1), absl::Seconds(5)};
  options.confirm_interval = absl::Milliseconds(1);
  const auto resolver = Make(options);
  metadata_.set_answer([](const ResolveRequest&) { return Miss(); });
  ASSERT_THAT(resolver->Resolve(RequestFor("1")), IsOk());
  EXPECT_EQ(metadata_.resolves(), 1);
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(testing::Eventually([&] { return metadata_.resolves() >= 2; },
                                  "the miss is asked about again"));
  metadata_.set_answer([](const ResolveRequest& request) {
    EXPECT_FALSE(request.counts_as_pull);
    return HitFor(absl::InfiniteDuration());
  });
  clock_.Advance(absl::Seconds(4));
  ASSERT_TRUE(testing::Eventually([&] { return metadata_.resolves() >= 3; },
                                  "it is asked about once more"));
  metadata_.set_error(Silence());
  // The answer may be on its way still.
  absl::StatusOr<Resolution> repeated;
  ASSERT_TRUE(testing::Eventually(
      [&] { return (repeated = resolver->Resolve(RequestFor("1"))).ok(); },
      "the answer is remembered"));
  EXPECT_TRUE(repeated->remembered);
}

TEST_F(RememberingTest, ASecretIsKnownAgain) {
  ASSERT_THAT(auth_.Authenticate("s"), IsOk());
  metadata_.auth_error = Silence();
  const auto known = auth_.Authenticate("s");
  ASSERT_THAT(known, IsOk());
  EXPECT_EQ(known->token_name, "s");
  EXPECT_THAT(auth_.Authenticate("t"),
              StatusIs(absl::StatusCode::kUnavailable));
  clock_.Advance(kGrace);
  EXPECT_THAT(auth_.Authenticate("s"),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RememberingTest, ASecretEndsWhenItsTokenDoes) {
  metadata_.expires_at = clock_.Now() + absl::Seconds(10);
  ASSERT_THAT(auth_.Authenticate("s"), IsOk());
  metadata_.auth_error = Silence();
  clock_.Advance(absl::Seconds(9));
  EXPECT_THAT(auth_.Authenticate("s"), IsOk());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(auth_.Authenticate("s"),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RememberingTest, ARefusedSecretIsForgotten) {
  ASSERT_THAT(auth_.Authenticate("s"), IsOk());
  ASSERT_THAT(auth_.IssueToken("s", "gw", {}), IsOk());
  metadata_.auth_error = errors::Unauthenticated();
  EXPECT_THAT(auth_.Authenticate("s"),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(auth_.IssueToken("s", "gw", {}),
              StatusIs(absl::StatusCode::kUnauthenticated));
  metadata_.auth_error = Silence();
  EXPECT_THAT(auth_.Authenticate("s"),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(auth_.IssueToken("s", "gw", {}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RememberingTest, AnIssuedTokenIsHandedOutAgainUntilItEnds) {
  const std::vector<TokenAccess> wanted = {
      {TokenAccess::Kind::kRepository, 1, "library/alpine", "a"}};
  const auto issued = auth_.IssueToken("s", "gw", wanted);
  ASSERT_THAT(issued, IsOk());
  metadata_.auth_error = Silence();
  const auto again = auth_.IssueToken("s", "gw", wanted);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->token, issued->token);
  EXPECT_EQ(again->issued_at, issued->issued_at);
  EXPECT_EQ(again->access, wanted);
  const auto is_away = StatusIs(absl::StatusCode::kUnavailable);
  EXPECT_THAT(auth_.IssueToken("", "gw", wanted), is_away);
  EXPECT_THAT(auth_.IssueToken("t", "gw", wanted), is_away);
  EXPECT_THAT(auth_.IssueToken("s", "other", wanted), is_away);
  EXPECT_THAT(auth_.IssueToken("s", "gw", {}), is_away);
  clock_.Advance(metadata_.token_lifetime - absl::Seconds(5));
  EXPECT_THAT(auth_.IssueToken("s", "gw", wanted), is_away);
}

TEST(BoundedMemoryTest, AnOwnerTakesTheRoomOfHisOwn) {
  BoundedMemory<int> memory(1 << 20);
  const auto put = [&](const std::string& owner, int i) {
    memory.Put(absl::StrCat(owner, i), {{owner, 4}}, i, /*value_bytes=*/1000, 1,
               absl::InfiniteFuture());
  };
  const auto has = [&](const std::string& key) {
    return memory.Find(key, 1, absl::UnixEpoch()).has_value();
  };
  put("quiet", 0);
  for (int i = 0; i < 10000; ++i) put("loud", i);
  EXPECT_TRUE(has("quiet0"));
  EXPECT_TRUE(has("loud9999"));
  EXPECT_FALSE(has("loud0"));
  // A quarter.
  EXPECT_LE(memory.size(), 1 + (1 << 18) / 1000);
  EXPECT_GE(memory.size(), 100);
}

TEST(BoundedMemoryTest, AllTogetherAreBounded) {
  BoundedMemory<int> memory(1 << 20);
  for (int i = 0; i < 10000; ++i) {
    memory.Put(absl::StrCat(i), {{absl::StrCat("owner ", i), 4}}, i,
               /*value_bytes=*/1000, 1, absl::InfiniteFuture());
  }
  EXPECT_LE(memory.size(), (1 << 20) / 1000);
  EXPECT_TRUE(memory.Find("9999", 1, absl::UnixEpoch()).has_value());
  EXPECT_FALSE(memory.Find("0", 1, absl::UnixEpoch()).has_value());
  // Larger than a share.
  memory.Put("huge", {{"owner", 4}}, 1, 1 << 19, 1, absl::InfiniteFuture());
  EXPECT_FALSE(memory.Find("huge", 1, absl::UnixEpoch()).has_value());
}

TEST(BoundedMemoryTest, OtherGenerationsAndTimesAreAbsent) {
  BoundedMemory<int> memory(1 << 20);
  const absl::Time now = absl::UnixEpoch();
  memory.Put("a", {}, 1, 0, 5, now + absl::Seconds(1));
  EXPECT_EQ(memory.Find("a", 5, now), 1);
  EXPECT_FALSE(memory.Find("a", 6, now).has_value());
  EXPECT_EQ(memory.size(), 0);
  memory.Put("a", {}, 1, 0, 5, now + absl::Seconds(1));
  memory.Put("a", {}, 2, 0, 5, now + absl::Seconds(1));
  EXPECT_EQ(memory.size(), 1);
  EXPECT_EQ(memory.Find("a", 5, now), 2);
  EXPECT_FALSE(memory.Find("a", 5, now + absl::Seconds(1)).has_value());
}

}  // namespace
}  // namespace cvr
