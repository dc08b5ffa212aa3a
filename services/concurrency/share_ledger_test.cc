#include "services/concurrency/share_ledger.h"

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/concurrency/share_limiter.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;
using Verdict = ShareLedger::Verdict;

ShareKey Key(const char* tenant, int64_t upstream_id) {
  return {tenant, upstream_id};
}

// Takes all that `key` may have, and answers how much that was.
size_t TakeAll(ShareLedger& ledger, const ShareKey& key) {
  size_t count = 0;
  for (; ledger.Admits(key); ++count) ledger.Take(key);
  return count;
}

TEST(ShareLedgerTest, UpstreamHasAQuarter) {
  ShareLedger ledger({.total = 64});
  EXPECT_EQ(TakeAll(ledger, Key("slow", 7)), 16);
  EXPECT_EQ(ledger.Judge(Key("slow", 7)), Verdict::kUpstreamFull);
  // Whoever asks it.
  EXPECT_EQ(ledger.Judge(Key("other", 7)), Verdict::kUpstreamFull);
  EXPECT_TRUE(ledger.Admits(Key("slow", 8)));
}

TEST(ShareLedgerTest, TenantHasThreeEighthsWhateverItAsks) {
  ShareLedger ledger({.total = 64});
  size_t count = 0;
  for (int64_t upstream = 1; upstream <= 25; ++upstream) {
    count += TakeAll(ledger, Key("greedy", upstream));
  }
  EXPECT_EQ(count, 24);
  EXPECT_EQ(ledger.Judge(Key("greedy", 99)), Verdict::kTenantFull);
  EXPECT_TRUE(ledger.Admits(Key("innocent", 100)));
}

TEST(ShareLedgerTest, NewcomersFindARoomThatOthersCannotFill) {
  ShareLedger ledger({.total = 64});
  for (const char* const tenant : {"a", "b", "c"}) {
    for (int64_t upstream = 1; upstream <= 3; ++upstream) {
      TakeAll(ledger, Key(tenant, upstream + 10 * tenant[0]));
    }
  }
  EXPECT_EQ(ledger.held(), 56);
  EXPECT_EQ(ledger.Judge(Key("c", 4)), Verdict::kAllFull);
  EXPECT_TRUE(ledger.Admits(Key("innocent", 5)));
  ledger.Take(Key("innocent", 5));
  // That was the first one: the next has to wait like everybody.
  EXPECT_EQ(ledger.Judge(Key("innocent", 5)), Verdict::kAllFull);
  EXPECT_TRUE(ledger.Admits(Key("another", 6)));
}

TEST(ShareLedgerTest, WhatIsNobodysCountsTowardsTheWholeOnly) {
  ShareLedger ledger({.total = 64});
  EXPECT_EQ(TakeAll(ledger, {}), 56);
  EXPECT_TRUE(ledger.Admits(Key("innocent", 1)));
}

TEST(ShareLedgerTest, SmallOnesHaveAPlaceForEverybody) {
  for (size_t total = 1; total <= 8; ++total) {
    ShareLedger ledger({.total = total});
    EXPECT_GE(TakeAll(ledger, Key("a", 1)), 1) << total;
    if (total > 1) {
      EXPECT_TRUE(ledger.Admits(Key("b", 2))) << total;
    }
  }
  EXPECT_FALSE(ShareLedger({.total = 0}).Admits(Key("a", 1)));
}

TEST(ShareLedgerTest, OneUpstreamMayBeGivenAll) {
  ShareLedger ledger({.total = 4, .upstream_max = 4});
  EXPECT_EQ(TakeAll(ledger, Key("a", 1)), 4);
}

TEST(ShareLedgerTest, WhatIsReturnedIsFree) {
  ShareLedger ledger({.total = 64});
  TakeAll(ledger, Key("a", 1));
  ledger.Return(Key("a", 1), 3);
  EXPECT_EQ(TakeAll(ledger, Key("a", 1)), 3);
  ledger.Return(Key("a", 1), 16);
  EXPECT_EQ(ledger.held(), 0);
}

TEST(ShareLimiterTest, OneUpstreamDoesNotTakeAllPlaces) {
  ShareLimiter limiter(8, "tests of upstreams");
  {
    const auto first = limiter.Enter(Key("greedy", 7));
    const auto second = limiter.Enter(Key("greedy", 7));
    EXPECT_THAT(first, testing::IsOk());
    EXPECT_THAT(second, testing::IsOk());
    EXPECT_THAT(limiter.Enter(Key("greedy", 7)),
                testing::StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(limiter.Enter(Key("innocent", 8)), testing::IsOk());
  }
  EXPECT_THAT(limiter.Enter(Key("greedy", 7)), testing::IsOk());
}

TEST(ShareLedgerTest, RefusalSaysWhoseShareItIs) {
  const ShareKey key = Key("acme", 7);
  const absl::Status upstream =
      ShareRefusal(Verdict::kUpstreamFull, key, "downloads");
  EXPECT_THAT(upstream, testing::StatusIs(absl::StatusCode::kUnavailable,
                                          Reason::kOverloaded));
  EXPECT_THAT(upstream.message(), HasSubstr("too many downloads"));
  EXPECT_THAT(upstream.message(), HasSubstr("upstream 7"));
  EXPECT_EQ(RetryAfterOf(upstream), absl::Seconds(5));
  EXPECT_THAT(ShareRefusal(Verdict::kTenantFull, key, "x").message(),
              HasSubstr("group acme"));
  EXPECT_EQ(RetryAfterOf(ShareRefusal(Verdict::kAllFull, key, "x")),
            absl::Seconds(5));
  EXPECT_THAT(ShareRefusal(Verdict::kAdmitted, key, "x"), testing::IsOk());
}

}  // namespace
}  // namespace cvr
