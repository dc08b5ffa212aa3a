#include "services/blob/engine/walk/stale_copy_policy.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/fake_upstream_health.h"

namespace cvr::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Action = FailurePolicy::Action;

class StaleCopyPolicyTest : public ::testing::Test {
 protected:
  // A tag, with a copy that may be served.
  StaleCopyPolicyTest() {
    candidate_.upstream_id = 7;
    candidate_.cached = CachedEntry{Descriptor{"t", digest_, 1}, {}};
    candidate_.possessed = true;
  }

  void Note(const absl::Status& answer, bool has_copy) {
    policy_.NoteAnswer(content_, candidate_, answer, [&] {
      ++looks_;
      return has_copy;
    });
  }

  const Digest digest_ = Digest::OfBytes("x");
  ContentRef content_ = {*Repository::Parse("r"), *Reference::Parse("t"),
                         ContentKind::kManifest};
  Candidate candidate_;
  FakeMetadataClient metadata_;
  FakeUpstreamHealth health_;
  const StaleCopyPolicy policy_{metadata_, &health_};
  int looks_ = 0;
};

TEST_F(StaleCopyPolicyTest, BudgetIsSavedWhereThereIsACopy) {
  EXPECT_FALSE(policy_.IsBudgetToBeSaved(content_, candidate_));
  health_.SaveBudgetOf(7);
  EXPECT_TRUE(policy_.IsBudgetToBeSaved(content_, candidate_));
  candidate_.cached->stale_for = -absl::Seconds(1);
  EXPECT_FALSE(policy_.IsBudgetToBeSaved(content_, candidate_));
  candidate_.cached.reset();
  EXPECT_FALSE(policy_.IsBudgetToBeSaved(content_, candidate_));
}

TEST_F(StaleCopyPolicyTest, BudgetIsSavedOnlyAsThePolicyWants) {
  health_.SaveBudgetOf(7);
  candidate_.failure_policy.rate_limited.cached = Action::kStop;
  EXPECT_FALSE(policy_.IsBudgetToBeSaved(content_, candidate_));
}

TEST_F(StaleCopyPolicyTest, WhatProvesItselfIsAskedFor) {
  health_.SaveBudgetOf(7);
  content_.reference = Reference(digest_);
  EXPECT_FALSE(policy_.IsBudgetToBeSaved(content_, candidate_));
  // A list of referrers is named by a digest, but it changes.
  content_.kind = ContentKind::kReferrers;
  EXPECT_TRUE(policy_.IsBudgetToBeSaved(content_, candidate_));
}

TEST_F(StaleCopyPolicyTest, NobodyIsSparedWithoutHealth) {
  const StaleCopyPolicy careless(metadata_, nullptr);
  EXPECT_FALSE(careless.IsBudgetToBeSaved(content_, candidate_));
}

TEST_F(StaleCopyPolicyTest, ARefusalIsNotRecordedWhereTheCopyIsServed) {
  candidate_.failure_policy.refused.cached = Action::kServeStale;
  Note(errors::UpstreamRefused("h", "403"), /*has_copy=*/true);
  EXPECT_THAT(metadata_.negative_entries(), IsEmpty());
  Note(errors::UpstreamRefused("h", "403"), /*has_copy=*/false);
  ASSERT_THAT(metadata_.negative_entries(), SizeIs(1));
  EXPECT_EQ(metadata_.negative_entries()[0].negative_answer,
            NegativeAnswer::kRefused);
  EXPECT_EQ(looks_, 2);
}

TEST_F(StaleCopyPolicyTest, ARefusalIsRecordedWhereThePolicyIsToStop) {
  Note(errors::UpstreamRefused("h", "403"), /*has_copy=*/true);
  EXPECT_THAT(metadata_.negative_entries(), SizeIs(1));
}

TEST_F(StaleCopyPolicyTest, OtherAnswersNeedNoLookAtTheCopy) {
  Note(absl::OkStatus(), true);
  Note(errors::UpstreamUnavailable("h", "down"), true);
  EXPECT_THAT(metadata_.negative_entries(), IsEmpty());
  Note(errors::ManifestUnknown("r", "t"), true);
  ASSERT_THAT(metadata_.negative_entries(), SizeIs(1));
  EXPECT_EQ(metadata_.negative_entries()[0].negative_answer,
            NegativeAnswer::kNotFound);
  EXPECT_EQ(looks_, 0);
}

}  // namespace
}  // namespace cvr::testing
