#include "services/metadata/store/watched_metadata_store.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Its commits fail, after they have taken effect.
class UncertainMetadataStore : public MetadataStore {
 public:
  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override {
    return store_.Read(fn);
  }
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override {
    const absl::Status status = store_.Write(fn, durability);
    return status.ok() ? absl::UnavailableError("the disk fails") : status;
  }

 private:
  InMemoryMetadataStore store_;
};

absl::Status Put(MetadataStore& store, std::vector<Table> tables,
                 absl::Status result = absl::OkStatus()) {
  return store.Write(
      [&](WriteTransaction& transaction) {
        for (const Table table : tables) transaction.Put(table, "k", "v");
        return result;
      },
      Durability::kSynced);
}

TEST(WatchedMetadataStoreTest, TellsOfWatchedTablesOnly) {
  WatchedMetadataStore store(std::make_unique<InMemoryMetadataStore>());
  int changes = 0;
  store.Watch({Table::kUpstreams, Table::kRegistries}, [&] { ++changes; });
  ASSERT_THAT(Put(store, {Table::kGroups}), IsOk());
  EXPECT_EQ(changes, 0);
  ASSERT_THAT(Put(store, {Table::kUpstreams}), IsOk());
  EXPECT_EQ(changes, 1);
  ASSERT_THAT(store.Write(
                  [](WriteTransaction& transaction) {
                    transaction.Delete(Table::kRegistries, "k");
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  EXPECT_EQ(changes, 2);
  // Once for each write, whatever that changes.
  ASSERT_THAT(Put(store, {Table::kUpstreams, Table::kRegistries}), IsOk());
  EXPECT_EQ(changes, 3);
  EXPECT_EQ(Put(store, {Table::kUpstreams}, absl::AbortedError("x")),
            absl::AbortedError("x"));
  EXPECT_EQ(changes, 3);
}

TEST(WatchedMetadataStoreTest, EachWatcherHearsOfItsTables) {
  WatchedMetadataStore store(std::make_unique<InMemoryMetadataStore>());
  std::vector<std::string> told;
  store.Watch({Table::kRevocations}, [&] { told.push_back("revocations"); });
  store.Watch({Table::kUpstreams}, [&] { told.push_back("upstreams"); });
  store.Watch({Table::kUpstreams, Table::kRevocations},
              [&] { told.push_back("both"); });
  ASSERT_THAT(Put(store, {Table::kRevocations}), IsOk());
  EXPECT_THAT(std::exchange(told, {}), ElementsAre("revocations", "both"));
  ASSERT_THAT(Put(store, {Table::kUpstreams}), IsOk());
  EXPECT_THAT(std::exchange(told, {}), ElementsAre("upstreams", "both"));
  ASSERT_THAT(Put(store, {Table::kUpstreams, Table::kRevocations}), IsOk());
  EXPECT_THAT(std::exchange(told, {}),
              ElementsAre("revocations", "upstreams", "both"));
  ASSERT_THAT(Put(store, {Table::kCacheEntries}), IsOk());
  EXPECT_THAT(told, IsEmpty());
}

TEST(WatchedMetadataStoreTest, WhatAWatcherReadsIsCommitted) {
  WatchedMetadataStore store(std::make_unique<InMemoryMetadataStore>());
  std::optional<std::string> seen;
  store.Watch({Table::kUpstreams}, [&] {
    EXPECT_THAT(store.Read([&](const ReadTransaction& transaction) {
      const auto value = transaction.Get(Table::kUpstreams, "k");
      if (value.ok()) seen = *value;
      return value.status();
    }),
                IsOk());
  });
  ASSERT_THAT(store.Write(
                  [&](WriteTransaction& transaction) {
                    transaction.Put(Table::kUpstreams, "k", "v");
                    // Nobody is told before the commit.
                    EXPECT_EQ(seen, std::nullopt);
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  EXPECT_EQ(seen, "v");
}

// It may be there after the next start, or for others already.
TEST(WatchedMetadataStoreTest, TellsOfACommitWhoseOutcomeIsUnknown) {
  WatchedMetadataStore store(std::make_unique<UncertainMetadataStore>());
  int changes = 0;
  store.Watch({Table::kUpstreams}, [&] { ++changes; });
  EXPECT_THAT(Put(store, {Table::kUpstreams}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(changes, 1);
}

// Notes what it hears, and writes along.
class NotingListener : public CommitListener {
 public:
  absl::StatusOr<int64_t> BeforeCommit(
      WriteTransaction& transaction,
      absl::Span<const RowChange> changes) override {
    if (fails_) return absl::ResourceExhaustedError("full");
    for (const RowChange& change : changes) {
      before_.push_back(change.key + "=" + change.before.value_or("-"));
    }
    transaction.Put(Table::kSettings, "along", "1");
    return ++number_;
  }
  void AfterCommit(int64_t number) override { after_.push_back(number); }

  void Fail() { fails_ = true; }
  const std::vector<std::string>& before() const { return before_; }
  const std::vector<int64_t>& after() const { return after_; }

 private:
  bool fails_ = false;
  int64_t number_ = 0;
  std::vector<std::string> before_;
  std::vector<int64_t> after_;
};

TEST(WatchedMetadataStoreTest, AListenerHearsOfRowsAndWritesAlong) {
  NotingListener listener;
  WatchedMetadataStore store(std::make_unique<InMemoryMetadataStore>());
  store.Listen({Table::kUpstreams}, listener);
  ASSERT_THAT(Put(store, {Table::kGroups}), IsOk());
  EXPECT_THAT(listener.after(), IsEmpty());
  ASSERT_THAT(Put(store, {Table::kUpstreams}), IsOk());
  ASSERT_THAT(store.Write(
                  [](WriteTransaction& transaction) {
                    // The row as it was before the write, once.
                    transaction.Delete(Table::kUpstreams, "k");
                    transaction.Put(Table::kUpstreams, "k", "w");
                    return absl::OkStatus();
                  },
                  Durability::kSynced),
              IsOk());
  EXPECT_THAT(listener.before(), ElementsAre("k=-", "k=v"));
  EXPECT_THAT(listener.after(), ElementsAre(1, 2));
  ASSERT_THAT(store.Read([](const ReadTransaction& transaction) {
    const auto along = transaction.Get(Table::kSettings, "along");
    EXPECT_TRUE(along.ok() && along->has_value());
    return absl::OkStatus();
  }),
              IsOk());
}

TEST(WatchedMetadataStoreTest, AListenerCanDiscardAWrite) {
  NotingListener listener;
  listener.Fail();
  WatchedMetadataStore store(std::make_unique<InMemoryMetadataStore>());
  int changes = 0;
  store.Watch({Table::kUpstreams}, [&] { ++changes; });
  store.Listen({Table::kUpstreams}, listener);
  EXPECT_THAT(Put(store, {Table::kUpstreams}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(changes, 0);
  EXPECT_THAT(listener.after(), IsEmpty());
}

TEST(WatchedMetadataStoreTest, AListenerHearsOfACommitThatFailed) {
  NotingListener listener;
  WatchedMetadataStore store(std::make_unique<UncertainMetadataStore>());
  store.Listen({Table::kUpstreams}, listener);
  EXPECT_FALSE(Put(store, {Table::kUpstreams}).ok());
  EXPECT_THAT(listener.after(), ElementsAre(1));
}

}  // namespace
}  // namespace cvr::testing
