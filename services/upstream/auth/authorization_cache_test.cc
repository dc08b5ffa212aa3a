#include "services/upstream/auth/authorization_cache.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/concurrency/thread.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

namespace cvr {
namespace {

using testing::IsOkAndHolds;
using testing::StatusIs;

class AuthorizationCacheTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Renew(const std::string& key,
                                    const std::string& rejected,
                                    const std::string& value) {
    return cache_.Renew(key, rejected, [&] {
      ++fetches_;
      return Authorization{value, clock_.SteadyNow() + absl::Seconds(60)};
    });
  }

  testing::FakeClock clock_;
  AuthorizationCache cache_{&clock_, 2};
  int fetches_ = 0;
};

TEST_F(AuthorizationCacheTest, ValueIsFoundUntilItsTimeIsUp) {
  EXPECT_EQ(cache_.Find("k"), "");
  EXPECT_THAT(Renew("k", "", "a"), IsOkAndHolds("a"));
  EXPECT_EQ(cache_.Find("k"), "a");
  EXPECT_EQ(cache_.Find("other"), "");
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(cache_.Find("k"), "");
}

TEST(AuthorizationCacheClockTest, JumpsOfTheWallClockNeitherEndNorProlongIt) {
  testing::FakeClock clock;
  AuthorizationCache cache(&clock, 2);
  const auto fetch = [&] {
    return Authorization{"a", clock.SteadyNow() + absl::Seconds(60)};
  };
  ASSERT_THAT(cache.Renew("k", "", fetch), IsOkAndHolds("a"));
  clock.JumpWall(absl::Hours(1));
  EXPECT_EQ(cache.Find("k"), "a");
  clock.JumpWall(-absl::Hours(2));
  EXPECT_EQ(cache.Find("k"), "a");
  clock.Advance(absl::Seconds(60));
  EXPECT_EQ(cache.Find("k"), "");
}

TEST_F(AuthorizationCacheTest, OnlyTheRejectedValueIsRenewed) {
  EXPECT_THAT(Renew("k", "", "a"), IsOkAndHolds("a"));
  EXPECT_THAT(Renew("k", "a", "b"), IsOkAndHolds("b"));
  // One who was told that `a` is bad meanwhile takes what is there now.
  EXPECT_THAT(Renew("k", "a", "c"), IsOkAndHolds("b"));
  EXPECT_EQ(fetches_, 2);
}

TEST_F(AuthorizationCacheTest, FailureIsNotKept) {
  const auto fail = [] {
    return absl::StatusOr<Authorization>(absl::UnavailableError("down"));
  };
  EXPECT_THAT(cache_.Renew("k", "", fail),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Renew("k", "", "a"), IsOkAndHolds("a"));
}

TEST_F(AuthorizationCacheTest, EntriesAreBounded) {
  Renew("old", "", "a").value();
  clock_.Advance(absl::Seconds(1));
  Renew("new", "", "b").value();
  Renew("newer", "", "c").value();
  EXPECT_EQ(cache_.Find("old"), "");
  EXPECT_EQ(cache_.Find("new"), "b");
  EXPECT_EQ(cache_.Find("newer"), "c");
}

TEST_F(AuthorizationCacheTest, OneFetchServesAllWhoWait) {
  testing::Gate gate;
  std::atomic<int> fetches = 0;
  const auto fetch = [&]() -> absl::StatusOr<Authorization> {
    ++fetches;
    gate.Pass();
    return Authorization{"a", clock_.SteadyNow() + absl::Seconds(60)};
  };
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 4; ++i) {
      threads.push_back(std::make_unique<Thread>("asker", [&] {
        EXPECT_THAT(cache_.Renew("k", "", fetch), IsOkAndHolds("a"));
      }));
    }
    gate.AwaitArrivals();
    gate.Open();
  }
  EXPECT_EQ(fetches, 1);
}

}  // namespace
}  // namespace cvr
