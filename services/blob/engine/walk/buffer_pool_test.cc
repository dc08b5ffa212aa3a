#include "services/blob/engine/walk/buffer_pool.h"

#include <cstring>
#include <optional>

#include "gmock/gmock.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

TEST(BufferPoolTest, BufferIsUsedAgainOnceNobodyHoldsIt) {
  BufferPool pool(limits::kChunkBytes);
  auto first = pool.Acquire();
  auto second_owner = first;
  const char* const address = first.get();
  first = nullptr;
  EXPECT_EQ(pool.idle_count(), 0);
  second_owner = nullptr;
  EXPECT_EQ(pool.idle_count(), 1);
  EXPECT_EQ(pool.Acquire().get(), address);
}

TEST(BufferPoolTest, KeepsNoMoreIdleBuffersThanAllowed) {
  BufferPool pool(2 * limits::kChunkBytes);
  {
    const auto a = pool.Acquire(), b = pool.Acquire(), c = pool.Acquire();
    EXPECT_NE(a, b);
    EXPECT_NE(b, c);
  }
  EXPECT_EQ(pool.idle_count(), 2);
}

TEST(BufferPoolTest, BufferOutlivesThePool) {
  std::optional<BufferPool> pool(limits::kChunkBytes);
  const auto buffer = pool->Acquire();
  pool.reset();
  std::memset(buffer.get(), 1, limits::kChunkBytes);
  EXPECT_EQ(buffer.get()[limits::kChunkBytes - 1], 1);
}

}  // namespace
}  // namespace cvr
