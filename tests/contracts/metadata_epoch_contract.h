#ifndef TESTS_CONTRACTS_METADATA_EPOCH_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_EPOCH_CONTRACT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/limits.h"
#include "tests/contracts/metadata_resolution_contract.h"

// More of MetadataResolutionContract: what was found out before an upstream was
// purged or changed is not recorded after; and no clock that somebody sets
// changes an answer.
namespace cvr::testing {

// What somebody may do to upstream 1 while a download of it runs.
struct Intervention {
  std::string name;
  std::function<void(MetadataUnderTest&, v1::Upstream&)> act;
  // Whether the download itself is to end.
  bool withdraws = false;
};

inline std::vector<Intervention> Interventions() {
  using Service = MetadataUnderTest;
  return {
      {"purge", [](Service& s, v1::Upstream& u) { s.Purge(u.id()); }},
      {"deletion of an entry",
       [](Service& s, v1::Upstream&) {
         s.DeleteEntry(s.Entries().back().id());
       }},
      {"another URL",
       [](Service& s, v1::Upstream& u) {
         u.set_url("https://elsewhere");
         s.ChangeAccess(u);
       },
       true},
      {"other credentials",
       [](Service& s, v1::Upstream& u) {
         auto& login = *u.mutable_credentials()->mutable_basic();
         login.set_username("other");
         login.set_password("secret");
         s.ChangeAccess(u);
       },
       true},
      {"another authority",
       [](Service& s, v1::Upstream& u) {
         u.mutable_tls()->set_insecure_skip_verify(true);
         s.ChangeAccess(u);
       },
       true},
      {"disabling",
       [](Service& s, v1::Upstream& u) {
         u.set_disabled(true);
         s.Change(u);
         u.set_disabled(false);
         s.Change(u);
       },
       true},
  };
}

// A download that ends afterwards must not undo what was done.
TEST_P(MetadataResolutionContract,
       WhatWasFoundOutBeforeAPurgeOrAChangeIsNotRecorded) {
  Serve();
  auto& client = service_->client();
  const auto outdated = StatusIs(absl::StatusCode::kAborted);
  for (const auto& intervention : Interventions()) {
    SCOPED_TRACE(intervention.name);
    ASSERT_THAT(Record(1, Manifest("cached"), new_), IsOk());
    // The plan, and what it leads to.
    const Candidate plan = Resolve(tag_)->plan.candidates[0];
    ASSERT_EQ(plan.epoch(), At(1));
    CacheRecord record = Found(1, tag_, old_);
    record.references = {new_};
    intervention.act(*service_, upstreams_[0]);
    EXPECT_THAT(client.Record(record), outdated);
    EXPECT_THAT(client.Touch(plan.epoch(), tag_, old_, true), outdated);
    EXPECT_THAT(client.RecordNegativeAnswer(plan.epoch(), tag_,
                                            NegativeAnswer::kNotFound),
                outdated);
    EXPECT_EQ(HitOf(tag_), "no hit");
    EXPECT_EQ(Resolve(tag_)->plan.candidates[0].negative_answer,
              NegativeAnswer::kNone);
    // Those that reach it come first, and the other upstream does later on.
    for (const Candidate& one : Resolve(Blob(old_))->plan.candidates) {
      EXPECT_FALSE(one.upstream_id == id(1) && one.reachable);
    }
    // Other upstreams are not concerned, nor plans that are made now.
    EXPECT_THAT(Record(2, Manifest("other"), Digest::OfBytes("other")), IsOk());
    EXPECT_GT(Resolve(tag_)->plan.candidates[0].cache_epoch, plan.cache_epoch);
    ASSERT_THAT(Record(1, tag_, old_), IsOk());
    EXPECT_EQ(HitOf(tag_), From(1, old_));
    service_->Purge(id(1));
  }
}

TEST_P(MetadataResolutionContract, WhatChangesNothingOfTheAnswersMovesNoEpoch) {
  Serve();
  const CacheRecord record = Found(1, tag_, old_);
  upstreams_[0].mutable_cache_policy()->set_refresh_ahead(true);
  service_->Change(upstreams_[0]);
  service_->ChangeAccess(upstreams_[0]);
  service_->Purge(id(2));
  EXPECT_THAT(service_->client().Record(record), IsOk());
  EXPECT_EQ(HitOf(tag_), From(1, old_));
}

TEST_P(MetadataResolutionContract, AnEpochThatNobodyGaveIsNeverGood) {
  Serve();
  CacheRecord record = Found(1, tag_, old_);
  record.cache_epoch = 0;
  EXPECT_THAT(service_->client().Record(record),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(service_->client().Touch({id(1), 0}, tag_, old_, false),
              StatusIs(absl::StatusCode::kAborted));
  // Nor one that is still to come.
  record.cache_epoch = At(1).cache_epoch + 1;
  EXPECT_THAT(service_->client().Record(record),
              StatusIs(absl::StatusCode::kAborted));
}

// So that credentials can be kept for as long as plans name their version.
TEST_P(MetadataResolutionContract, APlanNamesTheVersionOfTheCredentials) {
  Serve();
  int64_t last = 0;
  for (const char* password : {"first", "second", "third"}) {
    auto& login = *upstreams_[0].mutable_credentials()->mutable_basic();
    login.set_username("user");
    login.set_password(password);
    service_->ChangeAccess(upstreams_[0]);
    const auto access = service_->client().GetUpstreamAccess(id(1));
    ASSERT_THAT(access, IsOk());
    EXPECT_EQ(access->password, password);
    EXPECT_GT(access->version, last);
    const Candidate plan = Resolve(tag_)->plan.candidates[0];
    EXPECT_EQ(plan.upstream_version, access->version);
    EXPECT_EQ(plan.cache_epoch, access->cache_epoch);
    last = access->version;
  }
  // A purge is no change of the upstream.
  service_->Purge(id(1));
  EXPECT_EQ(Resolve(tag_)->plan.candidates[0].upstream_version, last);
}

TEST_P(MetadataResolutionContract, APlanSaysWhatOfABudgetIsReserved) {
  upstreams_[0].mutable_limits()->set_rate_reserve_percent(40);
  Serve();
  const auto candidates = Resolve(tag_)->plan.candidates;
  EXPECT_EQ(candidates[0].rate_reserve_percent, 40);
  EXPECT_EQ(candidates[1].rate_reserve_percent,
            limits::kRateReservePercentDefault);
}

TEST_P(MetadataResolutionContract, ADeletedUpstreamHasNoEpoch) {
  Serve();
  const CacheRecord record = Found(1, tag_, old_);
  service_->DeleteUpstream(id(1));
  const auto gone = StatusIs(absl::StatusCode::kNotFound);
  EXPECT_THAT(service_->client().Record(record), gone);
  EXPECT_THAT(service_->client().Touch(record.epoch(), tag_, old_, false),
              gone);
  EXPECT_THAT(service_->client().RecordNegativeAnswer(record.epoch(), tag_,
                                                      NegativeAnswer::kRefused),
              gone);
  EXPECT_TRUE(service_->Entries().empty());
}

TEST_P(MetadataResolutionContract, TellsWhichUpstreamsNothingMayBeGotFrom) {
  Serve();
  auto& client = service_->client();
  const std::vector<UpstreamEpoch> now = {At(1), At(2), At(3), {999, 1}};
  using ::testing::ElementsAre;
  EXPECT_THAT(client.CheckUpstreams(now), IsOkAndHolds(ElementsAre(now[3])));
  for (const auto& intervention : Interventions()) {
    SCOPED_TRACE(intervention.name);
    ASSERT_THAT(Record(1, tag_, old_), IsOk());
    const UpstreamEpoch before = At(1);
    intervention.act(*service_, upstreams_[0]);
    const auto outdated = client.CheckUpstreams({before, At(1)});
    ASSERT_THAT(outdated, IsOk());
    // Who downloads goes on when others purge.
    EXPECT_EQ(outdated->size(), intervention.withdraws ? 1 : 0);
  }
  upstreams_[0].set_disabled(true);
  service_->Change(upstreams_[0]);
  service_->DeleteUpstream(id(2));
  EXPECT_THAT(client.CheckUpstreams({At(1), now[1], now[2]}),
              IsOkAndHolds(ElementsAre(At(1), now[1])));
  EXPECT_THAT(client.CheckUpstreams({}), IsOkAndHolds(ElementsAre()));
  const std::vector<UpstreamEpoch> many(limits::kCheckedUpstreamsMax + 1,
                                        now[2]);
  EXPECT_THAT(client.CheckUpstreams(many),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(MetadataResolutionContract, TellsWhichDigestsHaveNoEntry) {
  Serve();
  auto& client = service_->client();
  using ::testing::ElementsAre;
  const Digest layer = Digest::OfBytes("layer");
  CacheRecord record = Found(1, tag_, old_);
  record.references = {layer};  // To be named is no entry.
  ASSERT_THAT(client.Record(record), IsOk());
  EXPECT_THAT(client.FilterUnreferenced({layer, old_, new_}),
              IsOkAndHolds(ElementsAre(layer, new_)));
  ASSERT_THAT(Record(2, Blob(layer), layer), IsOk());
  service_->Purge(id(1));
  EXPECT_THAT(client.FilterUnreferenced({layer, old_}),
              IsOkAndHolds(ElementsAre(old_)));
  const std::vector<Digest> many(limits::kForgottenDigestsMax + 1, old_);
  EXPECT_THAT(client.FilterUnreferenced(many),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// --- Clocks.

TEST_P(MetadataResolutionContract, AWallClockThatJumpsChangesNoAnswer) {
  upstreams_.resize(2);
  Serve();
  const ContentRef denied = Manifest("denied");
  for (const auto by : {absl::Hours(1), -absl::Hours(2), absl::Hours(1)}) {
    SCOPED_TRACE(by);
    ASSERT_THAT(Record(1, tag_, old_), IsOk());
    ASSERT_THAT(service_->client().RecordNegativeAnswer(
                    At(1), denied, NegativeAnswer::kNotFound),
                IsOk());
    service_->JumpWall(by);
    EXPECT_EQ(HitOf(tag_), From(1, old_));
    EXPECT_EQ(Resolve(denied)->plan.candidates[0].negative_answer,
              NegativeAnswer::kNotFound);
    // They last as long as ever, and no longer.
    service_->Advance(absl::Seconds(limits::kNotFoundSecondsDefault));
    EXPECT_EQ(Resolve(denied)->plan.candidates[0].negative_answer,
              NegativeAnswer::kNone);
    service_->Advance(absl::Hours(limits::kCacheValidityHoursDefault));
    EXPECT_EQ(HitOf(tag_), "no hit");
  }
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_EPOCH_CONTRACT_H_
