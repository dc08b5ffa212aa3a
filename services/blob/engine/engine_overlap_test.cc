#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

// Candidates that are asked ahead of their turn: it saves time and changes
// nothing.
namespace cvr::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

EngineOptions AtOnce() {
  EngineOptions options = EngineWorld::SmallOptions();
  options.probe_overlap_delay = absl::ZeroDuration();
  return options;
}

// Everybody is asked ahead as soon as somebody has to be waited for.
class EngineOverlapTest : public EngineManifestFixture {
 protected:
  EngineOverlapTest() : EngineManifestFixture(AtOnce()) {}

  // Pulls on a thread of its own; Result() waits for it.
  void Begin(std::vector<Candidate> candidates,
             const std::string& reference = "latest") {
    pull_ = std::make_unique<Thread>(
        "pull", [this, candidates = std::move(candidates), reference] {
          result_ = Fetch(candidates, reference);
        });
  }
  const absl::StatusOr<Answer>& Result() {
    pull_.reset();
    return result_;
  }

 private:
  absl::StatusOr<Answer> result_ = absl::UnknownError("not yet");
  std::unique_ptr<Thread> pull_;
};

TEST_F(EngineOverlapTest, TheNextIsAskedByHeadWhileOneKeepsUsWaiting) {
  Publish(8, Image("eight"));
  const auto first = Hold(7);
  const auto second = Hold(8);
  Begin({Unknown(7), Unknown(8)});
  first->AwaitArrivals();
  second->AwaitArrivals();  // Though the first has not answered.
  second->Open();
  first->Open();
  Expect(Result(), Image("eight"), CacheStatus::kMiss, 8);
  const std::string digest = Digest::OfBytes(Image("eight")).ToString();
  // Who is asked first is nobody's promise.
  EXPECT_THAT(Requests(), UnorderedElementsAre("7 GET latest", "8 HEAD latest",
                                               "8 GET " + digest));
  EXPECT_EQ(Requests().back(), "8 GET " + digest);
}

// The answer that came first is not the one that counts.
TEST_F(EngineOverlapTest, TheWinnerIsTheFirstInOrderThatHasIt) {
  Publish(7, Image("seven"));
  Publish(8, Image("eight"));
  const auto first = Hold(7);
  const auto second = Hold(8);
  Begin({Unknown(7), Unknown(8)});
  first->AwaitArrivals();
  second->AwaitArrivals();
  second->Open();
  first->Open();
  Expect(Result(), Image("seven"), CacheStatus::kMiss, 7);
  EXPECT_THAT(Requests(), Not(Contains("8 GET latest")));
}

TEST_F(EngineOverlapTest, AFailureOfTheFirstStopsATagWhateverTheNextHas) {
  Publish(8, Image("eight"));
  auto first = std::make_shared<Gate>();
  upstream().Inject(7, {.error = down_, .gate = first});
  const auto second = Hold(8);
  Begin({Unknown(7), Unknown(8)});
  first->AwaitArrivals();
  second->AwaitArrivals();
  second->Open();
  first->Open();
  EXPECT_THAT(Result(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EngineOverlapTest, WhatIsFoundOutAheadIsRecordedAndNotAskedAgain) {
  Publish(9, Image("nine"));
  const auto first = Hold(7);
  const auto second = Hold(8);
  const auto third = Hold(9);
  Begin({Unknown(7), Unknown(8), Unknown(9)});
  for (const auto& gate : {first, second, third}) gate->AwaitArrivals();
  for (const auto& gate : {second, third, first}) gate->Open();
  Expect(Result(), Image("nine"), CacheStatus::kMiss, 9);
  EXPECT_THAT(NegativeAnswers(),
              UnorderedElementsAre("7 not_found /r/manifests/latest",
                                   "8 not_found /r/manifests/latest"));
  EXPECT_THAT(Requests(), Not(Contains("8 GET latest")));
}

TEST_F(EngineOverlapTest, WhatTheStoreHasNeedsNoBody) {
  const Descriptor target = Store(Image("eight"));
  Publish(8, Image("eight"));
  const auto first = Hold(7);
  const auto second = Hold(8);
  Begin({Unknown(7), Old(8, target)});
  first->AwaitArrivals();
  second->AwaitArrivals();
  second->Open();
  first->Open();
  Expect(Result(), Image("eight"), CacheStatus::kRevalidated, 8);
  EXPECT_THAT(Requests(),
              UnorderedElementsAre("7 GET latest", "8 HEAD latest"));
}

TEST_F(EngineOverlapTest, NobodyIsAskedAheadOfWhoNeedsNoRequest) {
  const Descriptor target = Store(Image("eight"));
  const auto first = Hold(7);
  Begin({Unknown(7), Fresh(8, target), Unknown(9)});
  first->AwaitArrivals();
  first->Open();
  Expect(Result(), Image("eight"), CacheStatus::kHit, 8);
  EXPECT_THAT(Requests(), ElementsAre("7 GET latest"));
}

TEST_F(EngineOverlapTest, WhoIsKnownNotToHaveItIsNotAskedAhead) {
  Publish(9, Image("nine"));
  const auto first = Hold(7);
  const auto third = Hold(9);
  Begin({Unknown(7), NotFound(8), Unknown(9)});
  first->AwaitArrivals();
  third->AwaitArrivals();
  third->Open();
  first->Open();
  Expect(Result(), Image("nine"), CacheStatus::kMiss, 9);
  EXPECT_THAT(Requests(), Not(Contains("8 HEAD latest")));
}

TEST_F(EngineOverlapTest, AnUpstreamWithoutHeadIsAskedInItsTurn) {
  Publish(8, Image("eight"));
  const auto first = Hold(7);
  auto second = std::make_shared<Gate>();
  upstream().Inject(
      8, {.error = errors::UpstreamInvalid("r.test", "405"), .gate = second});
  Begin({Unknown(7), Unknown(8)});
  first->AwaitArrivals();
  second->AwaitArrivals();
  second->Open();
  first->Open();
  Expect(Result(), Image("eight"), CacheStatus::kMiss, 8);
  EXPECT_THAT(Requests(), UnorderedElementsAre("7 GET latest", "8 HEAD latest",
                                               "8 GET latest"));
  EXPECT_EQ(Requests().back(), "8 GET latest");
}

TEST_F(EngineOverlapTest, DigestsAreAskedAheadAsWell) {
  const Descriptor target = Publish(8, Image("eight"));
  const auto first = Hold(7);
  const auto second = Hold(8);
  Begin({Unknown(7), Unknown(8)}, target.digest.ToString());
  first->AwaitArrivals();
  second->AwaitArrivals();
  second->Open();
  first->Open();
  Expect(Result(), Image("eight"), CacheStatus::kMiss, 8);
}

}  // namespace
}  // namespace cvr::testing
