#include "services/blob/store/blob_store_turns.h"

#include <atomic>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "services/concurrency/thread.h"

namespace cvr {
namespace {

TEST(BlobStoreTurnsTest, OneTurnPerDigestAtATime) {
  BlobStoreTurns turns;
  const Digest digest = Digest::OfBytes("a");
  int unguarded = 0;  // ThreadSanitizer would tell as well.
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 4; ++i) {
      threads.push_back(std::make_unique<Thread>("turn", [&] {
        for (int round = 0; round < 1000; ++round) {
          const BlobStoreTurns::Turn turn(&turns, digest);
          ++unguarded;
        }
      }));
    }
  }
  EXPECT_EQ(unguarded, 4000);
}

TEST(BlobStoreTurnsTest, OtherDigestsDoNotWait) {
  BlobStoreTurns turns;
  const BlobStoreTurns::Turn one(&turns, Digest::OfBytes("a"));
  // Would block for ever.
  const BlobStoreTurns::Turn other(&turns, Digest::OfBytes("b"));
  SUCCEED();
}

}  // namespace
}  // namespace cvr
