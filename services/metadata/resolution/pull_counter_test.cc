#include "services/metadata/resolution/pull_counter.h"

#include <atomic>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

// A store whose writes can be made to fail.
class FaultyMetadataStore : public MetadataStore {
 public:
  explicit FaultyMetadataStore(MetadataStore& store) : store_(store) {}

  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override {
    return store_.Read(fn);
  }
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override {
    if (failing) {
      ++refusals;
      return absl::UnavailableError("the disk is gone");
    }
    return store_.Write(fn, durability);
  }

  std::atomic<bool> failing = false;
  std::atomic<int> refusals = 0;

 private:
  MetadataStore& store_;
};

class PullCounterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(
        store_.Write(
            [](WriteTransaction& transaction) {
              for (int id = 1; id <= 2000; ++id) {
                stored::CacheEntry entry;
                entry.set_id(id);
                entry.set_upstream_id(1);
                entry.set_relative_path(absl::StrCat("/", id));
                entry.set_downloads_count(10);
                EXPECT_TRUE(tables::PutCacheEntry(transaction, "", entry).ok());
              }
              return absl::OkStatus();
            },
            Durability::kSynced),
        IsOk());
  }

  stored::CacheEntry Entry(int64_t id) {
    stored::CacheEntry entry;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      entry = **tables::FindCacheEntryById(transaction, id);
      return absl::OkStatus();
    }),
                IsOk());
    return entry;
  }

  static PullCounter::Options Manual() {
    return {.flush_interval = absl::InfiniteDuration()};
  }

  InMemoryMetadataStore store_;
  const absl::Time noon_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(PullCounterTest, AddsToWhatIsThere) {
  PullCounter counter(store_, Manual());
  counter.Count(1, noon_);
  counter.Count(1, noon_ + absl::Seconds(5));
  counter.Count(1, noon_ - absl::Seconds(5));
  counter.Count(2, noon_);
  EXPECT_EQ(Entry(1).downloads_count(), 10);
  ASSERT_THAT(counter.Flush(), IsOk());
  EXPECT_EQ(Entry(1).downloads_count(), 13);
  EXPECT_EQ(Entry(1).downloaded_at().seconds(), 1'700'000'005);
  EXPECT_EQ(Entry(2).downloads_count(), 11);
  ASSERT_THAT(counter.Flush(), IsOk());
  EXPECT_EQ(Entry(1).downloads_count(), 13);
}

TEST_F(PullCounterTest, LateCountsDoNotTurnTheTimeBack) {
  PullCounter counter(store_, Manual());
  counter.Count(1, noon_);
  ASSERT_THAT(counter.Flush(), IsOk());
  counter.Count(1, noon_ - absl::Seconds(5));
  ASSERT_THAT(counter.Flush(), IsOk());
  EXPECT_EQ(Entry(1).downloaded_at().seconds(), 1'700'000'000);
}

TEST_F(PullCounterTest, ManyEntriesGoInSeveralBatches) {
  PullCounter counter(store_, Manual());
  for (int id = 1; id <= 2000; ++id) counter.Count(id, noon_);
  ASSERT_THAT(counter.Flush(), IsOk());
  for (int id = 1; id <= 2000; ++id) {
    ASSERT_EQ(Entry(id).downloads_count(), 11);
  }
}

TEST_F(PullCounterTest, EntriesThatAreGoneAreSkipped) {
  PullCounter counter(store_, Manual());
  counter.Count(9999, noon_);
  counter.Count(1, noon_);
  ASSERT_THAT(counter.Flush(), IsOk());
  EXPECT_EQ(Entry(1).downloads_count(), 11);
}

TEST_F(PullCounterTest, DestroyingItLosesNothing) {
  { PullCounter(store_, Manual()).Count(1, noon_); }
  EXPECT_EQ(Entry(1).downloads_count(), 11);
}

TEST_F(PullCounterTest, WhatCannotBeWrittenIsKept) {
  FaultyMetadataStore faulty(store_);
  PullCounter counter(faulty, Manual());
  for (int id = 1; id <= 2000; ++id) counter.Count(id, noon_);
  faulty.failing = true;
  EXPECT_THAT(counter.Flush(), StatusIs(absl::StatusCode::kUnavailable));
  counter.Count(1, noon_);
  faulty.failing = false;
  ASSERT_THAT(counter.Flush(), IsOk());
  EXPECT_EQ(Entry(1).downloads_count(), 12);
  EXPECT_EQ(Entry(2000).downloads_count(), 11);
}

TEST_F(PullCounterTest, MemoryIsBounded) {
  PullCounter::Options options = Manual();
  options.entries_max = 1;  // Half of it is 0: merges at every chance.
  {
    FaultyMetadataStore faulty(store_);
    faulty.failing = true;
    PullCounter counter(faulty, options);
    // Whether the thread holds some of them at this moment does not matter:
    // it puts them back.
    for (int id = 1; id <= 2000; ++id) counter.Count(id, noon_);
    EXPECT_THAT(counter.Flush(), StatusIs(absl::StatusCode::kUnavailable));
    faulty.failing = false;
  }
  int counted = 0;
  for (int id = 1; id <= 2000; ++id) {
    counted += Entry(id).downloads_count() - 10;
  }
  EXPECT_LT(counted, 2000);
  EXPECT_GE(counted, 1);
}

// Each download beyond half of the bound would ask for a merge.
TEST_F(PullCounterTest, StoreThatFailsIsNotAskedAtEveryDownload) {
  PullCounter::Options options = Manual();
  options.entries_max = 2;
  FaultyMetadataStore faulty(store_);
  faulty.failing = true;
  {
    PullCounter counter(faulty, options);
    while (faulty.refusals == 0) counter.Count(1, noon_);
    for (int i = 0; i < 10'000; ++i) counter.Count(1, noon_);
  }
  // The first merge, one more if a download came before that had ended, and
  // that of the destructor.
  EXPECT_LE(faulty.refusals, 3);
}

TEST_F(PullCounterTest, TheThreadMergesByItself) {
  WatchedMetadataStore watched(std::make_unique<InMemoryMetadataStore>());
  ASSERT_THAT(
      watched.Write(
          [](WriteTransaction& transaction) {
            stored::CacheEntry entry;
            entry.set_id(1);
            entry.set_upstream_id(1);
            EXPECT_TRUE(tables::PutCacheEntry(transaction, "", entry).ok());
            return absl::OkStatus();
          },
          Durability::kSynced),
      IsOk());
  Mutex mutex;
  CondVar merged;
  bool done = false;
  watched.Watch({Table::kCacheEntries}, [&] {
    MutexLock lock(&mutex);
    done = true;
    merged.SignalAll();
  });
  PullCounter counter(watched, {.flush_interval = absl::Milliseconds(1)});
  counter.Count(1, noon_);
  MutexLock lock(&mutex);
  while (!done) merged.Wait(&mutex);
}

}  // namespace
}  // namespace cvr::testing
