#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

// Bytes that are here for others: nobody gets them whose own upstream has not
// delivered them; who has them does not download them again.
namespace cvr::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr size_t kChunk = limits::kChunkBytes;

class EngineLinkingTest : public EngineManifestFixture {
 protected:
  absl::StatusOr<Answer> FetchBlob(const Digest& digest,
                                   std::vector<Candidate> candidates) {
    return FetchContent(
        {*Repository::Parse("r"), Reference(digest), ContentKind::kBlob},
        std::move(candidates));
  }
  std::vector<UpstreamBlobPart> Parts() {
    std::vector<UpstreamBlobPart> parts;
    for (const Call& call : upstream().calls()) {
      if (call.kind == Kind::kGetBlob) parts.push_back(call.part);
    }
    return parts;
  }
  static Candidate WithIdentity(Candidate candidate, int64_t identity) {
    candidate.identity = identity;
    return candidate;
  }

  const std::string layer_ = PatternBytes(20 * kChunk + 777);
  // The last one given out.
  int64_t identity_ = 0;
};

TEST_F(EngineLinkingTest, ABlobOfItsOwnIsProvenByOneByteAndLinked) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  const auto answer = FetchBlob(stored.digest, {Possessing(Unknown(8))});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->bytes, "layer");
  EXPECT_EQ(answer->header.cache_status, CacheStatus::kHit);
  // Asked for one byte, not for the blob.
  ASSERT_THAT(Parts(), SizeIs(1));
  EXPECT_EQ(Parts()[0].length, 1u);
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_EQ(metadata().records()[0].upstream_id, 8);
  EXPECT_EQ(metadata().records()[0].target.digest, stored.digest);
  EXPECT_TRUE(metadata().records()[0].confirmed);
  EXPECT_EQ(metadata().records()[0].delivered_to, 0);
}

// That its manifest names the digest proves nothing, nor does a header.
TEST_F(EngineLinkingTest, ABlobOfOthersIsDownloadedInFullOnceAndLinked) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  for (const Candidate& candidate : {Unknown(8), Named(8)}) {
    metadata().SetIdentity(8, ++identity_);
    const auto answer =
        FetchBlob(stored.digest, {WithIdentity(candidate, identity_)});
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->bytes, "layer");
    EXPECT_EQ(answer->header.cache_status, CacheStatus::kMiss);
    const UpstreamBlobPart part = Parts().back();
    EXPECT_EQ(part.offset, 0);
    EXPECT_FALSE(part.length);
    metadata().AwaitRecords(identity_);
    EXPECT_EQ(metadata().records().back().delivered_to, identity_);
  }
  ASSERT_THAT(Parts(), SizeIs(2));
  const auto again =
      FetchBlob(stored.digest, {WithIdentity(Named(8), identity_)});
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(Parts(), SizeIs(2));
}

// The upstream of a stranger cannot tell whether somebody has what he names.
TEST_F(EngineLinkingTest, AnUpstreamIsAskedAsIfNobodyHadTheBytes) {
  const Digest layer = Digest::OfBytes("layer");
  const Digest manifest = Digest::OfBytes(Image("seven"));
  const auto ask_for_all = [&] {
    for (const Candidate& candidate : {Unknown(8), Named(8)}) {
      for (const bool header_only : {false, true}) {
        for (const auto& [digest, kind] :
             {std::pair(layer, ContentKind::kBlob),
              std::pair(manifest, ContentKind::kManifest)}) {
          FetchRequest request{
              {*Repository::Parse("r"), Reference(digest), kind},
              {{candidate}}};
          request.header_only = header_only;
          (void)ReadAll(world_.source().Fetch(request));
        }
      }
    }
    (void)Fetch({Unknown(8)});
    Candidate declared = TooOld(8, {kImage, manifest, Image("seven").size()});
    declared.possessed = false;
    (void)Fetch({declared});
  };
  ask_for_all();
  std::vector<std::string> before = Requests();
  Store("layer");
  Store(Image("seven"));
  ask_for_all();
  std::vector<std::string> all = Requests();
  EXPECT_THAT(before, Not(IsEmpty()));
  EXPECT_THAT(std::vector<std::string>(all.begin() + before.size(), all.end()),
              ElementsAreArray(before));
}

