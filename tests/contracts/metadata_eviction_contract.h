#ifndef TESTS_CONTRACTS_METADATA_EVICTION_CONTRACT_H_
#define TESTS_CONTRACTS_METADATA_EVICTION_CONTRACT_H_

#include <vector>

#include "services/common/limits.h"
#include "tests/contracts/metadata_resolution_contract.h"

// More of MetadataResolutionContract: what becomes of entries whose bytes the
// store has evicted.
namespace cvr::testing {

// What was evicted must not be taken for a hit, whoever named it.
TEST_P(MetadataResolutionContract, ForgottenContentIsAMissEverywhere) {
  Serve();
  const Digest kept = Digest::OfBytes("kept");
  const ContentRef other = Manifest("latest", "team/app");
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(Record(1, Manifest(old_.ToString()), old_), IsOk());
  ASSERT_THAT(Record(2, Blob(old_), old_), IsOk());
  ASSERT_THAT(Record(1, other, new_), IsOk());
  ASSERT_THAT(Record(3, Blob(kept), kept), IsOk());
  ASSERT_THAT(service_->client().ForgetContent({old_, new_}), IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
  EXPECT_EQ(HitOf(Manifest(old_.ToString())), "no hit");
  EXPECT_EQ(HitOf(Blob(old_)), "no hit");
  EXPECT_EQ(HitOf(other), "no hit");
  EXPECT_EQ(HitOf(Blob(kept)), From(3, kept));
  EXPECT_EQ(service_->Entries().size(), 1);
  // Who can supply it is still known.
  EXPECT_TRUE(Resolve(Blob(old_))->plan.candidates[0].reachable);
  // It can be cached again.
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  EXPECT_EQ(HitOf(tag_), From(1, old_));
}

TEST_P(MetadataResolutionContract, ForgettingContentAgainSucceeds) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(service_->client().ForgetContent({old_, old_, new_}), IsOk());
  }
  EXPECT_THAT(service_->client().ForgetContent({}), IsOk());
  EXPECT_THAT(service_->Entries(), ::testing::IsEmpty());
}

// Else a tag would be lost with what it pointed at long ago.
TEST_P(MetadataResolutionContract, ForgettingSparesEntriesThatMovedOn) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(Record(1, tag_, new_), IsOk());
  ASSERT_THAT(service_->client().Touch(At(1), tag_, new_, false), IsOk());
  ASSERT_THAT(service_->client().ForgetContent({old_}), IsOk());
  EXPECT_EQ(HitOf(tag_), From(1, new_));
  ASSERT_THAT(service_->client().ForgetContent({new_}), IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
}

TEST_P(MetadataResolutionContract, ForgettingAfterOtherRemovalsSucceeds) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  ASSERT_THAT(Record(2, tag_, old_), IsOk());
  ASSERT_THAT(service_->client().RecordNegativeAnswer(
                  At(1), tag_, NegativeAnswer::kNotFound),
              IsOk());
  service_->DeleteUpstream(id(2));
  EXPECT_THAT(service_->client().ForgetContent({old_}), IsOk());
}

TEST_P(MetadataResolutionContract, TooMuchToForgetAtOnceIsRefusedAsAWhole) {
  Serve();
  ASSERT_THAT(Record(1, tag_, old_), IsOk());
  std::vector<Digest> digests(limits::kForgottenDigestsMax, old_);
  digests.push_back(new_);
  EXPECT_THAT(service_->client().ForgetContent(digests),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(HitOf(tag_), From(1, old_));
  digests.pop_back();
  EXPECT_THAT(service_->client().ForgetContent(digests), IsOk());
  EXPECT_EQ(HitOf(tag_), "no hit");
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_METADATA_EVICTION_CONTRACT_H_
