#include "services/blob/engine/refresh_ahead.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "services/blob/engine/engine_manifest_fixture.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RefreshAheadTest : public EngineManifestFixture {
 protected:
  RefreshAheadTest() { Make(absl::InfiniteDuration()); }

  void Make(absl::Duration interval) {
    refresh_ = std::make_unique<RefreshAhead>(
        RefreshAhead::Options{.interval = interval}, world_.engine(),
        metadata(), &health());
  }
  void Due(int64_t id, const Descriptor& target) {
    metadata().AddRefreshDue(
        {{*Repository::Parse("r"), *Reference::Parse("latest"),
          ContentKind::kManifest},
         Old(id, target)});
  }

  std::unique_ptr<RefreshAhead> refresh_;
};

TEST_F(RefreshAheadTest, WhatIsDueIsRevalidated) {
  const Descriptor target = Store(Image("same"));
  Publish(7, Image("same"));
  Due(7, target);
  EXPECT_EQ(refresh_->RunOnce(), 1u);
  EXPECT_THAT(Requests(), ElementsAre("7 HEAD latest"));
  ASSERT_THAT(metadata().touched(), SizeIs(1));
  EXPECT_FALSE(metadata().touched()[0].counts_as_pull);
  EXPECT_EQ(refresh_->counts().refreshed, 1u);
  EXPECT_EQ(refresh_->RunOnce(), 0u);
}

TEST_F(RefreshAheadTest, ATagThatMovedIsFetched) {
  const Descriptor old = Store(Image("old"));
  const Descriptor moved = Publish(7, Image("new"));
  Due(7, old);
  refresh_->RunOnce();
  ASSERT_THAT(metadata().records(), SizeIs(1));
  EXPECT_EQ(metadata().records()[0].target.digest, moved.digest);
  EXPECT_EQ(metadata().download_count(), 0);
}

TEST_F(RefreshAheadTest, BudgetsAreSpared) {
  Due(7, Store(Image("old")));
  health().SaveBudgetOf(7);
  EXPECT_EQ(refresh_->RunOnce(), 1u);
  EXPECT_THAT(upstream().calls(), IsEmpty());
  EXPECT_EQ(refresh_->counts().spared, 1u);
}

TEST_F(RefreshAheadTest, FailuresAreCountedAndForgotten) {
  Due(7, Store(Image("old")));
  upstream().Inject(7, {.error = down_}, kAlways);
  refresh_->RunOnce();
  EXPECT_EQ(refresh_->counts().failed, 1u);
  metadata().FailWith(down_);
  EXPECT_EQ(refresh_->RunOnce(), 0u);
}

TEST_F(RefreshAheadTest, PullsShareItsRequests) {
  const Descriptor target = Store(Image("same"));
  Publish(7, Image("same"));
  Due(7, target);
  const auto gate = Hold(7);
  Thread refreshing("refresh", [this] { refresh_->RunOnce(); });
  gate->AwaitArrivals();
  {
    Thread pulling("pull", [&] {
      Expect(Fetch({Old(7, target)}), Image("same"), CacheStatus::kRevalidated,
             7);
    });
    gate->Open();
  }
}

TEST_F(RefreshAheadTest, ItsThreadLooksByItself) {
  Make(absl::Milliseconds(1));
  Publish(7, Image("same"));
  const auto gate = Hold(7);
  Due(7, Store(Image("same")));
  gate->AwaitArrivals();
  gate->Open();
  EXPECT_TRUE(Eventually([&] { return refresh_->counts().refreshed == 1; },
                         "the tag is refreshed"));
}

TEST_F(RefreshAheadTest, StoppingTwiceIsFine) {
  Publish(7, Image("same"));
  Due(7, Store(Image("same")));
  refresh_->Stop();
  refresh_->Stop();
  refresh_.reset();
  EXPECT_THAT(upstream().calls(), IsEmpty());
}

}  // namespace
}  // namespace cvr::testing
