#include "tests/support/waiting/watchdog.h"

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "services/concurrency/thread.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(200);

// Its name is looked for in the stack of the thread that calls it.
[[gnu::noinline]] void WaitForAGateThatNobodyOpens(Gate& gate) { gate.Pass(); }

[[noreturn]] void Hang(const Watchdog::Options& options) {
  Watchdog watchdog(options);
  watchdog.Doing("waiting for nobody");
  Gate gate;
  {
    Thread blocked("blocked", [&] { WaitForAGateThatNobodyOpens(gate); });
  }
  std::abort();  // Not reached: the thread never ends.
}

class WatchdogDeathTest : public ::testing::Test {
 protected:
  // The child has threads.
  WatchdogDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(WatchdogDeathTest, SaysWhatWasDoneAndWhereEveryThreadIs) {
  EXPECT_DEATH(Hang({.patience = kShort}),
               "hangs for .*: waiting for nobody.*"
               "thread [0-9]+ \\(blocked\\):.*WaitForAGateThatNobodyOpens");
}

TEST_F(WatchdogDeathTest, EndsWhatTakesTooLongInAll) {
  EXPECT_DEATH(Hang({.total = kShort}), "waiting for nobody");
}

TEST_F(WatchdogDeathTest, ABlockedProcessComputesNothing) {
  EXPECT_DEATH(Hang({.patience = kShort, .is_cpu_progress = true}),
               "waiting for nobody");
}

// The environment of a program: none, or what TEST_TIMEOUT and the variable of
// the watchdog say.
std::optional<Watchdog::Options> OptionsFor(
    const std::map<std::string, const char*>& environment) {
  return Watchdog::FromEnvironment([&](const char* name) {
    const auto it = environment.find(name);
    return it == environment.end() ? nullptr : it->second;
  });
}

TEST(WatchdogTest, NobodyWatchesOutsideOfBazel) {
  EXPECT_FALSE(OptionsFor({}).has_value());
  EXPECT_FALSE(OptionsFor({{"TEST_TIMEOUT", "soon"}}).has_value());
}

TEST(WatchdogTest, EndsBeforeBazelDoes) {
  EXPECT_EQ(OptionsFor({{"TEST_TIMEOUT", "60"}})->total, absl::Seconds(50));
  EXPECT_EQ(OptionsFor({{"TEST_TIMEOUT", "900"}})->total, absl::Seconds(855));
}

TEST(WatchdogTest, PatienceCanBeSet) {
  const auto options = OptionsFor({{"CVR_WATCHDOG_SECONDS", "7"}});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->patience, absl::Seconds(7));
  EXPECT_EQ(options->total, absl::InfiniteDuration());
  EXPECT_TRUE(options->is_cpu_progress);
}

TEST(WatchdogTest, WhoGoesOnIsLeftAlone) {
  Watchdog watchdog(absl::Hours(1));
  watchdog.Doing("one thing");
  watchdog.Doing("another");
  SUCCEED() << "the process is still there";
}

}  // namespace
}  // namespace cvr::testing
