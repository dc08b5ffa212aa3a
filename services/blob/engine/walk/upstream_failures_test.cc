#include "services/blob/engine/walk/upstream_failures.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using Action = FailurePolicy::Action;

constexpr FailureContext kCopy = {.by_digest = false, .has_copy = true};
constexpr FailureContext kTag = {};
constexpr FailureContext kDigest = {.by_digest = true};

const ContentRef kContent = {*Repository::Parse("r"), *Reference::Parse("t"),
                             ContentKind::kManifest};

// The table of ActionOn(), row by row.
TEST(UpstreamFailuresTest, DefaultsAreThoseOfTheTable) {
  const struct {
    absl::Status failure;
    Action copy, tag, digest;
  } rows[] = {
      {errors::ManifestUnknown("r", "t"), Action::kNext, Action::kNext,
       Action::kNext},
      {errors::UpstreamUnavailable("h", "down"), Action::kServeStale,
       Action::kStop, Action::kNext},
      {errors::UpstreamInvalid("h", "nonsense"), Action::kServeStale,
       Action::kStop, Action::kNext},
      {errors::UpstreamRateLimited("h", {}), Action::kServeStale, Action::kStop,
       Action::kNext},
      {errors::UpstreamRefused("h", "403"), Action::kStop, Action::kStop,
       Action::kNext},
      {AsHidden(errors::ManifestUnknown("r", "t")), Action::kNext,
       Action::kNext, Action::kNext},
      // An address that is not allowed.
      {WithReason(absl::PermissionDeniedError("10.0.0.1"), Reason::kDenied),
       Action::kServeStale, Action::kStop, Action::kNext},
      // Nobody waits any more.
      {absl::DeadlineExceededError(""), Action::kStop, Action::kStop,
       Action::kStop},
      {absl::CancelledError(""), Action::kStop, Action::kStop, Action::kStop},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ActionOn(row.failure, {}, kCopy), row.copy) << row.failure;
    EXPECT_EQ(ActionOn(row.failure, {}, kTag), row.tag) << row.failure;
    EXPECT_EQ(ActionOn(row.failure, {}, kDigest), row.digest) << row.failure;
  }
}

TEST(UpstreamFailuresTest, EveryClassFollowsItsOwnPolicy) {
  FailurePolicy policy;
  policy.unavailable = {Action::kStop, Action::kNext, Action::kStop};
  policy.refused = {Action::kServeStale, Action::kNext, Action::kStop};
  const auto down = errors::UpstreamUnavailable("h", "down");
  const auto denied = errors::UpstreamRefused("h", "403");
  EXPECT_EQ(ActionOn(down, policy, kCopy), Action::kStop);
  EXPECT_EQ(ActionOn(down, policy, kTag), Action::kNext);
  EXPECT_EQ(ActionOn(down, policy, kDigest), Action::kStop);
  EXPECT_EQ(ActionOn(denied, policy, kCopy), Action::kServeStale);
  EXPECT_EQ(ActionOn(denied, policy, kTag), Action::kNext);
  EXPECT_EQ(ActionOn(errors::UpstreamRateLimited("h", {}), policy, kTag),
            Action::kStop);
  policy.hidden = {Action::kServeStale, Action::kStop, Action::kStop};
  const auto absent = errors::ManifestUnknown("r", "t");
  EXPECT_EQ(ActionOn(AsHidden(absent), policy, kCopy), Action::kServeStale);
  EXPECT_EQ(ActionOn(AsHidden(absent), policy, kTag), Action::kStop);
  EXPECT_EQ(ActionOn(AsHidden(absent), policy, kDigest), Action::kStop);
  EXPECT_EQ(ActionOn(absent, policy, kTag), Action::kNext);
}

TEST(UpstreamFailuresTest, WhatThePolicyStopsNamesItsSwitch) {
  const auto hidden = AsHidden(errors::ManifestUnknown("r", "t"));
  const auto denied =
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kUpstreamRefused);
  EXPECT_THAT(StoppedBy(hidden, kTag), denied);
  EXPECT_THAT(StoppedBy(hidden, kTag).message(),
              HasSubstr("--on-hidden tag=next"));
  EXPECT_THAT(StoppedBy(hidden, kDigest).message(),
              HasSubstr("--on-hidden digest=next"));
  const auto refused = errors::UpstreamRefused("h", "403");
  EXPECT_THAT(StoppedBy(refused, kDigest), denied);
  EXPECT_THAT(StoppedBy(refused, kDigest).message(),
              HasSubstr("--on-refused digest=next"));
  const auto down = errors::UpstreamUnavailable("h", "down");
  EXPECT_EQ(StoppedBy(down, kTag), down);
}

