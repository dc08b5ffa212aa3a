#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

// Lists of tags and of referrers, made of what all candidates have.
namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EngineListTest : public EngineManifestFixture {
 protected:
  void Tag(int64_t id, const std::string& tag) {
    upstream().AddManifest(id, "r", tag, kImage, Image(tag));
  }
  void Refer(int64_t id, const std::string& name) {
    upstream().AddReferrer(id, "r", subject_, Referrer(name));
  }
  static std::string Referrer(const std::string& name) {
    return absl::StrCat(R"({"annotations":{"name":")", name, R"("},"digest":")",
                        Digest::OfBytes(name).ToString(), R"("})");
  }
  static std::string IndexOf(const std::string& manifests) {
    return absl::StrCat(
        R"({"schemaVersion":2,"mediaType":)"
        R"("application/vnd.oci.image.index.v1+json","manifests":[)",
        manifests, "]}");
  }

  absl::StatusOr<Answer> Tags(std::vector<Candidate> candidates) {
    return FetchContent(ContentRef::TagList(*Repository::Parse("r")),
                        std::move(candidates));
  }
  absl::StatusOr<Answer> Referrers(std::vector<Candidate> candidates) {
    return FetchContent(
        {*Repository::Parse("r"), Reference(subject_), ContentKind::kReferrers},
        std::move(candidates));
  }
  // The candidate as the metadata service shows it after the last record.
  Candidate Recorded(bool fresh) {
    const CacheRecord record = metadata().records().back();
    Candidate candidate = {record.upstream_id};
    candidate.cached = CachedEntry{record.target, absl::UnixEpoch(), fresh};
    candidate.possessed = record.delivered_to != 0;
    return candidate;
  }

  const Digest subject_ = Digest::OfBytes("subject");
  const absl::Status no_api_ = errors::ManifestUnknown("r", "referrers");
};

// --- Tags.

TEST_F(EngineListTest, TagsOfAllCandidatesAreOneSortedList) {
  for (const char* tag : {"v2", "v1"}) Tag(7, tag);
  for (const char* tag : {"v10", "v2"}) Tag(8, tag);
  const auto tags = Tags({Unknown(7), Unknown(8)});
  ASSERT_THAT(tags, IsOk());
  EXPECT_EQ(tags->bytes, R"({"tags":["v1","v10","v2"]})");
  EXPECT_EQ(tags->header.target.media_type, "application/json");
  EXPECT_EQ(tags->header.target.digest, Digest::OfBytes(tags->bytes));
  EXPECT_EQ(tags->header.cache_status, CacheStatus::kMiss);
}

TEST_F(EngineListTest, ListsAreStoredAndRecordedAndServedAgain) {
  Tag(7, "v1");
  ASSERT_THAT(Tags({Unknown(7)}), IsOk());
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_EQ(metadata().records()[0].content.RelativePath(), "/r/tags/list");
  Tag(7, "v2");  // Not seen while the list is fresh.
  const auto again = Tags({Recorded(/*fresh=*/true)});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->bytes, R"({"tags":["v1"]})");
  EXPECT_EQ(again->header.cache_status, CacheStatus::kHit);
  const auto later = Tags({Recorded(/*fresh=*/false)});
  ASSERT_THAT(later, IsOk());
  EXPECT_EQ(later->bytes, R"({"tags":["v1","v2"]})");
  EXPECT_EQ(metadata().records().size(), 2u);
}

