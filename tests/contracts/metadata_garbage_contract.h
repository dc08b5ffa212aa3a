#ifndef TESTS_CONTRACTS_METADATA_GARBAGE_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_GARBAGE_CONTRACT_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/contracts/metadata_resolution_contract.h"

// More of MetadataResolutionContract: what is deleted or purged is served no
// more, and what nothing points at then is garbage.
namespace cvr::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

inline std::vector<Digest> GarbageOf(MetadataClient& client) {
  const auto garbage = client.ListGarbage(0, 1000);
  EXPECT_THAT(garbage, IsOk());
  std::vector<Digest> digests;
  if (!garbage.ok()) return digests;
  for (const Garbage& one : *garbage) digests.push_back(one.digest);
  return digests;
}

TEST_P(MetadataResolutionContract, WhatIsPurgedIsServedNoMore) {
  Serve();
  const Digest layer = Digest::OfBytes("layer");
  CacheRecord image = Found(1, tag_, old_);
  image.references = {layer};
  ASSERT_THAT(service_->client().Record(image), IsOk());
  ASSERT_THAT(Record(1, Manifest(old_.ToString()), old_), IsOk());
  ASSERT_THAT(Record(1, Blob(layer), layer), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), Manifest("none"), NegativeAnswer::kNotFound),
              IsOk());
  ASSERT_THAT(Record(2, Blob(layer), layer), IsOk());
  service_->Purge(id(1));
  for (const auto& content : {tag_, Manifest(old_.ToString()), Blob(layer)}) {
    const auto resolution = Resolve(content);
    for (const Candidate& candidate : resolution->plan.candidates) {
      if (candidate.upstream_id != id(1)) continue;
      EXPECT_FALSE(candidate.cached) << content.RelativePath();
      EXPECT_FALSE(candidate.reachable) << content.RelativePath();
    }
  }
  EXPECT_EQ(Resolve(Manifest("none"))->plan.candidates[0].negative_answer,
            NegativeAnswer::kNone);
  EXPECT_EQ(HitOf(Blob(layer)), From(2, layer));
  EXPECT_THAT(GarbageOf(service_->client()), ElementsAre(old_));
}

// A pull that began before the purge may end after it.
TEST_P(MetadataResolutionContract,
       WhatWasOnlyBelievedIsNotRecordedAfterAPurge) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  CacheRecord believed = Found(1, Manifest(old_.ToString()), old_);
  believed.confirmed = false;
  ASSERT_THAT(service_->client().Record(believed), IsOk());
  EXPECT_EQ(HitOf(believed.content), From(1, old_));
  service_->Purge(id(1));
  believed.cache_epoch = At(1).cache_epoch;
  ASSERT_THAT(service_->client().Record(believed), IsOk());
  EXPECT_THAT(service_->Entries(), IsEmpty());
  EXPECT_EQ(HitOf(believed.content), "no hit");
  believed.confirmed = true;
  ASSERT_THAT(service_->client().Record(believed), IsOk());
  EXPECT_EQ(HitOf(believed.content), From(1, old_));
}

TEST_P(MetadataResolutionContract, BelievingAManifestRevivesNoLayer) {
  Serve();
  const Digest layer = Digest::OfBytes("layer");
  CacheRecord image = Found(1, tag_, old_);
  image.references = {layer};
  ASSERT_THAT(service_->client().Record(image), IsOk());
  ASSERT_THAT(Record(1, Blob(layer), layer), IsOk());
  service_->DeleteEntry(service_->Entries().back().id());
  ASSERT_FALSE(Resolve(Blob(layer))->plan.candidates[0].reachable);
  image.content = Manifest(old_.ToString());
  image.cache_epoch = At(1).cache_epoch;
  image.confirmed = false;
  ASSERT_THAT(service_->client().Record(image), IsOk());
  EXPECT_FALSE(Resolve(Blob(layer))->plan.candidates[0].reachable);
  image.confirmed = true;
  ASSERT_THAT(service_->client().Record(image), IsOk());
  EXPECT_TRUE(Resolve(Blob(layer))->plan.candidates[0].reachable);
}

