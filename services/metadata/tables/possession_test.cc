#include "services/metadata/tables/possession.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

// Whose bytes stored bytes are, as far as the metadata service decides it.
namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kUrl[] = "https://registry.test";

class PossessionTest : public MetadataFixture {
 protected:
  PossessionTest() {
    EXPECT_THAT(CreateGroup("a"), IsOk());
    EXPECT_THAT(CreateGroup("b"), IsOk());
  }

  static v1::Upstream WithPassword(v1::Upstream upstream,
                                   const std::string& password) {
    // The password alone may make the difference, and names are unique.
    upstream.set_name(absl::StrCat(upstream.name(), " ", password));
    SetCredentials("user", password, upstream);
    return upstream;
  }

  // An upstream in a registry of its own; answers the id of both, which are
  // the same.
  int64_t Add(const v1::Upstream& upstream) {
    const auto registry =
        CreateRegistry(absl::StrCat("r", ++registries_), upstream.group());
    const auto created = CreateUpstream(upstream);
    EXPECT_THAT(registry, IsOk());
    EXPECT_THAT(created, IsOk());
    EXPECT_EQ(registry->id(), created->id());
    EXPECT_THAT(Attach(registry->id(), created->id()), IsOk());
    return created->id();
  }

  Candidate CandidateOf(int64_t id, const std::string& path = kBlob) {
    const auto resolution = Resolve(id, path);
    EXPECT_THAT(resolution, IsOk());
    return resolution->plan.candidates[0];
  }
  bool Hits(int64_t id, const std::string& path = kBlob) {
    return Resolve(id, path)->hit.has_value();
  }
  int64_t IdentityOf(int64_t id) { return CandidateOf(id).identity; }

  // The upstream has it at the path, and delivered it.
  void Deliver(int64_t id, const std::string& path = kBlob) {
    ASSERT_THAT(stack_->client().Record(RecordOf(id, path, digest_)), IsOk());
  }
  // The upstream only names it.
  void Name(int64_t id, const std::string& path = kBlob) {
    CacheRecord record = RecordOf(id, path, digest_);
    record.delivered_to = 0;
    ASSERT_THAT(stack_->client().Record(record), IsOk());
  }
  void Change(int64_t id, v1::Upstream to,
              const std::vector<std::string>& paths) {
    to.set_id(id);
    ASSERT_THAT(UpdateUpstream(to, paths), IsOk());
  }
  void DeleteEntry(int64_t id) {
    v1::DeleteCacheEntryRequest request;
    request.set_id(id);
    ASSERT_THAT(stack_->cache_entries().Delete(request), IsOk());
  }

  static inline const Digest digest_ = Digest::OfBytes("layer");
  static inline const std::string kBlob = "/r/blobs/" + digest_.ToString();
  static inline const std::string kOtherBlob =
      "/other/blobs/" + digest_.ToString();
  int registries_ = 0;
};

TEST_F(PossessionTest, WithoutCredentialsAllWhoAskOneUrlAreOne) {
  const int64_t first = Add(NewUpstream(kUrl, "a"));
  const int64_t second = Add(NewUpstream("https://REGISTRY.test/v2/", "b"));
  const int64_t other = Add(NewUpstream("https://other.test", "a"));
  const Candidate candidate = CandidateOf(first);
  EXPECT_GT(candidate.identity, 0);
  EXPECT_EQ(candidate.identity, candidate.public_identity);
  EXPECT_EQ(IdentityOf(second), candidate.identity);
  EXPECT_NE(IdentityOf(other), candidate.identity);
  // Also those who come when nobody is left.
  ASSERT_THAT(DeleteUpstream(first), IsOk());
  ASSERT_THAT(DeleteUpstream(second), IsOk());
  const auto again = CreateUpstream(NewUpstream(kUrl, "a"));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(stack_->client().GetUpstreamAccess(again->id())->identity,
            candidate.identity);
}

TEST_F(PossessionTest, CredentialsAreTheirGroupsAlone) {
  const int64_t first = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  const int64_t second = Add(WithPassword(NewUpstream(kUrl, "b"), "p"));
  const int64_t anonymous = Add(NewUpstream(kUrl, "a"));
  EXPECT_NE(IdentityOf(first), IdentityOf(second));
  EXPECT_NE(IdentityOf(first), IdentityOf(anonymous));
  EXPECT_EQ(CandidateOf(first).public_identity, IdentityOf(anonymous));
  v1::Upstream certified = NewUpstream("https://tls.test", "a");
  const int64_t plain = Add(NewUpstream("https://tls.test", "b"));
  certified.mutable_tls()->set_ca_bundle_pem("");
  EXPECT_EQ(IdentityOf(Add(certified)), IdentityOf(plain));
}

