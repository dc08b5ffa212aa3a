#include "services/blob/store/digest_locks.h"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/support/waiting/latch.h"

namespace cvr {
namespace {

TEST(DigestLocksTest, OneTurnPerDigestAtATime) {
  DigestLocks digest_locks;
  const Digest digest = Digest::OfBytes("a");
  int unguarded = 0;  // ThreadSanitizer would tell as well.
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 4; ++i) {
      threads.push_back(std::make_unique<Thread>("turn", [&] {
        for (int round = 0; round < 1000; ++round) {
          const DigestLocks::Lock digest_lock(&digest_locks, digest);
          ++unguarded;
        }
      }));
    }
  }
  EXPECT_EQ(unguarded, 4000);
}

TEST(DigestLocksTest, OtherDigestsDoNotWait) {
  DigestLocks digest_locks;
  testing::Latch has_turn;
  std::optional<DigestLocks::Lock> one;
  one.emplace(&digest_locks, Digest::OfBytes("a"));
  {
    Thread other("other", [&] {
      const DigestLocks::Lock digest_lock(&digest_locks, Digest::OfBytes("b"));
      has_turn.Set();
    });
    EXPECT_TRUE(has_turn.WaitFor(absl::Seconds(40)));
    one.reset();  // Whoever waits for it nevertheless can end now.
  }
}

}  // namespace
}  // namespace cvr