// Else the content of a deleted tag would be served by its digest unasked.
TEST_P(MetadataResolutionContract, ADeletedTagTakesItsDigestAlong) {
  Serve();
  const ContentRef by_digest = Manifest(old_.ToString());
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(Record(1, Manifest("other"), old_), IsOk());
  service_->DeleteEntry(service_->Entries()[0].id());
  EXPECT_EQ(HitOf(tag_), "no hit");
  EXPECT_TRUE(Resolve(by_digest)->plan.candidates[0].reachable);
  EXPECT_THAT(GarbageOf(service_->client()), IsEmpty());
  service_->DeleteEntry(service_->Entries()[0].id());
  EXPECT_FALSE(Resolve(by_digest)->plan.candidates[0].reachable);
  EXPECT_THAT(GarbageOf(service_->client()), ElementsAre(old_));
}

TEST_P(MetadataResolutionContract, GarbageIsKeptUntilItIsSeenTo) {
  Serve();
  const ContentRef other = Manifest("latest", "team/app");
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  ASSERT_THAT(Record(2, other, new_), IsOk());
  service_->DeleteUpstream(id(2));
  // The first upstream has the other one.
  EXPECT_THAT(GarbageOf(service_->client()), ElementsAre(new_));
  service_->DeleteUpstream(id(1));
  const auto garbage = *service_->client().ListGarbage(0, 1000);
  ASSERT_EQ(garbage.size(), 2);
  EXPECT_EQ(garbage[1].digest, old_);
  EXPECT_EQ(service_->client().ListGarbage(0, 1)->size(), 1);
  EXPECT_EQ(service_->client().ListGarbage(garbage[0].id, 9)->at(0).digest,
            old_);
  EXPECT_THAT(service_->client().ListGarbage(garbage[1].id, 9),
              IsOkAndHolds(IsEmpty()));
  ASSERT_THAT(service_->client().RemoveGarbage({garbage[0].id, 999, -1}),
              IsOk());
  EXPECT_THAT(GarbageOf(service_->client()), ElementsAre(old_));
  EXPECT_THAT(service_->client().RemoveGarbage({}), IsOk());
}

TEST_P(MetadataResolutionContract, WhatIsCachedAgainIsNoGarbage) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  service_->Purge(id(1));
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  EXPECT_THAT(GarbageOf(service_->client()), IsEmpty());
  service_->Purge(id(2));
  EXPECT_THAT(GarbageOf(service_->client()), ElementsAre(old_));
}

// Nobody asks for a list by its digest; an old manifest may be asked for.
TEST_P(MetadataResolutionContract, OldListsAreGarbageAndOldManifestsAreNot) {
  Serve();
  const ContentRef list = ContentRef::TagList(tag_.repository);
  ASSERT_THAT(Record(1, list, old_), IsOk());
  ASSERT_THAT(Record(1, list, old_), IsOk());
  EXPECT_THAT(GarbageOf(service_->client()), IsEmpty());
  ASSERT_THAT(Record(1, list, new_), IsOk());
  EXPECT_THAT(GarbageOf(service_->client()), ElementsAre(old_));
  ASSERT_THAT(Record(1, tag_, Digest::OfBytes("a")), IsOk());
  ASSERT_THAT(Record(1, tag_, Digest::OfBytes("b")), IsOk());
  EXPECT_THAT(GarbageOf(service_->client()), ElementsAre(old_));
}

TEST_P(MetadataResolutionContract, GarbageIsListedInBoundedPages) {
  Serve();
  for (const int max : {0, -1, 1001}) {
    EXPECT_THAT(service_->client().ListGarbage(0, max),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_GARBAGE_CONTRACT_H_