// A declared entry may name what others have stored.
TEST_F(EngineListTest, AListThatTheUpstreamHasNotDeliveredIsNotServed) {
  Tag(7, "v1");
  Candidate declared = Unknown(7);
  const std::string others = R"({"tags":["secret"]})";
  ASSERT_THAT(store().Put(Digest::OfBytes(others), others), IsOk());
  declared.cached = CachedEntry{{"m/t", Digest::OfBytes(others), others.size()},
                                absl::UnixEpoch(),
                                /*fresh=*/true};
  EXPECT_EQ(Tags({declared})->bytes, R"({"tags":["v1"]})");
  upstream().Inject(7, {.error = down_}, kAlways);
  EXPECT_THAT(Tags({declared}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Referrers({declared}), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineListTest, AListThatStaysAsItIsIsTouched) {
  Tag(7, "v1");
  ASSERT_THAT(Tags({Unknown(7)}), IsOk());
  ASSERT_THAT(Tags({Recorded(/*fresh=*/false)}), IsOk());
  EXPECT_THAT(metadata().records(), SizeIs(1));
  ASSERT_THAT(metadata().touched(), SizeIs(1));
  EXPECT_FALSE(metadata().touched()[0].counts_as_pull);
}

TEST_F(EngineListTest, RulesHoldForTheListOfTheirOwnUpstream) {
  for (const char* tag : {"v1", "v1-rc1"}) {
    Tag(7, tag);
    Tag(8, tag);
  }
  Tag(8, "v2-rc1");
  Candidate ruled = Unknown(7);
  ruled.tag_rules = RuleSet(
      {{Rule::Action::kDeny, Rule::Target::kTag, *Pattern::Wildcard("*-rc*")}});
  EXPECT_EQ(Tags({ruled})->bytes, R"({"tags":["v1"]})");
  // For what is stored as well.
  Candidate stored = Recorded(/*fresh=*/true);
  EXPECT_EQ(Tags({stored})->bytes, R"({"tags":["v1","v1-rc1"]})");
  stored.tag_rules = ruled.tag_rules;
  EXPECT_EQ(Tags({stored})->bytes, R"({"tags":["v1"]})");
  EXPECT_EQ(Tags({ruled, Unknown(8)})->bytes,
            R"({"tags":["v1","v1-rc1","v2-rc1"]})");
}

TEST_F(EngineListTest, ARepositoryThatNobodyHasIsUnknown) {
  EXPECT_THAT(Tags({Unknown(7), NotFound(8)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kNameUnknown));
  EXPECT_THAT(NegativeAnswers(), ElementsAre("7 not_found /r/tags/list"));
}

TEST_F(EngineListTest, WhoDoesNotHaveItIsLeftOut) {
  Tag(8, "v1");
  EXPECT_EQ(Tags({Unknown(7), Unknown(8)})->bytes, R"({"tags":["v1"]})");
}

TEST_F(EngineListTest, AnOldListIsServedStaleWhileItsUpstreamIsDown) {
  Tag(7, "v1");
  Tag(8, "v2");
  ASSERT_THAT(Tags({Unknown(7)}), IsOk());
  upstream().Inject(7, {.error = down_}, kAlways);
  const auto tags = Tags({Recorded(/*fresh=*/false), Unknown(8)});
  ASSERT_THAT(tags, IsOk());
  EXPECT_EQ(tags->bytes, R"({"tags":["v1","v2"]})");
  EXPECT_EQ(tags->header.cache_status, CacheStatus::kStale);
}

// Half a list would hide that a tag is there.
TEST_F(EngineListTest, WithoutACopyAFailureFailsTheWholeList) {
  Tag(8, "v1");
  upstream().Inject(7, {.error = down_}, kAlways);
  EXPECT_THAT(Tags({Unknown(7), Unknown(8)}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Tags({Unknown(8), Unknown(7)}),
              StatusIs(absl::StatusCode::kUnavailable));
  FailurePolicy policy;
  policy.unavailable.tag = Action::kNext;
  EXPECT_EQ(Tags({With(Unknown(7), policy), Unknown(8)})->bytes,
            R"({"tags":["v1"]})");
  EXPECT_THAT(Tags({With(Unknown(7), policy)}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineListTest, WhatIsHiddenIsLeftOutOrDoesAsItsPolicySays) {
  Tag(7, "old");
  ASSERT_THAT(Tags({Unknown(7)}), IsOk());
  const Candidate old = Recorded(/*fresh=*/false);
  Tag(8, "v1");
  upstream().Inject(7, {.error = hidden_}, kAlways);
  EXPECT_EQ(Tags({old, Unknown(8)})->bytes, R"({"tags":["v1"]})");
  EXPECT_THAT(NegativeAnswers(), ElementsAre("7 hidden /r/tags/list"));
  const auto nowhere = Tags({Hidden(7), NotFound(8)});
  EXPECT_TRUE(IsHidden(nowhere.status())) << nowhere.status();
  EXPECT_EQ(Referrers({Unknown(7)})->bytes, IndexOf(""));
  FailurePolicy policy;
  policy.hidden = {Action::kServeStale, Action::kStop, Action::kNext};
  EXPECT_EQ(Tags({With(old, policy), Unknown(8)})->bytes,
            R"({"tags":["old","v1"]})");
  EXPECT_THAT(
      Tags({With(Hidden(7), policy), Unknown(8)}),
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kUpstreamRefused));
}

TEST_F(EngineListTest, ThoseWhoAskAtTheSameTimeShareOneRequest) {
  Tag(7, "v1");
  const auto gate = Hold(7);
  std::vector<std::unique_ptr<Thread>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_unique<Thread>("reader", [this] {
      EXPECT_EQ(Tags({Unknown(7)})->bytes, R"({"tags":["v1"]})");
    }));
  }
  gate->AwaitArrivals();
  gate->Open();
  readers.clear();
  // One who came after the first had its answer asks once more.
  EXPECT_LE(upstream().CountCalls(Kind::kListTags), 3);
  EXPECT_GE(upstream().CountCalls(Kind::kListTags), 1);
}

TEST_F(EngineListTest, ListsGiveWayToACopyToSaveTheBudget) {
  Tag(7, "v1");
  ASSERT_THAT(Tags({Unknown(7)}), IsOk());
  health().SaveBudgetOf(7);
  const auto tags = Tags({Recorded(/*fresh=*/false)});
  ASSERT_THAT(tags, IsOk());
  EXPECT_EQ(tags->header.cache_status, CacheStatus::kStale);
  EXPECT_EQ(upstream().CountCalls(Kind::kListTags), 1);
}

TEST_F(EngineListTest, AFullDiskDoesNotFailAList) {
  Tag(7, "v1");
  world_.faults().FillUpAfter(0);
  EXPECT_EQ(Tags({Unknown(7)})->bytes, R"({"tags":["v1"]})");
  EXPECT_THAT(metadata().records(), IsEmpty());
}

// --- Referrers.

TEST_F(EngineListTest, ReferrersOfAllCandidatesAreOneIndex) {
  Refer(7, "sbom");
  Refer(8, "signature");
  Refer(8, "sbom");
  const auto index = Referrers({Unknown(7), Unknown(8)});
  ASSERT_THAT(index, IsOk());
  EXPECT_EQ(index->bytes,
            IndexOf(Referrer("sbom") + "," + Referrer("signature")));
  EXPECT_EQ(index->header.target.media_type,
            "application/vnd.oci.image.index.v1+json");
}

// So that what it lists can be pulled by those who may pull the subject.
TEST_F(EngineListTest, ReferrersBecomeReachable) {
  Refer(7, "sbom");
  ASSERT_THAT(Referrers({Unknown(7)}), IsOk());
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_THAT(metadata().records()[0].references,
              ElementsAre(Digest::OfBytes("sbom")));
}

TEST_F(EngineListTest, ATagStandsForTheReferrersWhereThereIsNoApi) {
  upstream().AddManifest(7, "r", "sha256-" + subject_.hex(),
                         "application/vnd.oci.image.index.v1+json",
                         IndexOf(Referrer("sbom")));
  upstream().Inject(7, {.error = no_api_});
  EXPECT_EQ(Referrers({Unknown(7)})->bytes, IndexOf(Referrer("sbom")));
  EXPECT_THAT(Requests(), ElementsAre("7 REFERRERS " + subject_.ToString(),
                                      "7 GET sha256-" + subject_.hex()));
}

TEST_F(EngineListTest, WithoutThatTagTheIndexIsEmptyAndRemembered) {
  Tag(7, "v1");
  upstream().Inject(7, {.error = no_api_});
  EXPECT_EQ(Referrers({Unknown(7)})->bytes, IndexOf(""));
  EXPECT_THAT(NegativeAnswers(), IsEmpty());
  const size_t asked = Requests().size();
  EXPECT_EQ(Referrers({Recorded(/*fresh=*/true)})->bytes, IndexOf(""));
  EXPECT_EQ(Requests().size(), asked);
}

TEST_F(EngineListTest, ReferrersFailWithTheirUpstream) {
  upstream().Inject(7, {.error = down_}, kAlways);
  EXPECT_THAT(Referrers({Unknown(7)}),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace cvr::testing