// A body that breaks off after its header has not been delivered.
TEST_F(EngineLinkingTest, AHeaderIsNoDelivery) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  upstream().Inject(8, {.break_at_byte = 0}, kAlways);
  EXPECT_THAT(FetchBlob(stored.digest, {Named(8)}), Not(IsOk()));
  EXPECT_THAT(FetchBlob(stored.digest, {Unknown(8)}), Not(IsOk()));
  EXPECT_THAT(metadata().records(), IsEmpty());
}

// What one group has without credentials another one gets so, too.
TEST_F(EngineLinkingTest, WhatIsPublicIsDownloadedOnceForAll) {
  const Digest layer = upstream().AddBlob(7, "r", "layer");
  metadata().SetIdentity(7, 5);
  metadata().SetIdentity(8, 5);
  metadata().SetIdentity(9, 6);
  const auto with = [](int64_t id, int64_t identity) {
    Candidate candidate = WithIdentity(Named(id), identity);
    candidate.public_identity = 5;
    return candidate;
  };
  ASSERT_THAT(FetchBlob(layer, {with(7, 5)}), IsOk());
  metadata().AwaitRecords(1);
  for (const Candidate& other : {with(8, 5), with(9, 6)}) {
    const auto answer = FetchBlob(layer, {other});
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->bytes, "layer");
  }
  EXPECT_THAT(Parts(), SizeIs(1));
}

// The reverse is not so: credentials may open more than everybody may have.
TEST_F(EngineLinkingTest, WhatCredentialsBroughtIsNotPublic) {
  const Digest layer = upstream().AddBlob(9, "r", "layer");
  metadata().SetIdentity(9, 6);
  metadata().SetIdentity(8, 5);
  Candidate credentialed = WithIdentity(Named(9), 6);
  Candidate anonymous = WithIdentity(Named(8), 5);
  credentialed.public_identity = anonymous.public_identity = 5;
  ASSERT_THAT(FetchBlob(layer, {credentialed}), IsOk());
  metadata().AwaitRecords(1);
  EXPECT_THAT(FetchBlob(layer, {anonymous}),
              StatusIs(absl::StatusCode::kNotFound));
}