TEST_F(PossessionTest, OtherCredentialsOrAnotherUrlPossessNothing) {
  const v1::Upstream given = WithPassword(NewUpstream(kUrl, "a"), "p");
  const int64_t id = Add(given);
  const auto expect_lost = [&](const v1::Upstream& to,
                               const std::vector<std::string>& paths) {
    Deliver(id);
    ASSERT_TRUE(Hits(id));
    const int64_t before = IdentityOf(id);
    Change(id, to, paths);
    EXPECT_NE(IdentityOf(id), before) << paths[0];
    EXPECT_FALSE(CandidateOf(id).possessed) << paths[0];
    EXPECT_FALSE(Hits(id)) << paths[0];
  };
  expect_lost(WithPassword(given, "q"), {"credentials"});
  // Not even those of before.
  expect_lost(WithPassword(given, "p"), {"credentials"});
  v1::Upstream moved = WithPassword(NewUpstream("https://new.test", "a"), "p");
  expect_lost(moved, {"url", "credentials"});
  v1::Upstream anonymous;
  expect_lost(anonymous, {"credentials"});
  EXPECT_EQ(IdentityOf(id), CandidateOf(id).public_identity);
}

TEST_F(PossessionTest, OtherChangesOfAnUpstreamLoseNothing) {
  const int64_t id = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  Deliver(id);
  v1::Upstream renamed = NewUpstream(std::string(kUrl) + "/", "a");
  renamed.set_name("new name");
  Change(id, renamed, {"name", "url"});
  EXPECT_TRUE(Hits(id));
  ASSERT_THAT(stack_->secret_rotation().RotateNow(), IsOk());
  EXPECT_TRUE(Hits(id));
}

TEST_F(PossessionTest, NamingIsNoPossession) {
  const int64_t id = Add(NewUpstream(kUrl, "a"));
  Name(id);
  const Candidate named = CandidateOf(id);
  EXPECT_TRUE(named.reachable);
  EXPECT_TRUE(named.cached);
  EXPECT_FALSE(named.possessed);
  EXPECT_FALSE(Hits(id));
  Name(id, "/r/manifests/tag");
  EXPECT_FALSE(Hits(id, "/r/manifests/tag"));
  Deliver(id);
  EXPECT_TRUE(Hits(id));
  // The same bytes, whatever they are called.
  EXPECT_TRUE(Hits(id, "/r/manifests/tag"));
}

TEST_F(PossessionTest, NobodyPossessesInAnothersName) {
  const int64_t mine = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  const int64_t yours = Add(WithPassword(NewUpstream(kUrl, "b"), "p"));
  CacheRecord record = RecordOf(mine, kBlob, digest_);
  record.delivered_to = IdentityOf(yours);
  ASSERT_THAT(stack_->client().Record(record), IsOk());
  record.delivered_to = -mine;
  ASSERT_THAT(stack_->client().Record(record), IsOk());
  EXPECT_FALSE(CandidateOf(mine).possessed);
  EXPECT_FALSE(CandidateOf(yours).possessed);
}

TEST_F(PossessionTest, WhatIsPublicIsForAllWhoAskThatUrl) {
  const int64_t first = Add(NewUpstream(kUrl, "a"));
  const int64_t second = Add(NewUpstream(kUrl, "b"));
  const int64_t third = Add(WithPassword(NewUpstream(kUrl, "b"), "p"));
  const int64_t other = Add(NewUpstream("https://other.test", "b"));
  for (const int64_t id : {second, third, other}) Name(id);
  Deliver(first);
  EXPECT_TRUE(Hits(second));
  EXPECT_TRUE(Hits(third));
  EXPECT_FALSE(Hits(other));
  // Not so what credentials brought.
  ASSERT_THAT(stack_->client().ForgetContent({digest_}), IsOk());
  for (const int64_t id : {first, second}) Name(id);
  Deliver(third);
  EXPECT_TRUE(Hits(third));
  EXPECT_FALSE(Hits(first));
  EXPECT_FALSE(Hits(second));
}

// Else it would depend on others' entries whether it is asked for again.
TEST_F(PossessionTest, ItGoesWithTheLastEntry) {
  const int64_t id = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  const int64_t other = Add(WithPassword(NewUpstream(kUrl, "b"), "p"));
  Deliver(id);
  Deliver(id, kOtherBlob);
  Deliver(other);
  DeleteEntry(1);
  EXPECT_TRUE(CandidateOf(id, kOtherBlob).possessed);
  DeleteEntry(2);
  EXPECT_FALSE(CandidateOf(id, kOtherBlob).possessed);
  EXPECT_TRUE(CandidateOf(other).possessed);
  Deliver(id);
  ASSERT_THAT(stack_->client().RecordNegativeAnswer(At(id), Content(kBlob),
                                                    NegativeAnswer::kNotFound),
              IsOk());
  clock_.Advance(absl::Hours(24));
  EXPECT_FALSE(CandidateOf(id).possessed);
  Deliver(id);
  ASSERT_THAT(Purge(id), IsOk());
  EXPECT_FALSE(CandidateOf(id).possessed);
  // Not even when it is named again.
  Name(id);
  EXPECT_FALSE(CandidateOf(id).possessed);
  EXPECT_TRUE(CandidateOf(other).possessed);
}

