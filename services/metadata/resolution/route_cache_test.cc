#include "services/metadata/resolution/route_cache.h"

#include <atomic>
#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

class RouteCacheTest : public ::testing::Test {
 protected:
  RouteCacheTest()
      : store_(std::make_unique<InMemoryMetadataStore>()), cache_(store_) {
    store_.Watch(RouteCache::kTables, [this] { cache_.Invalidate(); });
  }

  // Registry 1 with one upstream of this validity.
  void SetValidity(int64_t seconds) {
    ASSERT_THAT(
        store_.Write(
            [&](WriteTransaction& transaction) {
              stored::Registry registry;
              registry.set_id(1);
              tables::PutRegistry(transaction, nullptr, registry);
              stored::Upstream row;
              row.mutable_upstream()->set_id(5);
              row.mutable_upstream()->mutable_cache_validity()->set_seconds(
                  seconds);
              tables::PutUpstream(transaction, row);
              stored::Attachment attachment;
              attachment.set_registry_id(1);
              attachment.set_upstream_id(5);
              return tables::SetAttachments(transaction, 1, {attachment});
            },
            Durability::kSynced),
        IsOk());
  }

  WatchedMetadataStore store_;
  RouteCache cache_;
};

TEST_F(RouteCacheTest, ReadsOnceUntilSomethingChanges) {
  SetValidity(60);
  const auto first = *cache_.Get(1);
  EXPECT_EQ(first->upstreams.at(0).cache_validity, absl::Seconds(60));
  EXPECT_EQ(*cache_.Get(1), first);  // The same object.
  SetValidity(61);
  EXPECT_EQ((*cache_.Get(1))->upstreams.at(0).cache_validity,
            absl::Seconds(61));
  EXPECT_EQ(first->upstreams.at(0).cache_validity, absl::Seconds(60));
}

TEST_F(RouteCacheTest, OtherTablesDoNotDisturbIt) {
  SetValidity(60);
  const auto first = *cache_.Get(1);
  ASSERT_THAT(store_.Write(
                  [](WriteTransaction& transaction) {
                    transaction.Put(Table::kCacheEntries, "k", "v");
                    return absl::OkStatus();
                  },
                  Durability::kBuffered),
              IsOk());
  EXPECT_EQ(*cache_.Get(1), first);
}

TEST_F(RouteCacheTest, ARegistryThatComesLaterIsSeen) {
  EXPECT_EQ(*cache_.Get(1), nullptr);
  SetValidity(60);
  EXPECT_NE(*cache_.Get(1), nullptr);
}

// Once a change is acknowledged nobody gets what was before it, however reads
// and writes race.
TEST_F(RouteCacheTest, NeverAnswersWhatIsOlderThanAnAcknowledgedChange) {
  SetValidity(1);
  std::atomic<int64_t> acknowledged = 1;
  std::atomic<bool> stop = false;
  {
    std::vector<std::unique_ptr<Thread>> readers;
    for (int i = 0; i < 3; ++i) {
      readers.push_back(std::make_unique<Thread>("reader", [&] {
        while (!stop) {
          const int64_t at_least = acknowledged;
          const auto routes = *cache_.Get(1);
          ASSERT_GE(routes->upstreams.at(0).cache_validity,
                    absl::Seconds(at_least));
        }
      }));
    }
    for (int64_t seconds = 2; seconds <= 2000; ++seconds) {
      SetValidity(seconds);
      acknowledged = seconds;
    }
    stop = true;
  }
}

}  // namespace
}  // namespace cvr::testing
