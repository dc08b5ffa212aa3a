// Which upstream answers, when there are several: DESIGN.md of the blob
// engine, "Who is asked".
#include "tests/faults/several_upstreams.h"

namespace cvr::testing {
namespace {

class PrecedenceTest : public SeveralUpstreams {
 protected:
  const TestImage highs_ = ImageNamed("high");
  const TestImage lows_ = ImageNamed("low");
};

TEST_F(PrecedenceTest, TheFirstThatHasTheTagWins) {
  const auto high = Add();
  const auto low = Add();
  high->Add(highs_, "v1");
  low->Add(lows_, "v1");
  for (int pull = 0; pull < 2; ++pull) {
    ExpectContent(GetTag("v1"), highs_.manifest);
  }
}

TEST_F(PrecedenceTest, WhatTheHigherDoesNotHaveComesFromTheLower) {
  const auto high = Add();
  const auto low = Add();
  low->Add(lows_, "v1");
  ExpectContent(GetTag("v1"), lows_.manifest);
  ExpectContent(Get(DigestPath(lows_)), lows_.manifest);
  ExpectContent(Get(BlobPath(lows_)), lows_.blob);
}

TEST_F(PrecedenceTest, WhatNobodyHasIsUnknown) {
  const auto high = Add();
  const auto low = Add();
  ExpectError(GetTag("v1"), 404, "MANIFEST_UNKNOWN");
  ExpectError(Get(BlobPath(lows_)), 404, "BLOB_UNKNOWN");
}

// Who can bring the higher one down must not choose whose image is pulled.
TEST_F(PrecedenceTest, ALowerNeverAnswersATagForAHigherThatIsDown) {
  const auto high = Add();
  const auto low = Add();
  low->Add(lows_, "v1");
  high->Unplug();
  ExpectError(GetTag("v1"), 503, "UNAVAILABLE");
}

TEST_F(PrecedenceTest, ALowerAnswersADigestForAHigherThatIsDown) {
  const auto high = Add();
  const auto low = Add();
  low->Add(lows_, "v1");
  high->Unplug();
  ExpectContent(Get(DigestPath(lows_)), lows_.manifest);
  ExpectContent(Get(BlobPath(lows_)), lows_.blob);
}

TEST_F(PrecedenceTest, WhatFailsDifferentlyStopsATagAllTheSame) {
  const auto high = Add();
  const auto low = Add();
  low->Add(lows_, "v1");
  for (const int status : {403, 500, 429}) {
    SCOPED_TRACE(status);
    high->fake().ClearAnswers();
    // The upstream is another one from here on, so nothing is remembered.
    installation().UpdateUpstream(
        [&] {
          v1::Upstream named;
          named.set_id(high->id());
          named.set_description(absl::StrCat("answers ", status));
          return named;
        }(),
        {"description"});
    high->AnswerAll(status);
    const int expected = status == 500 ? 503 : status;
    EXPECT_EQ(GetTag("v1").status, expected);
    ExpectContent(Get(DigestPath(lows_)), lows_.manifest);
  }
}

TEST_F(PrecedenceTest, AFreshCopyOfTheLowerIsNoAnswerWhileTheHigherMayHaveIt) {
  const auto high = Add(Remembering(absl::ZeroDuration()));
  const auto low = Add();
  low->Add(lows_, "v1");
  ExpectContent(GetTag("v1"), lows_.manifest);
  high->Add(highs_, "v1");
  ExpectContent(GetTag("v1"), highs_.manifest);
}

TEST_F(PrecedenceTest, AFreshCopyOfTheLowerIsNoAnswerWhileTheHigherIsDown) {
  const auto high = Add(Remembering(absl::ZeroDuration()));
  const auto low = Add();
  low->Add(lows_, "v1");
  ExpectContent(GetTag("v1"), lows_.manifest);
  high->Unplug();
  ExpectError(GetTag("v1"), 503, "UNAVAILABLE");
}

TEST_F(PrecedenceTest, AnAbsenceIsBelievedForItsTime) {
  const auto high = Add(Remembering(absl::Hours(1)));
  const auto low = Add();
  low->Add(lows_, "v1");
  ExpectContent(GetTag("v1"), lows_.manifest);
  const int asked = high->requests();
  EXPECT_GT(asked, 0);
  ExpectContent(GetTag("v1"), lows_.manifest);
  high->Unplug();
  ExpectContent(GetTag("v1"), lows_.manifest);
  EXPECT_EQ(high->requests(), asked);
}

TEST_F(PrecedenceTest, AnAbsenceIsForgottenWhenTheUpstreamChanges) {
  const auto high = Add(Remembering(absl::Hours(1)));
  const auto low = Add();
  low->Add(lows_, "v1");
  ExpectContent(GetTag("v1"), lows_.manifest);
  high->Add(highs_, "v1");
  ExpectContent(GetTag("v1"), lows_.manifest);
  v1::Upstream changed;
  changed.set_id(high->id());
  changed.set_description("changed");
  installation().UpdateUpstream(changed, {"description"});
  ExpectContent(GetTag("v1"), highs_.manifest);
}

TEST_F(PrecedenceTest, ATagThatNobodyHasIsNotAskedForAgainSoon) {
  const auto only = Add(Remembering(absl::Hours(1)));
  ExpectError(GetTag("v1"), 404, "MANIFEST_UNKNOWN");
  const int asked = only->requests();
  ExpectError(GetTag("v1"), 404, "MANIFEST_UNKNOWN");
  EXPECT_EQ(only->requests(), asked);
}

TEST_F(PrecedenceTest, WhenTheHigherLosesItsTagTheLowerAnswers) {
  const auto high = Add(AlwaysStale());
  const auto low = Add();
  high->Add(highs_, "v1");
  low->Add(lows_, "v1");
  ExpectContent(GetTag("v1"), highs_.manifest);
  high->fake().RemoveRepository("library/app");
  ExpectContent(GetTag("v1"), lows_.manifest);
}

TEST_F(PrecedenceTest, ANewOrderCountsAtOnce) {
  const auto first = Add();
  const auto second = Add();
  first->Add(highs_, "v1");
  second->Add(lows_, "v1");
  ExpectContent(GetTag("v1"), highs_.manifest);
  installation().MoveUpstream(registry_, second->id(), 1);
  ExpectContent(GetTag("v1"), lows_.manifest);
}

TEST_F(PrecedenceTest, RegistriesShareTheCacheOfAnUpstream) {
  const auto shared = Add();
  shared->Add(highs_, "v1");
  ExpectContent(GetTag("v1"), highs_.manifest);
  ExpectContent(Get(BlobPath(highs_)), highs_.blob);
  shared->AwaitEntry(BlobPath(highs_));
  const int asked = shared->requests();
  const int64_t other = installation().CreateRegistry();
  installation().Attach(other, shared->id());
  ExpectContent(installation().Get(other, TagPath("v1")), highs_.manifest);
  ExpectContent(installation().Get(other, BlobPath(highs_)), highs_.blob);
  EXPECT_EQ(shared->requests(), asked);
}

// Bytes are stored once, but knowing a digest opens nothing.
TEST_F(PrecedenceTest, WhatOthersCachedHasToBeDeliveredByAnOwnUpstream) {
  const auto ours = Add(Remembering(absl::ZeroDuration()));
  const int64_t registry = installation().CreateRegistry();
  Source theirs(installation(), {});
  installation().Attach(registry, theirs.id());
  theirs.Add(highs_, "v1");
  ExpectContent(installation().Get(registry, BlobPath(highs_)), highs_.blob);
  theirs.AwaitEntry(BlobPath(highs_));

  ExpectError(Get(BlobPath(highs_)), 404, "BLOB_UNKNOWN");
  ExpectError(Get(DigestPath(highs_)), 404, "MANIFEST_UNKNOWN");

  // Now it has the blob: it delivers all of it, once.
  ours->Add(highs_, "v1");
  ours->fake().ClearRequests();
  ExpectContent(Get(BlobPath(highs_)), highs_.blob);
  const auto asked = ours->fake().requests();
  ASSERT_EQ(asked.size(), 1);
  EXPECT_EQ(asked[0].method, "GET");
  EXPECT_EQ(asked[0].Header("Range"), "");
  ours->AwaitEntry(BlobPath(highs_));
  ExpectContent(Get(BlobPath(highs_)), highs_.blob);
  EXPECT_EQ(ours->fake().requests().size(), 1);
}

}  // namespace
}  // namespace cvr::testing
