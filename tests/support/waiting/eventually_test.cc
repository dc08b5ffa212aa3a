#include "tests/support/waiting/eventually.h"

#include <atomic>

#include "gmock/gmock.h"
#include "services/concurrency/thread.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;

TEST(EventuallyTest, WhatIsTrueIsLookedAtOnce) {
  int looks = 0;
  EXPECT_TRUE(Eventually([&] { return ++looks == 1; }, "the first look"));
  EXPECT_EQ(looks, 1);
}

TEST(EventuallyTest, LooksUntilItIsTrue) {
  int looks = 0;
  EXPECT_TRUE(Eventually([&] { return ++looks == 5; }, "the fifth look"));
  EXPECT_EQ(looks, 5);
}

TEST(EventuallyTest, SeesWhatAnotherThreadDoes) {
  std::atomic<bool> done = false;
  Thread other("other", [&] { done = true; });
  EXPECT_TRUE(Eventually([&] { return done.load(); }, "the thread has run"));
}

TEST(EventuallyTest, AFailureSaysWhatWasWaitedForAndHowLong) {
  const auto result = Eventually([] { return false; }, absl::Milliseconds(3),
                                 "the moon is blue");
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("3ms"));
  EXPECT_THAT(result.message(), HasSubstr("until the moon is blue"));
}

// A thread that does not run for longer than its deadline has not looked.
TEST(EventuallyTest, LooksOnceMoreAfterTheDeadline) {
  int looks = 0;
  EXPECT_TRUE(Eventually([&] { return ++looks == 2; }, absl::ZeroDuration(),
                         "the second look"));
}

}  // namespace
}  // namespace cvr::testing
