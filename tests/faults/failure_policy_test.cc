// What an upstream's failure means: the table of upstream_failures.h, and the
// policies that override it.
#include <string>

#include "tests/faults/several_upstreams.h"

namespace cvr::testing {
namespace {

using Policy = v1::FailurePolicy;

class FailurePolicyTest : public SeveralUpstreams {
 protected:
  static v1::Upstream With(const Policy& policy) {
    v1::Upstream settings = AlwaysStale();
    *settings.mutable_failure_policy() = policy;
    return settings;
  }

  // What a tag comes to that the first upstream has had, when it answers with
  // `status` from then on.
  HttpResponse PullCached(const Policy& policy, int status) {
    const auto high = Add(With(policy));
    const auto low = Add();
    high->Add(highs_, "v1");
    low->Add(lows_, "v1");
    ExpectContent(GetTag("v1"), highs_.manifest);
    high->AnswerAll(status);
    return GetTag("v1");
  }

  // The same of one that it has never been asked for.
  HttpResponse PullUncached(const Policy& policy, int status) {
    const auto high = Add(With(policy));
    const auto low = Add();
    low->Add(lows_, "v1");
    high->AnswerAll(status);
    return GetTag("v1");
  }

  HttpResponse PullDigest(const Policy& policy, int status) {
    const auto high = Add(With(policy));
    const auto low = Add();
    low->Add(lows_, "v1");
    high->AnswerAll(status);
    return Get(DigestPath(lows_));
  }

  const TestImage highs_ = ImageNamed("high");
  const TestImage lows_ = ImageNamed("low");
};

TEST_F(FailurePolicyTest, ByDefaultACopyIsServedStaleWhileItIsDown) {
  const HttpResponse response = PullCached({}, 500);
  ExpectContent(response, highs_.manifest);
  EXPECT_EQ(response.header("cache-status"), "cvr; hit; detail=stale");
  EXPECT_EQ(response.header("warning").substr(0, 3), "299");
}

TEST_F(FailurePolicyTest, ByDefaultACopyIsServedStaleWhileItIsRateLimited) {
  ExpectContent(PullCached({}, 429), highs_.manifest);
}

TEST_F(FailurePolicyTest, ByDefaultWhatIsDeniedIsNotServed) {
  ExpectError(PullCached({}, 403), 403, "DENIED");
}

TEST_F(FailurePolicyTest, DownMayStopInSpiteOfACopy) {
  Policy policy;
  policy.mutable_unavailable()->set_cached(Policy::STOP);
  ExpectError(PullCached(policy, 500), 503, "UNAVAILABLE");
}

TEST_F(FailurePolicyTest, DownMayGoOnInSpiteOfACopy) {
  Policy policy;
  policy.mutable_unavailable()->set_cached(Policy::NEXT);
  ExpectContent(PullCached(policy, 500), lows_.manifest);
}

TEST_F(FailurePolicyTest, DownMayGoOnForATag) {
  Policy policy;
  policy.mutable_unavailable()->set_tag(Policy::NEXT);
  ExpectContent(PullUncached(policy, 500), lows_.manifest);
}

TEST_F(FailurePolicyTest, DownMayStopForADigest) {
  Policy policy;
  policy.mutable_unavailable()->set_digest(Policy::STOP);
  ExpectError(PullDigest(policy, 500), 503, "UNAVAILABLE");
}

TEST_F(FailurePolicyTest, RateLimitsMayStopInSpiteOfACopy) {
  Policy policy;
  policy.mutable_rate_limited()->set_cached(Policy::STOP);
  ExpectError(PullCached(policy, 429), 429, "TOOMANYREQUESTS");
}

TEST_F(FailurePolicyTest, RateLimitsMayGoOnForATag) {
  Policy policy;
  policy.mutable_rate_limited()->set_tag(Policy::NEXT);
  ExpectContent(PullUncached(policy, 429), lows_.manifest);
}

TEST_F(FailurePolicyTest, RateLimitsMayStopForADigest) {
  Policy policy;
  policy.mutable_rate_limited()->set_digest(Policy::STOP);
  ExpectError(PullDigest(policy, 429), 429, "TOOMANYREQUESTS");
}

TEST_F(FailurePolicyTest, DenialMayBeServedStale) {
  Policy policy;
  policy.mutable_refused()->set_cached(Policy::SERVE_STALE);
  ExpectContent(PullCached(policy, 403), highs_.manifest);
}

TEST_F(FailurePolicyTest, DenialMayGoOnForATag) {
  Policy policy;
  policy.mutable_refused()->set_tag(Policy::NEXT);
  ExpectContent(PullUncached(policy, 403), lows_.manifest);
}

TEST_F(FailurePolicyTest, DenialMayStopForADigest) {
  Policy policy;
  policy.mutable_refused()->set_digest(Policy::STOP);
  ExpectError(PullDigest(policy, 403), 403, "DENIED");
}

TEST_F(FailurePolicyTest, CopiesAreServedStaleForMaxStaleAtMost) {
  v1::Upstream settings = Remembering({});
  settings.mutable_cache_validity()->set_seconds(3600);
  settings.mutable_max_stale()->set_seconds(3600);
  const auto upstream = Add(settings);
  upstream->Add(highs_, "v1");
  ExpectContent(GetTag("v1"), highs_.manifest);
  upstream->AnswerAll(500);
  upstream->Age(TagPath("v1"), absl::Minutes(90));
  ExpectContent(GetTag("v1"), highs_.manifest);
  upstream->Age(TagPath("v1"), absl::Minutes(150));
  ExpectError(GetTag("v1"), 503, "UNAVAILABLE");
}

// Of what was revoked nothing is served any more: neither the tag nor what it
// led to.
TEST_F(FailurePolicyTest, RevokedIsWhatTheTagLedToAsWell) {
  const auto upstream = Add(AlwaysStale());
  upstream->Add(highs_, "v1");
  ExpectContent(GetTag("v1"), highs_.manifest);
  ExpectContent(Get(BlobPath(highs_)), highs_.blob);
  upstream->AwaitEntry(BlobPath(highs_));
  upstream->AnswerAll(403);
  ExpectError(GetTag("v1"), 403, "DENIED");
  ExpectError(Get(DigestPath(highs_)), 403, "DENIED");
  ExpectError(Get(BlobPath(highs_)), 403, "DENIED");
  upstream->fake().ClearAnswers();
  ExpectContent(GetTag("v1"), highs_.manifest);
  ExpectContent(Get(BlobPath(highs_)), highs_.blob);
}

TEST_F(FailurePolicyTest, ARefusalIsBelievedForItsTime) {
  const auto upstream = Add(AlwaysStale(Remembering(absl::Hours(1))));
  upstream->AnswerAll(403);
  ExpectError(GetTag("v1"), 403, "DENIED");
  const int asked = upstream->requests();
  ExpectError(GetTag("v1"), 403, "DENIED");
  EXPECT_EQ(upstream->requests(), asked);
}

TEST_F(FailurePolicyTest, AnUpstreamThatIsDisabledServesNothing) {
  const auto upstream = Add();
  upstream->Add(highs_, "v1");
  ExpectContent(GetTag("v1"), highs_.manifest);
  v1::Upstream changed;
  changed.set_id(upstream->id());
  changed.set_disabled(true);
  installation().UpdateUpstream(changed, {"disabled"});
  EXPECT_EQ(GetTag("v1").status, 404);
  EXPECT_EQ(Get(DigestPath(highs_)).status, 404);
}

}  // namespace
}  // namespace cvr::testing
