#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

// Bytes that are here for others: nobody gets them whose own upstream has not
// proven to have them; who gets them does not download them again.
namespace cvr::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
};

TEST_F(EngineLinkingTest, AStoredBlobIsProvenByOneByteAndLinked) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  const auto answer = FetchBlob(stored.digest, {Unknown(8)});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->bytes, "layer");
  // Asked for one byte, not for the blob.
  ASSERT_THAT(Parts(), SizeIs(1));
  EXPECT_EQ(Parts()[0].length, 1u);
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_EQ(metadata().records()[0].upstream_id, 8);
  EXPECT_EQ(metadata().records()[0].target.digest, stored.digest);
  EXPECT_TRUE(metadata().records()[0].confirmed);
}

// Else what was purged meanwhile would be back without anybody having asked.
TEST_F(EngineLinkingTest, WhatIsServedUnaskedIsRecordedAsUnconfirmed) {
  const Descriptor layer = Store("layer");
  const Descriptor manifest = Store(Image("seven"));
  ASSERT_THAT(FetchBlob(layer.digest, {{7, /*reachable=*/true}}), IsOk());
  ASSERT_THAT(Fetch({{7, /*reachable=*/true}}, manifest.digest.ToString()),
              IsOk());
  EXPECT_THAT(upstream().calls(), IsEmpty());
  ASSERT_THAT(metadata().records(), SizeIs(2));
  EXPECT_FALSE(metadata().records()[0].confirmed);
  EXPECT_FALSE(metadata().records()[1].confirmed);
}

TEST_F(EngineLinkingTest, WithoutProofAStoredBlobIsNotServed) {
  const Descriptor stored = Store("layer");
  EXPECT_THAT(FetchBlob(stored.digest, {Unknown(8)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_THAT(Denials(),
              ElementsAre("8 absent /r/blobs/" + stored.digest.ToString()));
}

TEST_F(EngineLinkingTest, ARefusalIsNoProof) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  upstream().Inject(8, {.error = denied_}, kAlways);
  EXPECT_THAT(FetchBlob(stored.digest, {Unknown(8)}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(FetchBlob(stored.digest, {Refused(8)}),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(EngineLinkingTest, WhoIsKnownNotToHaveABlobIsNotAsked) {
  const Descriptor stored = Store("layer");
  upstream().AddBlob(8, "r", "layer");
  EXPECT_THAT(FetchBlob(stored.digest, {Absent(8)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_THAT(Parts(), IsEmpty());
  const auto answer = FetchBlob(stored.digest, {Absent(7), Unknown(8)});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->header.upstream_id, 8);
}

TEST_F(EngineLinkingTest, AStoredManifestIsProvenByItsHeadAndLinked) {
  const Descriptor stored = Store(Image("seven"));
  upstream().AddManifest(8, "r", "", kImage, Image("seven"));
  Expect(Fetch({Unknown(8)}, stored.digest.ToString()), Image("seven"),
         ContentOrigin::kRevalidated, 8);
  EXPECT_THAT(Requests(), ElementsAre("8 HEAD " + stored.digest.ToString()));
  EXPECT_THAT(metadata().records(), SizeIs(1));
}

TEST_F(EngineLinkingTest, AStoredManifestIsNotServedWithoutProof) {
  const Descriptor stored = Store(Image("seven"));
  EXPECT_THAT(Fetch({Unknown(8)}, stored.digest.ToString()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

// Clients ask for manifests under /blobs/, too.
TEST_F(EngineLinkingTest, AManifestThatIsReachedIsServedAsABlob) {
  const Descriptor stored = Store(Image("seven"));
  Candidate reached = Unknown(7);
  reached.reachable = true;
  const auto answer = FetchBlob(stored.digest, {reached});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->bytes, Image("seven"));
  EXPECT_THAT(upstream().calls(), IsEmpty());
}

TEST_F(EngineLinkingTest, ABlobIsNeverServedAsAManifest) {
  const Descriptor layer = Store("no manifest at all");
  Candidate reached = Unknown(7);
  reached.reachable = true;
  EXPECT_THAT(Fetch({reached}, layer.digest.ToString()),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
}

TEST_F(EngineLinkingTest, AStopOfOneOriginStopsABlob) {
  const Digest digest = upstream().AddBlob(8, "r", "layer");
  upstream().Inject(7, {.error = denied_}, kAlways);
  FailurePolicy policy;
  policy.denied.digest = Action::kStop;
  EXPECT_THAT(FetchBlob(digest, {With(Unknown(7), policy), Unknown(8)}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(FetchBlob(digest, {Unknown(7), Unknown(8)})->bytes, "layer");
  EXPECT_THAT(Denials(), Contains("7 refused /r/blobs/" + digest.ToString()));
}

}  // namespace
}  // namespace cvr::testing
