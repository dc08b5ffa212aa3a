#include "services/metadata/store/rocksdb_metadata_store.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "tests/contracts/metadata_store_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

std::shared_ptr<MetadataStore> NewStore() {
  // The directory outlives the store.
  struct Both {
    TemporaryDirectory directory;
    std::unique_ptr<MetadataStore> store;
  };
  auto both = std::make_shared<Both>();
  both->store = *RocksDbMetadataStore::Open(both->directory.path() + "/db");
  auto* const store = both->store.get();
  return std::shared_ptr<MetadataStore>(std::move(both), store);
}

INSTANTIATE_TEST_SUITE_P(RocksDb, MetadataStoreContract,
                         ::testing::Values(&NewStore));

class RocksDbMetadataStoreTest : public ::testing::Test {
 protected:
  absl::Status Put(MetadataStore& store, absl::string_view value) {
    return store.Write(
        [&](WriteTransaction& transaction) {
          transaction.Put(Table::kUpstreams, "key", value);
          return absl::OkStatus();
        },
        Durability::kBuffered);
  }

  std::string Get(const MetadataStore& store) {
    std::string value;
    const auto status = store.Read([&](const ReadTransaction& transaction) {
      const auto got = transaction.Get(Table::kUpstreams, "key");
      if (!got.ok()) return got.status();
      value = got->value_or("(none)");
      return absl::OkStatus();
    });
    EXPECT_THAT(status, IsOk());
    return value;
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/db";
};

TEST_F(RocksDbMetadataStoreTest, KeepsWhatWasWrittenOverARestart) {
  {
    auto store = RocksDbMetadataStore::Open(path_);
    ASSERT_THAT(store, IsOk());
    ASSERT_THAT(Put(**store, "kept"), IsOk());
  }
  const auto again = RocksDbMetadataStore::Open(path_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(Get(**again), "kept");
}

TEST_F(RocksDbMetadataStoreTest, AnotherFormatVersionIsRefusedInOneSentence) {
  { ASSERT_THAT(RocksDbMetadataStore::Open(path_), IsOk()); }
  {
    // A later program adds tables, too.
    rocksdb::DB* db = nullptr;
    std::vector<std::string> names;
    ASSERT_TRUE(
        rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path_, &names)
            .ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names)
      families.emplace_back(name, rocksdb::Options());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(
        rocksdb::DB::Open(rocksdb::Options(), path_, families, &handles, &db)
            .ok());
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "format_version", "99").ok());
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "of_the_future", &added).ok());
    handles.push_back(added);
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }
  const auto store = RocksDbMetadataStore::Open(path_);
  EXPECT_THAT(store, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(store.status().message(),
            "the metadata store has format version 99, but this version of cvr "
            "supports only 4");
}

TEST_F(RocksDbMetadataStoreTest, SomebodyElsesDatabaseIsLeftAlone) {
  {
    rocksdb::DB* db = nullptr;
    rocksdb::Options options;
    options.create_if_missing = true;
    ASSERT_TRUE(rocksdb::DB::Open(options, path_, &db).ok());
    rocksdb::ColumnFamilyHandle* theirs = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "chunks", &theirs).ok());
    db->DestroyColumnFamilyHandle(theirs);
    delete db;
  }
  EXPECT_THAT(RocksDbMetadataStore::Open(path_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  std::vector<std::string> names;
  ASSERT_TRUE(
      rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path_, &names)
          .ok());
  EXPECT_THAT(names, ::testing::ElementsAre("default", "chunks"));
}

TEST_F(RocksDbMetadataStoreTest, ASecondOpenerIsTurnedAway) {
  const auto first = RocksDbMetadataStore::Open(path_);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(RocksDbMetadataStore::Open(path_),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RocksDbMetadataStoreTest, ADirectoryThatCannotBeMadeIsAnError) {
  EXPECT_THAT(RocksDbMetadataStore::Open("/proc/nowhere/db"),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace cvr::testing