TEST_F(PossessionTest, ItGoesWhenATagMovesOn) {
  const int64_t id = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  Deliver(id, "/r/manifests/tag");
  ASSERT_TRUE(CandidateOf(id).possessed);
  ASSERT_THAT(stack_->client().Record(
                  RecordOf(id, "/r/manifests/tag", Digest::OfBytes("next"))),
              IsOk());
  EXPECT_FALSE(CandidateOf(id).possessed);
}

TEST_F(PossessionTest, WhatIsPublicStaysUntilTheBytesGo) {
  const int64_t id = Add(NewUpstream(kUrl, "a"));
  Deliver(id);
  DeleteEntry(1);
  EXPECT_TRUE(CandidateOf(id).possessed);
  const auto garbage = stack_->client().ListGarbage(0, 10);
  ASSERT_THAT(garbage, IsOk());
  ASSERT_THAT(*garbage, SizeIs(1));
  ASSERT_THAT(stack_->client().RemoveGarbage({garbage->front().id}), IsOk());
  EXPECT_FALSE(CandidateOf(id).possessed);
}

// An entry that somebody has declared would tell by going that others' bytes
// were there.
TEST_F(PossessionTest, EvictionTellsNothingOfOthersBytes) {
  const int64_t victim = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  const int64_t adversary = Add(WithPassword(NewUpstream(kUrl, "b"), "p"));
  Deliver(victim);
  Name(adversary);
  ASSERT_THAT(stack_->client().ForgetContent({digest_}), IsOk());
  EXPECT_THAT(*Entries(victim), IsEmpty());
  EXPECT_THAT(*Entries(adversary), SizeIs(1));
  EXPECT_FALSE(CandidateOf(victim).possessed);
}

TEST_F(PossessionTest, TheBlobServiceAsksAgain) {
  const int64_t id = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  Deliver(id);
  const int64_t identity = IdentityOf(id);
  const int64_t everybody = CandidateOf(id).public_identity;
  auto& client = stack_->client();
  EXPECT_THAT(*client.FindPossessing(digest_, {everybody, identity, 0, -id}),
              ElementsAre(identity));
  EXPECT_THAT(*client.FindPossessing(Digest::OfBytes("x"), {identity}),
              IsEmpty());
  EXPECT_THAT(client.FindPossessing(
                  digest_, std::vector<int64_t>(limits::kIdentitiesAskedMax + 1,
                                                identity)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(PossessionTest, ExplainTellsWhyNothingIsServedAndNothingOfOthers) {
  const int64_t victim = Add(WithPassword(NewUpstream(kUrl, "a"), "p"));
  const int64_t adversary = Add(WithPassword(NewUpstream(kUrl, "b"), "p"));
  Name(adversary);
  v1::ExplainRequest request;
  request.set_registry_id(adversary);
  request.mutable_content()->set_repository("r");
  request.mutable_content()->set_reference(digest_.ToString());
  request.mutable_content()->set_kind(v1::CONTENT_KIND_BLOB);
  const auto before = stack_->explainer().Explain(request);
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ(before->considered(0).verdict(),
            v1::ExplainResponse::Considered::VERDICT_UNKNOWN);
  EXPECT_THAT(before->considered(0).why(),
              HasSubstr("has not delivered the content"));
  EXPECT_THAT(before->outcome(), HasSubstr("asks"));
  Deliver(victim);
  EXPECT_EQ(stack_->explainer().Explain(request)->SerializeAsString(),
            before->SerializeAsString());
  Deliver(adversary);
  EXPECT_THAT(stack_->explainer().Explain(request)->outcome(),
              HasSubstr("served from the cache"));
}

// As format version 3 has them.
TEST_F(PossessionTest, RowsWithoutIdentitiesAreGivenTheirs) {
  InMemoryMetadataStore store;
  ASSERT_THAT(store.Write(
                  [](WriteTransaction& transaction) {
                    for (const int64_t id : {1, 2, 3}) {
                      stored::Upstream row;
                      row.mutable_upstream()->set_id(id);
                      row.mutable_upstream()->set_url(kUrl);
                      if (id == 3) row.set_sealed_secrets("sealed");
                      tables::PutUpstream(transaction, row);
                    }
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  std::vector<int64_t> identities;
  for (int times = 0; times < 2; ++times) {
    ASSERT_THAT(possession::AssignMissing(store), IsOk());
    ASSERT_THAT(store.Read([&](const ReadTransaction& transaction) {
      return tables::VisitUpstreams(
          transaction, 0,
          [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
            identities.push_back(row.identity());
            EXPECT_EQ(row.public_identity(), identities[0]);
            return true;
          });
    }),
                IsOk());
  }
  ASSERT_THAT(identities, SizeIs(6));
  EXPECT_EQ(identities[0], identities[1]);
  EXPECT_NE(identities[0], identities[2]);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(identities[i], identities[i + 3]);
}

}  // namespace
}  // namespace cvr::testing
