#include "services/blob/engine/walk/candidate_walk.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using Action = FailurePolicy::Action;
using Code = absl::StatusCode;

const absl::Status kUnknown = errors::ManifestUnknown("r", "t");
const absl::Status kDown = errors::UpstreamUnavailable("h", "down");
const absl::Status kLimited = errors::UpstreamRateLimited("i", {});
const absl::Status kDenied = errors::UpstreamRefused("h", "403");

// Every failure passes over the upstream.
FailurePolicy AlwaysNext() {
  constexpr FailurePolicy::Actions kNext = {Action::kNext, Action::kNext,
                                            Action::kNext};
  return {kNext, kNext, kNext, kNext};
}

TEST(CandidateWalkTest, EndsAsUnknownWhenNobodyHasIt) {
  CandidateWalk walk(/*by_digest=*/false, kUnknown);
  EXPECT_EQ(walk.status(), kUnknown);
  EXPECT_EQ(walk.OnFailure(errors::RepositoryUnknown("r"), {}), Action::kNext);
  EXPECT_EQ(walk.OnFailure(errors::ManifestUnknown("r", "u"), {}),
            Action::kNext);
  EXPECT_EQ(walk.status(), kUnknown);
}

TEST(CandidateWalkTest, RemembersTheFirstFailureThatTellsMore) {
  CandidateWalk walk(/*by_digest=*/false, kUnknown);
  EXPECT_EQ(walk.OnFailure(kUnknown, AlwaysNext()), Action::kNext);
  EXPECT_EQ(walk.OnFailure(AsHidden(kUnknown), AlwaysNext()), Action::kNext);
  EXPECT_THAT(walk.status(), StatusIs(Code::kNotFound));
  EXPECT_TRUE(IsHidden(walk.status()));
  EXPECT_EQ(walk.OnFailure(kDown, AlwaysNext()), Action::kNext);
  EXPECT_EQ(walk.OnFailure(kLimited, AlwaysNext()), Action::kNext);
  EXPECT_EQ(walk.status(), kDown);
}

TEST(CandidateWalkTest, StopsWithTheFailureThatStopsIt) {
  CandidateWalk walk(/*by_digest=*/false, kUnknown);
  EXPECT_EQ(walk.OnFailure(kDown, AlwaysNext()), Action::kNext);
  EXPECT_EQ(walk.OnFailure(kLimited, {}), Action::kStop);
  EXPECT_EQ(walk.status(), kLimited);
}

TEST(CandidateWalkTest, SaysWhichOptionWouldPassOverIt) {
  CandidateWalk walk(/*by_digest=*/false, kUnknown);
  EXPECT_EQ(walk.OnFailure(kDenied, {}), Action::kStop);
  EXPECT_THAT(walk.status(),
              StatusIs(Code::kPermissionDenied, Reason::kUpstreamRefused));
  EXPECT_THAT(std::string(walk.status().message()),
              HasSubstr("--on-refused tag=next"));
}

TEST(CandidateWalkTest, PassesOverForDigests) {
  CandidateWalk walk(/*by_digest=*/true, kUnknown);
  EXPECT_EQ(walk.OnFailure(kDenied, {}), Action::kNext);
  EXPECT_EQ(walk.status(), kDenied);
}

TEST(CandidateWalkTest, ServesACopyOnlyIfThereIsOne) {
  CandidateWalk walk(/*by_digest=*/false, kUnknown);
  EXPECT_EQ(walk.OnFailure(kDown, {}, /*has_copy=*/true), Action::kServeStale);
  // The failure is nobody's business then.
  EXPECT_EQ(walk.status(), kUnknown);
  EXPECT_EQ(walk.OnFailure(kDown, {}), Action::kStop);
  EXPECT_EQ(walk.status(), kDown);
}

TEST(CandidateWalkTest, EndsWhenNobodyWaits) {
  CandidateWalk walk(/*by_digest=*/true, kUnknown);
  const absl::Status late = absl::DeadlineExceededError("too late");
  EXPECT_EQ(walk.OnFailure(late, AlwaysNext()), Action::kStop);
  EXPECT_EQ(walk.status(), late);
}

}  // namespace
}  // namespace cvr::testing