TEST(UpstreamFailuresTest, TheFailureThatTellsMostIsTold) {
  const auto absent = errors::BlobUnknown("d");
  const auto hidden = AsHidden(errors::BlobUnknown("e"));
  const auto down = errors::UpstreamUnavailable("h", "down");
  absl::Status decisive = absent;
  NoteFailure(absent, decisive);
  EXPECT_EQ(decisive, absent);
  NoteFailure(hidden, decisive);
  EXPECT_TRUE(IsHidden(decisive));
  EXPECT_THAT(decisive,
              StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
  EXPECT_THAT(decisive.message(), HasSubstr("--on-hidden"));
  NoteFailure(absent, decisive);
  EXPECT_TRUE(IsHidden(decisive));
  NoteFailure(down, decisive);
  EXPECT_EQ(decisive, down);
  NoteFailure(hidden, decisive);
  EXPECT_EQ(decisive, down);
}

TEST(UpstreamFailuresTest, WithoutACopyThereIsNothingToServe) {
  FailurePolicy policy;
  policy.unavailable = {Action::kServeStale, Action::kServeStale,
                        Action::kServeStale};
  const auto down = errors::UpstreamUnavailable("h", "down");
  EXPECT_EQ(ActionOn(down, policy, kTag), Action::kStop);
  EXPECT_EQ(ActionOn(down, policy, kDigest), Action::kNext);
  policy.hidden = policy.unavailable;
  const auto hidden = AsHidden(errors::ManifestUnknown("r", "t"));
  EXPECT_EQ(ActionOn(hidden, policy, kTag), Action::kNext);
  EXPECT_EQ(ActionOn(hidden, policy, kDigest), Action::kNext);
}

TEST(UpstreamFailuresTest, CopiesMayBeServedUntilTheirTime) {
  Candidate candidate = {1};
  EXPECT_FALSE(MayBeServedStale(candidate));
  candidate.cached =
      CachedEntry{{"m/t", Digest::OfBytes("x"), 1}, absl::UnixEpoch()};
  // Others' bytes are no copy.
  EXPECT_FALSE(MayBeServedStale(candidate));
  candidate.possessed = true;
  EXPECT_TRUE(MayBeServedStale(candidate));
  candidate.cached->stale_for = absl::ZeroDuration();
  EXPECT_TRUE(MayBeServedStale(candidate));
  candidate.cached->stale_for = -absl::Nanoseconds(1);
  EXPECT_FALSE(MayBeServedStale(candidate));
}

TEST(UpstreamFailuresTest, NegativeAnswersStandForAnswers) {
  const auto unknown = errors::ManifestUnknown("r", "t");
  EXPECT_THAT(KnownAnswer(7, NegativeAnswer::kNone, unknown), IsOk());
  EXPECT_EQ(KnownAnswer(7, NegativeAnswer::kNotFound, unknown), unknown);
  const auto hidden = KnownAnswer(7, NegativeAnswer::kHidden, unknown);
  EXPECT_THAT(hidden,
              StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown));
  EXPECT_TRUE(IsHidden(hidden));
  EXPECT_THAT(
      KnownAnswer(7, NegativeAnswer::kRefused, unknown),
      StatusIs(absl::StatusCode::kPermissionDenied, Reason::kUpstreamRefused));
}

TEST(UpstreamFailuresTest, OnlyNegativeAnswersAreRecorded) {
  FakeMetadataClient metadata;
  for (const absl::Status& answer :
       {absl::OkStatus(), errors::UpstreamUnavailable("h", "down"),
        errors::UpstreamRateLimited("h", {}),
        // An address that the deployment does not allow.
        WithReason(absl::PermissionDeniedError("10.0.0.1"), Reason::kDenied)}) {
    RecordAnswer(metadata, {7, 1}, kContent, answer);
  }
  EXPECT_THAT(metadata.negative_entries(), ::testing::IsEmpty());
  RecordAnswer(metadata, {7, 1}, kContent, errors::ManifestUnknown("r", "t"));
  RecordAnswer(metadata, {8, 1}, kContent, errors::UpstreamRefused("h", "403"));
  RecordAnswer(metadata, {9, 1}, kContent,
               AsHidden(errors::ManifestUnknown("r", "t")));
  const auto negative_entries = metadata.negative_entries();
  ASSERT_EQ(negative_entries.size(), 3u);
  EXPECT_EQ(negative_entries[2].negative_answer, NegativeAnswer::kHidden);
  EXPECT_EQ(negative_entries[0].negative_answer, NegativeAnswer::kNotFound);
  EXPECT_EQ(negative_entries[1].negative_answer, NegativeAnswer::kRefused);
  EXPECT_EQ(negative_entries[1].upstream_id, 8);
  EXPECT_EQ(negative_entries[1].path, "/r/manifests/t");
}

}  // namespace
}  // namespace cvr::testing