// A plan is about the credentials that it was made for.
TEST_F(EngineLinkingTest, ChangedCredentialsPossessNothing) {
  const Descriptor stored = Store("layer");
  const Descriptor manifest = Store(Image("seven"));
  upstream().AddBlob(8, "r", "layer");
  upstream().AddManifest(8, "r", "latest", kImage, Image("seven"));
  metadata().SetIdentity(8, 3);
  EXPECT_THAT(
      FetchBlob(stored.digest, {WithIdentity(Possessing(Unknown(8)), 2)}),
      StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(FetchBlob(Digest::OfBytes("x"), {WithIdentity(Unknown(8), 2)}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Parts(), IsEmpty());
  Expect(Fetch({WithIdentity(Old(8, manifest), 2)}), Image("seven"),
         CacheStatus::kMiss, 8);
  EXPECT_EQ(metadata().records().back().delivered_to, 3);
}

// Else what was purged meanwhile would be back without anybody having asked.
TEST_F(EngineLinkingTest, WhatIsServedUnaskedIsRecordedAsUnconfirmed) {
  const Descriptor layer = Store("layer");
  const Descriptor manifest = Store(Image("seven"));
  ASSERT_THAT(FetchBlob(layer.digest, {Reached(7)}), IsOk());
  ASSERT_THAT(Fetch({Reached(7)}, manifest.digest.ToString()), IsOk());
  EXPECT_THAT(upstream().calls(), IsEmpty());
  ASSERT_THAT(metadata().records(), SizeIs(2));
  EXPECT_FALSE(metadata().records()[0].confirmed);
  EXPECT_FALSE(metadata().records()[1].confirmed);
}

TEST_F(EngineLinkingTest, WithoutProofAStoredBlobIsNotServed) {
  const Descriptor stored = Store("layer");
  EXPECT_THAT(FetchBlob(stored.digest, {Unknown(8)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_THAT(NegativeAnswers(),
              ElementsAre("8 not_found /r/blobs/" + stored.digest.ToString()));
}

TEST_F(EngineLinkingTest, ARefusalIsNoProof) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  upstream().Inject(8, {.error = denied_}, kAlways);
  EXPECT_THAT(FetchBlob(stored.digest, {Unknown(8)}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(FetchBlob(stored.digest, {Possessing(Unknown(8))}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(FetchBlob(stored.digest, {Refused(8)}),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(EngineLinkingTest, WhoIsKnownNotToHaveABlobIsNotAsked) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  EXPECT_THAT(FetchBlob(stored.digest, {NotFound(8)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_THAT(Parts(), IsEmpty());
  const auto answer = FetchBlob(stored.digest, {NotFound(7), Unknown(8)});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->header.upstream_id, 8);
}

TEST_F(EngineLinkingTest, AManifestOfItsOwnIsProvenByItsHeadAndLinked) {
  const Descriptor stored = Store(Image("seven"));
  upstream().AddManifest(8, "r", "", kImage, Image("seven"));
  Expect(Fetch({Possessing(Unknown(8))}, stored.digest.ToString()),
         Image("seven"), CacheStatus::kRevalidated, 8);
  EXPECT_THAT(Requests(), ElementsAre("8 HEAD " + stored.digest.ToString()));
  EXPECT_THAT(metadata().records(), SizeIs(1));
}

TEST_F(EngineLinkingTest, AManifestOfOthersIsFetchedInFull) {
  const Descriptor stored = Store(Image("seven"));
  upstream().AddManifest(8, "r", "latest", kImage, Image("seven"));
  for (const Candidate& candidate : {Unknown(8), Named(8)}) {
    metadata().SetIdentity(8, ++identity_);
    Expect(
        Fetch({WithIdentity(candidate, identity_)}, stored.digest.ToString()),
        Image("seven"), CacheStatus::kMiss, 8);
    EXPECT_EQ(metadata().records().back().delivered_to, identity_);
  }
}

// An upstream may answer HEAD with any digest.
TEST_F(EngineLinkingTest, ATagThatNamesADigestOfOthersIsFetchedInFull) {
  const Descriptor own = Store(Image("own"));
  Store(Image("seven"));
  upstream().AddManifest(8, "r", "latest", kImage, Image("seven"));
  Expect(Fetch({Old(8, own)}), Image("seven"), CacheStatus::kMiss, 8);
  EXPECT_THAT(
      Requests(),
      ElementsAre("8 HEAD latest",
                  "8 GET " + Digest::OfBytes(Image("seven")).ToString()));
  // What it has delivered once, another tag of it needs no GET for.
  Expect(Fetch({Old(8, own)}), Image("seven"), CacheStatus::kRevalidated, 8);
  EXPECT_THAT(Requests(), SizeIs(3));
}

// Whoever may declare an entry may name any digest.
TEST_F(EngineLinkingTest, AnEntryWithoutPossessionIsNoCopy) {
  const Descriptor stored = Store(Image("seven"));
  Candidate declared = Old(8, stored);
  declared.possessed = false;
  upstream().Inject(8, {.error = down_}, kAlways);
  EXPECT_THAT(Fetch({declared}), StatusIs(absl::StatusCode::kUnavailable));
  declared.cached->fresh = true;
  EXPECT_THAT(Fetch({declared}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(FetchBlob(stored.digest, {declared}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineLinkingTest, AStoredManifestIsNotServedWithoutProof) {
  const Descriptor stored = Store(Image("seven"));
  EXPECT_THAT(Fetch({Unknown(8)}, stored.digest.ToString()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

// Clients ask for manifests under /blobs/, too.
TEST_F(EngineLinkingTest, AManifestThatIsReachedIsServedAsABlob) {
  const Descriptor stored = Store(Image("seven"));
  const auto answer = FetchBlob(stored.digest, {Reached(7)});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->bytes, Image("seven"));
  EXPECT_THAT(upstream().calls(), IsEmpty());
}

TEST_F(EngineLinkingTest, ABlobIsNeverServedAsAManifest) {
  const Descriptor layer = Store("no manifest at all");
  EXPECT_THAT(Fetch({Reached(7)}, layer.digest.ToString()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

TEST_F(EngineLinkingTest, AStopOfOneOriginStopsABlob) {
  const Digest digest = upstream().AddBlob(8, "r", "layer");
  upstream().Inject(7, {.error = denied_}, kAlways);
  FailurePolicy policy;
  policy.refused.digest = Action::kStop;
  EXPECT_THAT(FetchBlob(digest, {With(Unknown(7), policy), Unknown(8)}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(FetchBlob(digest, {Unknown(7), Unknown(8)})->bytes, "layer");
  EXPECT_THAT(NegativeAnswers(),
              Contains("7 refused /r/blobs/" + digest.ToString()));
}

// --- While it comes ---------------------------------------------------------

// Whoever has an upstream of the download in his plan, but not all of them,
// might be given a stranger's bytes.
TEST_F(EngineLinkingTest, RunningDownloadOfMoreUpstreamsIsNotShared) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate, .gate_at_byte = 10 * kChunk});
  const auto first = world_.source().Fetch(
      {{*Repository::Parse("r"), Reference(digest), ContentKind::kBlob},
       {{Named(7), Named(8)}}});
  gate->AwaitArrivals();
  EXPECT_TRUE(FetchBlob(digest, {Named(7)})->bytes == layer_);
  EXPECT_EQ(upstream().CountCalls(Kind::kGetBlob), 2);
  gate->Open();
  EXPECT_TRUE(*ReadRest(**first) == layer_);
}

// Neither has delivered all of it.
TEST_F(EngineLinkingTest, BytesOfTwoUpstreamsProveNothingForEither) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().AddBlob(8, "r", layer_);
  upstream().Inject(7, {.break_at_byte = 5 * kChunk});
  upstream().Inject(7, {.error = down_}, kAlways);
  EXPECT_TRUE(FetchBlob(digest, {Named(7), Named(8)})->bytes == layer_);
  world_.engine().Shutdown(absl::InfiniteFuture());
  for (const CacheRecord& record : metadata().records()) {
    EXPECT_EQ(record.delivered_to, 0);
  }
}

TEST_F(EngineLinkingTest, WhoDeliversNothingTakesNothingFromTheNext) {
  const Digest digest = upstream().AddBlob(8, "r", layer_);
  EXPECT_TRUE(FetchBlob(digest, {Named(7), Named(8)})->bytes == layer_);
  world_.engine().Shutdown(absl::InfiniteFuture());
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_EQ(metadata().records()[0].delivered_to, -8);
}

// What an upstream has left of a broken download goes on with it alone.
TEST_F(EngineLinkingTest, AnInterruptedDownloadIsContinuedByItsOwnOnly) {
  const Digest digest = upstream().AddBlob(7, "r", layer_);
  upstream().AddBlob(8, "r", layer_);
  upstream().Inject(7, {.break_at_byte = 10 * kChunk});
  upstream().Inject(7, {.error = down_}, kAlways);
  EXPECT_THAT(FetchBlob(digest, {Named(7)}), Not(IsOk()));
  EXPECT_TRUE(FetchBlob(digest, {Named(8)})->bytes == layer_);
  EXPECT_EQ(Parts().back().offset, 0);
  // Whatever became of the blob meanwhile.
  upstream().Heal(7);
  EXPECT_TRUE(FetchBlob(digest, {Named(7)})->bytes == layer_);
  EXPECT_GT(Parts().back().offset, 0);
}

}  // namespace
}  // namespace cvr::testing
