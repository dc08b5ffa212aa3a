#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

// How a pull of a manifest walks through its candidates: what is known of them,
// their failure policies, and what is recorded of their answers.
namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EngineWalkTest : public EngineManifestFixture {
 protected:
  void FailWith(int64_t id, const absl::Status& failure) {
    upstream().Inject(id, {.error = failure}, kAlways);
  }
};

// --- What is known already.

TEST_F(EngineWalkTest, WhoIsKnownNotToHaveItIsNotAsked) {
  Publish(7, Image("seven"));
  Publish(8, Image("eight"));
  Expect(Fetch({NotFound(7), Unknown(8)}), Image("eight"), CacheStatus::kMiss,
         8);
  EXPECT_THAT(Requests(), ElementsAre("8 GET latest"));
}

TEST_F(EngineWalkTest, WhenAllAreKnownNotToHaveItNobodyIsAsked) {
  EXPECT_THAT(Fetch({NotFound(7), NotFound(8)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_THAT(upstream().calls(), IsEmpty());
  EXPECT_THAT(NegativeAnswers(), IsEmpty());
}

TEST_F(EngineWalkTest, AKnownRefusalStopsATag) {
  Publish(8, Image("eight"));
  EXPECT_THAT(
      Fetch({Refused(7), Unknown(8)}),
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kUpstreamRefused));
  EXPECT_THAT(upstream().calls(), IsEmpty());
}

TEST_F(EngineWalkTest, AKnownRefusalDoesNotStopADigest) {
  const Descriptor target = Publish(8, Image("eight"));
  Expect(Fetch({Refused(7), Unknown(8)}, target.digest.ToString()),
         Image("eight"), CacheStatus::kMiss, 8);
}

TEST_F(EngineWalkTest, RefusalsMayBePassedOver) {
  Publish(8, Image("eight"));
  FailurePolicy policy;
  policy.refused.tag = Action::kNext;
  Expect(Fetch({With(Refused(7), policy), Unknown(8)}), Image("eight"),
         CacheStatus::kMiss, 8);
}

// --- What is found out.

TEST_F(EngineWalkTest, AbsencesAndRefusalsAreRecorded) {
  FailWith(8, denied_);
  FailurePolicy policy;
  policy.refused.tag = Action::kNext;
  Publish(9, Image("nine"));
  Expect(Fetch({Unknown(7), With(Unknown(8), policy), Unknown(9)}),
         Image("nine"), CacheStatus::kMiss, 9);
  EXPECT_THAT(NegativeAnswers(), ElementsAre("7 not_found /r/manifests/latest",
                                             "8 refused /r/manifests/latest"));
}

TEST_F(EngineWalkTest, WhatIsNoAnswerIsNotRecorded) {
  for (const absl::Status& failure : {down_, limited_}) {
    FailWith(7, failure);
    EXPECT_EQ(Fetch({Unknown(7)}).status().code(), failure.code());
    upstream().Heal(7);
  }
  EXPECT_THAT(NegativeAnswers(), IsEmpty());
}

TEST_F(EngineWalkTest, AnUpstreamThatIsGoneIsPassedOverAndNotRecorded) {
  metadata().RemoveUpstream(7);
  Publish(8, Image("eight"));
  Expect(Fetch({Unknown(7), Unknown(8)}), Image("eight"), CacheStatus::kMiss,
         8);
  EXPECT_THAT(NegativeAnswers(), IsEmpty());
}

// --- Failure policies.

TEST_F(EngineWalkTest, ATagNeverComesFromALowerUpstreamWhenAHigherIsDown) {
  Publish(8, Image("eight"));
  for (const absl::Status& failure : {down_, limited_, denied_}) {
    FailWith(7, failure);
    EXPECT_EQ(Fetch({Unknown(7), Unknown(8)}).status().code(), failure.code());
    EXPECT_EQ(Fetch({Unknown(7), Fresh(8, Store(Image("x")))}).status().code(),
              failure.code());
    upstream().Heal(7);
  }
}

TEST_F(EngineWalkTest, UnlessItsPolicySaysSo) {
  Publish(8, Image("eight"));
  FailWith(7, down_);
  FailurePolicy policy;
  policy.unavailable.tag = Action::kNext;
  Expect(Fetch({With(Unknown(7), policy), Unknown(8)}), Image("eight"),
         CacheStatus::kMiss, 8);
}

TEST_F(EngineWalkTest, CopiesAreServedStaleInEveryClassThatAllowsIt) {
  const Descriptor target = Store(Image("old"));
  for (const absl::Status& failure : {down_, limited_}) {
    FailWith(7, failure);
    Expect(Fetch({Old(7, target)}), Image("old"), CacheStatus::kStale, 7);
    EXPECT_EQ(Fetch({TooOld(7, target)}).status().code(), failure.code());
    upstream().Heal(7);
  }
}

TEST_F(EngineWalkTest, CopiesMayBeDeniedWhileTheUpstreamIsDown) {
  const Descriptor target = Store(Image("old"));
  FailWith(7, down_);
  FailurePolicy policy;
  policy.unavailable.cached = Action::kStop;
  EXPECT_THAT(Fetch({With(Old(7, target), policy)}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineWalkTest, TheNextMayBeAskedThoughThereIsACopy) {
  const Descriptor target = Store(Image("old"));
  Publish(8, Image("eight"));
  FailWith(7, down_);
  FailurePolicy policy;
  policy.unavailable.cached = Action::kNext;
  Expect(Fetch({With(Old(7, target), policy), Unknown(8)}), Image("eight"),
         CacheStatus::kMiss, 8);
}

TEST_F(EngineWalkTest, WhatWasRevokedIsServedOnlyWherePolicySaysSo) {
  const Descriptor target = Store(Image("old"));
  FailWith(7, denied_);
  EXPECT_THAT(Fetch({Old(7, target)}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(NegativeAnswers(), ElementsAre("7 refused /r/manifests/latest"));
  FailurePolicy policy;
  policy.refused.cached = Action::kServeStale;
  Expect(Fetch({With(Old(7, target), policy)}), Image("old"),
         CacheStatus::kStale, 7);
  // To record it would be to drop the copy.
  EXPECT_THAT(NegativeAnswers(), ElementsAre("7 refused /r/manifests/latest"));
}

TEST_F(EngineWalkTest, ADigestStopsWherePolicySaysSo) {
  const Descriptor target = Publish(8, Image("eight"));
  FailWith(7, down_);
  FailurePolicy policy;
  policy.unavailable.digest = Action::kStop;
  EXPECT_THAT(
      Fetch({With(Unknown(7), policy), Unknown(8)}, target.digest.ToString()),
      StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineWalkTest, WhatIsHiddenIsLookedForFurtherOn) {
  const Descriptor target = Store(Image("old"));
  FailWith(7, hidden_);
  const auto nowhere = Fetch({Old(7, target), NotFound(8)});
  EXPECT_THAT(nowhere,
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_TRUE(IsHidden(nowhere.status()));
  EXPECT_THAT(NegativeAnswers(), ElementsAre("7 hidden /r/manifests/latest"));
  Publish(8, Image("eight"));
  Expect(Fetch({Old(7, target), Unknown(8)}), Image("eight"),
         CacheStatus::kMiss, 8);
  Expect(Fetch({Hidden(7), Unknown(8)}), Image("eight"), CacheStatus::kMiss, 8);
}

TEST_F(EngineWalkTest, WhatIsHiddenDoesAsItsPolicySays) {
  const Descriptor target = Store(Image("old"));
  Publish(8, Image("eight"));
  FailWith(7, hidden_);
  FailurePolicy policy;
  policy.hidden = {Action::kServeStale, Action::kStop, Action::kNext};
  Expect(Fetch({With(Old(7, target), policy), Unknown(8)}), Image("old"),
         CacheStatus::kStale, 7);
  EXPECT_THAT(NegativeAnswers(), IsEmpty());
  for (const Candidate& first : {Unknown(7), Hidden(7)}) {
    EXPECT_THAT(Fetch({With(first, policy), Unknown(8)}),
                StatusIs(absl::StatusCode::kPermissionDenied,
                         Reason::kUpstreamRefused));
  }
}

// --- Budgets.

TEST_F(EngineWalkTest, RevalidationGivesWayToACopyToSaveTheBudget) {
  const Descriptor target = Store(Image("old"));
  Publish(7, Image("new"));
  health().SaveBudgetOf(7);
  Expect(Fetch({Old(7, target)}), Image("old"), CacheStatus::kStale, 7);
  EXPECT_THAT(upstream().calls(), IsEmpty());
  // What is too old, or not there, is worth a request.
  Expect(Fetch({TooOld(7, target)}), Image("new"), CacheStatus::kMiss, 7);
}

// --- Upstreams that are inexact.

TEST_F(EngineWalkTest, TheBudgetIsLookedAtWithoutCredentials) {
  const Descriptor target = Store(Image("seven"));
  health().SaveBudgetOf(7);
  Expect(Fetch({Old(7, target)}), Image("seven"), CacheStatus::kStale, 7);
  EXPECT_EQ(metadata().access_requests(), 0);
}

// --- Credentials.

TEST_F(EngineWalkTest, CredentialsAreFetchedOnceUntilTheyChange) {
  metadata().SetPassword(7, "first", 1);
  Publish(7, Image("seven"));
  Candidate candidate = Unknown(7);
  candidate.cache_epoch = 1;
  candidate.upstream_version = 1;
  for (int pull = 0; pull < 3; ++pull) {
    EXPECT_THAT(Fetch({candidate}), IsOk());
    EXPECT_EQ(upstream().calls().back().password, "first");
  }
  EXPECT_EQ(metadata().access_requests(), 1);
  metadata().SetPassword(7, "second", 2);
  candidate.upstream_version = 2;
  EXPECT_THAT(Fetch({candidate}), IsOk());
  EXPECT_EQ(upstream().calls().back().password, "second");
  EXPECT_EQ(upstream().calls().size(), 4u);
  EXPECT_EQ(metadata().access_requests(), 2);
}

TEST_F(EngineWalkTest, ATagThatMovesBetweenHeadAndGetIsServedAsItIsNow) {
  const Descriptor old = Store(Image("old"));
  Publish(7, Image("second"));
  // HEAD sees `second`; its digest is gone when it is asked for.
  upstream().Inject(7, {});
  upstream().Inject(7, {.error = errors::ManifestUnknown("r", "moved")});
  const auto answer = Fetch({Old(7, old)});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->bytes, Image("second"));
  EXPECT_EQ(Requests().back(), "7 GET latest");
}

TEST_F(EngineWalkTest, AnUpstreamWithoutHeadIsAskedForTheBody) {
  const Descriptor old = Store(Image("old"));
  Publish(7, Image("new"));
  upstream().Inject(7, {.error = errors::UpstreamInvalid("r.test", "405")});
  Expect(Fetch({Old(7, old)}), Image("new"), CacheStatus::kMiss, 7);
  EXPECT_THAT(Requests(), ElementsAre("7 HEAD latest", "7 GET latest"));
}

}  // namespace
}  // namespace cvr::testing
