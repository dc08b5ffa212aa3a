#include "services/blob/store/blob_evictor.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/mutex.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

// Space of which one call frees a hundred bytes at most.
class FakeSpace final : public EvictableSpace {
 public:
  FakeSpace(uint64_t used_bytes, uint64_t free_bytes)
      : used_(used_bytes), free_(free_bytes) {}

  uint64_t used_bytes() const override {
    MutexLock lock(&mutex_);
    return used_;
  }
  uint64_t free_bytes() const override {
    MutexLock lock(&mutex_);
    return free_;
  }
  bool Evict(uint64_t bytes) override {
    MutexLock lock(&mutex_);
    evictions_.push_back(bytes);
    if (!is_evictable_) return false;
    const uint64_t freed = std::min<uint64_t>({bytes, used_, 100});
    used_ -= freed;
    if (free_ != std::numeric_limits<uint64_t>::max()) free_ += freed;
    return true;
  }
  void Maintain() override {
    MutexLock lock(&mutex_);
    ++maintained_;
    changed_.SignalAll();
  }

  // From now on nothing can be freed.
  void PinAll() {
    MutexLock lock(&mutex_);
    is_evictable_ = false;
  }
  // Blocks until the evictor has done its work so often.
  void AwaitMaintained(int times) {
    MutexLock lock(&mutex_);
    while (maintained_ < times) changed_.Wait(&mutex_);
  }
  // The bytes that each call of Evict() was asked for.
  std::vector<uint64_t> evictions() const {
    MutexLock lock(&mutex_);
    return evictions_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  uint64_t used_ ABSL_GUARDED_BY(mutex_);
  uint64_t free_ ABSL_GUARDED_BY(mutex_);
  bool is_evictable_ ABSL_GUARDED_BY(mutex_) = true;
  int maintained_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<uint64_t> evictions_ ABSL_GUARDED_BY(mutex_);
};

constexpr uint64_t kPlenty = std::numeric_limits<uint64_t>::max();

// Looks after the bounds only when it is asked.
BlobEvictor::Bounds Bounds(uint64_t max_bytes, uint64_t min_free_bytes) {
  return {.max_bytes = max_bytes,
          .min_free_bytes = min_free_bytes,
          .low_percent = 90,
          .check_interval = absl::Hours(24)};
}

TEST(BlobEvictorTest, WhatExceedsTheMaximumIsBroughtDownToTheLowMark) {
  FakeSpace space(1200, kPlenty);
  BlobEvictor evictor(Bounds(1000, 0), space);
  evictor.CheckUse();
  space.AwaitMaintained(1);
  EXPECT_EQ(space.used_bytes(), 900);
  EXPECT_THAT(space.evictions(), ElementsAre(300, 200, 100));
}

TEST(BlobEvictorTest, WhatIsWithinBoundsStays) {
  FakeSpace space(1000, 500);
  BlobEvictor evictor(Bounds(1000, 500), space);
  evictor.Wake();
  space.AwaitMaintained(1);
  EXPECT_THAT(space.evictions(), IsEmpty());
  EXPECT_THAT(evictor.EnsureRoom(), IsOk());
  EXPECT_THAT(space.evictions(), IsEmpty());
}

// The disk may be full of what is not ours.
TEST(BlobEvictorTest, NoMoreIsEvictedThanTheDiskLacks) {
  FakeSpace space(1000, 350);
  BlobEvictor evictor(Bounds(0, 500), space);
  EXPECT_THAT(evictor.EnsureRoom(), IsOk());
  EXPECT_EQ(space.used_bytes(), 850);
  EXPECT_THAT(space.evictions(), ElementsAre(150, 50));
}

TEST(BlobEvictorTest, WithoutRoomNothingMayBeWritten) {
  FakeSpace space(1000, 400);
  space.PinAll();
  BlobEvictor evictor(Bounds(0, 500), space);
  EXPECT_THAT(
      evictor.EnsureRoom(),
      StatusIs(absl::StatusCode::kResourceExhausted, Reason::kStoreFull));
  EXPECT_THAT(space.evictions(), ElementsAre(100));
}

TEST(BlobEvictorTest, WithoutBoundsTheDiskMayBeFilled) {
  FakeSpace space(1000, 0);
  BlobEvictor evictor(Bounds(0, 0), space);
  evictor.CheckUse();
  evictor.Wake();
  space.AwaitMaintained(1);
  EXPECT_THAT(evictor.EnsureRoom(), IsOk());
  EXPECT_THAT(space.evictions(), IsEmpty());
}

}  // namespace
}  // namespace cvr
