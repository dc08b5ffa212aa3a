#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

// What is served of a manifest, and in which order the candidates are asked:
// DESIGN.md, "Who is asked".
namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EngineManifestTest : public EngineManifestFixture {};

// --- Without asking ---------------------------------------------------------

TEST_F(EngineManifestTest, FreshEntryIsServedWithoutAsking) {
  Expect(Fetch({Fresh(7, Store("{}"))}), "{}", CacheStatus::kHit, 7);
  EXPECT_THAT(upstream().calls(), IsEmpty());
}

TEST_F(EngineManifestTest, FreshEntryWithoutBytesIsAMiss) {
  const Descriptor target = Publish(7, "{}");
  Expect(Fetch({Fresh(7, target)}), "{}", CacheStatus::kMiss, 7);
}

TEST_F(EngineManifestTest, DamagedManifestIsFetchedAgain) {
  Store("{}");
  const Descriptor target = Publish(7, "{}");
  world_.faults().DamageFrom(0);
  Expect(Fetch({Fresh(7, target)}), "{}", CacheStatus::kMiss, 7);
  Expect(Fetch({Fresh(7, target)}), "{}", CacheStatus::kHit, 7);
}

// Of its first chunk the reader has got already.
TEST_F(EngineManifestTest, ManifestThatIsDamagedInTheMiddleIsRepaired) {
  const std::string bytes(2 * limits::kChunkBytes + 5, ' ');
  Store(bytes);
  const Descriptor target = Publish(7, bytes);
  world_.faults().DamageFrom(limits::kChunkBytes);
  ReadRequest hit{target.digest};
  // The plan of the tag; what a higher upstream has there is of no use.
  hit.repair = RepairPlan{{*Repository::Parse("r"), *Reference::Parse("latest"),
                           ContentKind::kManifest},
                          {{Fresh(6, Store("{}")), Fresh(7, target)}}};
  EXPECT_THAT(ReadAll(world_.source().Read(hit)), IsOkAndHolds(bytes));
  EXPECT_EQ(upstream().calls().back().upstream_id, 7);
  EXPECT_EQ(metadata().download_count(), 0);
  // And it is stored again.
  EXPECT_THAT(ReadAll(world_.source().Read({target.digest})),
              IsOkAndHolds(bytes));
}

