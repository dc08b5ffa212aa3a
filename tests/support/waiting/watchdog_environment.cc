// Linked into a test program, has a Watchdog look after all of its tests.
#include <cstdlib>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/waiting/watchdog.h"

namespace cvr::testing {
namespace {

class WatchedTests : public ::testing::EmptyTestEventListener {
 public:
  void OnTestProgramStart(const ::testing::UnitTest&) override {
    const auto options = Watchdog::FromEnvironment(
        [](const char* name) -> const char* { return std::getenv(name); });
    if (options) watchdog_.emplace(*options);
  }
  void OnTestStart(const ::testing::TestInfo& test) override {
    if (!watchdog_) return;
    watchdog_->Doing(std::string(test.test_suite_name()) + "." + test.name());
  }
  void OnTestProgramEnd(const ::testing::UnitTest&) override {
    watchdog_.reset();
  }

 private:
  std::optional<Watchdog> watchdog_;
};

[[maybe_unused]] const bool is_watched = [] {
  // Which owns it.
  ::testing::UnitTest::GetInstance()->listeners().Append(new WatchedTests);
  return true;
}();

}  // namespace
}  // namespace cvr::testing
