#include "services/concurrency/long_calls.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

TEST(LongCallsTest, SoManyOfOneCallerAndOfAll) {
  LongCalls calls({.total = 3, .per_caller = 2}, "Wait");
  auto first = calls.Enter(1);
  auto second = calls.Enter(1);
  ASSERT_TRUE(first.ok() && second.ok());
  const auto refused = calls.Enter(1);
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kOverloaded);
  EXPECT_TRUE(RetryAfterOf(refused.status()).has_value());
  auto other = calls.Enter(2);
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(calls.Enter(3).ok());
  {
    // Moving a place keeps it.
    const LongCalls::Place moved = *std::move(first);
    EXPECT_FALSE(calls.Enter(3).ok());
  }
  EXPECT_TRUE(calls.Enter(3).ok());
  EXPECT_TRUE(calls.Enter(1).ok());
}

}  // namespace
}  // namespace cvr