TEST_F(EngineManifestTest, ManifestThatNobodyHasAnyMoreIsNotRepaired) {
  const std::string bytes(limits::kChunkBytes + 5, ' ');
  const Descriptor target = Store(bytes);
  world_.faults().DamageFrom(limits::kChunkBytes);
  ReadRequest hit{target.digest};
  hit.repair = RepairPlan{{*Repository::Parse("r"), *Reference::Parse("latest"),
                           ContentKind::kManifest},
                          {{Fresh(7, target)}}};
  EXPECT_THAT(ReadAll(world_.source().Read(hit)),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EngineManifestTest, HigherCandidateIsAskedBeforeALowerFreshOne) {
  const Descriptor low = Store("{}");
  Publish(7, "{ }");
  Expect(Fetch({Unknown(7), Fresh(8, low)}), "{ }", CacheStatus::kMiss, 7);
  upstream().Clear(7);
  Expect(Fetch({Unknown(7), Fresh(8, low)}), "{}", CacheStatus::kHit, 8);
}

// --- Misses -----------------------------------------------------------------

TEST_F(EngineManifestTest, MissIsRecordedWithWhatItNeeds) {
  const Digest layer = Digest::OfBytes("layer");
  const std::string bytes =
      absl::StrCat(R"({"layers":[{"digest":")", layer.ToString(), R"("}]})");
  Publish(7, bytes);
  Expect(Fetch({Unknown(7)}), bytes, CacheStatus::kMiss, 7);
  ASSERT_THAT(metadata().records(), SizeIs(1));
  const CacheRecord record = metadata().records()[0];
  EXPECT_EQ(record.upstream_id, 7);
  EXPECT_EQ(record.content.RelativePath(), "/r/manifests/latest");
  EXPECT_EQ(record.target.digest, Digest::OfBytes(bytes));
  EXPECT_EQ(record.target.media_type, kImage);
  EXPECT_EQ(record.target.size_bytes, bytes.size());
  EXPECT_FALSE(record.upstream_etag.empty());
  EXPECT_THAT(record.references, ElementsAre(layer));
  EXPECT_TRUE(record.counts_as_pull);
}

TEST_F(EngineManifestTest, FullDiskDoesNotFailAPull) {
  world_.faults().FillUpAfter(0);
  Publish(7, "{}");
  Expect(Fetch({Unknown(7)}), "{}", CacheStatus::kMiss, 7);
  EXPECT_THAT(metadata().records(), IsEmpty());
}

TEST_F(EngineManifestTest, MetadataServiceThatFailsDoesNotFailAHit) {
  const Descriptor target = Store("{}");
  metadata().FailWith(absl::UnavailableError("down"));
  Expect(Fetch({Fresh(7, target)}, target.digest.ToString()), "{}",
         CacheStatus::kHit, 7);
  Expect(Fetch({Old(7, target)}), "{}", CacheStatus::kStale, 7);
}

TEST_F(EngineManifestTest, NextCandidateIsAskedWhenOneDoesNotHaveIt) {
  const Descriptor target = Publish(8, "{}");
  Expect(Fetch({Unknown(7), Unknown(8)}), "{}", CacheStatus::kMiss, 8);
  metadata().RemoveUpstream(6);
  Expect(Fetch({Unknown(6), Unknown(8)}), "{}", CacheStatus::kMiss, 8);
}

TEST_F(EngineManifestTest, WrongBytesAreNeitherServedNorStored) {
  const Descriptor target = Publish(7, "{}");
  upstream().Inject(7, {.corrupt = true});
  EXPECT_THAT(Fetch({Unknown(7)}), StatusIs(absl::StatusCode::kUnavailable,
                                            Reason::kContentMismatch));
  EXPECT_THAT(world_.store().Open(target.digest),
              StatusIs(absl::StatusCode::kNotFound));
}

// --- Revalidation -----------------------------------------------------------

TEST_F(EngineManifestTest, ConfirmedEntryMovesNoBody) {
  Store("{}");
  const Descriptor target = Publish(7, "{}");
  Expect(Fetch({Old(7, target)}), "{}", CacheStatus::kRevalidated, 7);
  ASSERT_THAT(upstream().calls(), SizeIs(1));
  EXPECT_EQ(upstream().calls()[0].kind, Kind::kHeadManifest);
  ASSERT_THAT(metadata().touched(), SizeIs(1));
  EXPECT_EQ(metadata().touched()[0].digest, target.digest);
  EXPECT_TRUE(metadata().touched()[0].counts_as_pull);
}

TEST_F(EngineManifestTest, MovedTagIsFetchedByItsNewDigestAndRepointed) {
  const Descriptor old = Store("{}");
  const Descriptor moved = Publish(7, "{ }");
  Expect(Fetch({Old(7, old)}), "{ }", CacheStatus::kMiss, 7);
  ASSERT_THAT(upstream().calls(), SizeIs(2));
  EXPECT_EQ(upstream().calls()[1].reference, moved.digest.ToString());
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_EQ(metadata().records()[0].content.RelativePath(),
            "/r/manifests/latest");
  EXPECT_EQ(metadata().records()[0].target.digest, moved.digest);
}

TEST_F(EngineManifestTest, UpstreamThatDoesNotSayDigestsIsAskedForTheBody) {
  Store("{}");
  const Descriptor target = Publish(7, "{}");
  upstream().Inject(7, {errors::UpstreamInvalid("r.test", "no digest")});
  Expect(Fetch({Old(7, target)}), "{}", CacheStatus::kMiss, 7);
}

// --- The table of failures --------------------------------------------------

TEST_F(EngineManifestTest, CopyIsServedStaleWhileTheUpstreamFails) {
  const Descriptor target = Store("{}");
  for (const absl::Status& failure : {down_, limited_}) {
    upstream().Inject(7, {failure});
    Expect(Fetch({Old(7, target)}), "{}", CacheStatus::kStale, 7);
  }
  EXPECT_THAT(metadata().touched(), IsEmpty());
}

TEST_F(EngineManifestTest, MovedTagWhoseBodyCannotBeHadIsServedStale) {
  const Descriptor old = Store("{}");
  Publish(7, "{ }");
  upstream().Inject(7, {});
  upstream().Inject(7, {down_});
  Expect(Fetch({Old(7, old)}), "{}", CacheStatus::kStale, 7);
}

TEST_F(EngineManifestTest, CopyThatIsTooOldIsNotServed) {
  const Descriptor target = Store("{}");
  upstream().Inject(7, {down_}, 2);
  Expect(Fetch({Old(7, target, absl::ZeroDuration())}), "{}",
         CacheStatus::kStale, 7);
  EXPECT_THAT(Fetch({Old(7, target, -absl::Seconds(1))}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineManifestTest, WhatWasRevokedIsNotServed) {
  const Descriptor target = Store("{}");
  Publish(8, "{}");
  upstream().Inject(7, {denied_});
  EXPECT_THAT(
      Fetch({Old(7, target), Unknown(8)}),
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kUpstreamRefused));
}

TEST_F(EngineManifestTest, EntryThatTheUpstreamNoLongerHasIsForgotten) {
  const Descriptor target = Store("{}");
  EXPECT_THAT(Fetch({Old(7, target)}),
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  ASSERT_THAT(metadata().negative_entries(), SizeIs(1));
  EXPECT_EQ(metadata().negative_entries()[0].path, "/r/manifests/latest");
  EXPECT_EQ(metadata().negative_entries()[0].negative_answer,
            NegativeAnswer::kNotFound);
}

// Dependency confusion: a lower upstream must not step in.
TEST_F(EngineManifestTest, TagStopsAtTheFirstCandidateThatFails) {
  Publish(8, "{}");
  for (const absl::Status& failure : {down_, limited_, denied_}) {
    upstream().Inject(7, {failure});
    EXPECT_THAT(Fetch({Unknown(7), Unknown(8)}), StatusIs(failure.code()));
  }
  for (const auto& call : upstream().calls()) EXPECT_EQ(call.upstream_id, 7);
}

TEST_F(EngineManifestTest, DigestMayComeFromTheNextCandidate) {
  const Descriptor target = Publish(8, "{}");
  for (const absl::Status& failure : {down_, limited_, denied_}) {
    ASSERT_THAT(world_.store().Delete(target.digest), IsOk());
    upstream().Inject(7, {failure});
    Expect(Fetch({Unknown(7), Unknown(8)}, target.digest.ToString()), "{}",
           CacheStatus::kMiss, 8);
  }
}

TEST_F(EngineManifestTest, FirstErrorIsAnsweredWhenNobodyHasTheDigest) {
  upstream().Inject(7, {limited_});
  upstream().Inject(8, {down_});
  EXPECT_THAT(Fetch({Unknown(6), Unknown(7), Unknown(8)},
                    Digest::OfBytes("{}").ToString()),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

// --- By digest --------------------------------------------------------------

TEST_F(EngineManifestTest, DigestIsNeverRevalidated) {
  const Descriptor target = Store("{}");
  Expect(Fetch({Fresh(7, target)}, target.digest.ToString()), "{}",
         CacheStatus::kHit, 7);
  EXPECT_THAT(upstream().calls(), IsEmpty());
  EXPECT_EQ(metadata().download_count(), 1);
}

TEST_F(EngineManifestTest, ReachableDigestIsServedAndLinkedWithoutAsking) {
  const std::string bytes = R"({"layers":[]})";
  const Descriptor target = Store(bytes);
  Expect(Fetch({Reached(7)}, target.digest.ToString()), bytes,
         CacheStatus::kHit, 7);
  EXPECT_THAT(upstream().calls(), IsEmpty());
  EXPECT_THAT(metadata().records(), SizeIs(1));
}

// --- At the same time -------------------------------------------------------

TEST_F(EngineManifestTest, ThoseWhoAskAtTheSameTimeShareOneRequest) {
  Publish(7, "{}");
  const auto gate = std::make_shared<Gate>();
  upstream().Inject(7, {.gate = gate}, kAlways);
  {
    Thread leader("leader", [&] {
      Expect(Fetch({Unknown(7)}), "{}", CacheStatus::kMiss, 7);
    });
    gate->AwaitArrivals();
    Thread follower("follower", [&] {
      Expect(Fetch({Unknown(7)}), "{}", CacheStatus::kMiss, 7);
    });
    gate->Open();
  }
  // The follower may have come late; then it asked for itself.
  EXPECT_EQ(metadata().download_count(), 2);
  EXPECT_LE(upstream().calls().size(), 2);
}

}  // namespace
}  // namespace cvr::testing
