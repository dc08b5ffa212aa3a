// A store of format version 3 becomes one of version 4.

#include "services/metadata/resolution/migration.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "services/metadata/metadata_stack.h"
#include "services/metadata/store/rocksdb_metadata_store.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MigrationTest : public MetadataFixture {
 protected:
  MigrationTest() { Open(); }

  void Open() {
    stack_.reset();
    MetadataStack::Options options;
    options.clock = &clock_;
    options.data_dir = directory_.path() + "/data";
    auto stack = MetadataStack::Open(options);
    ASSERT_THAT(stack, IsOk());
    stack_ = *std::move(stack);
  }

  // Takes away what version 3 did not have.
  void MakeOld() {
    stack_.reset();
    const std::string path = directory_.path() + "/data/store";
    std::vector<std::string> names;
    ASSERT_TRUE(
        rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path, &names)
            .ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(
        rocksdb::DB::Open(rocksdb::Options(), path, families, &handles, &db)
            .ok());
    for (size_t i = 0; i < names.size(); ++i) {
      for (const Table table : {Table::kReachabilityLinks, Table::kUnlinks,
                                Table::kRemovals, Table::kUpstreamRows}) {
        if (names[i] != TableName(table)) continue;
        ASSERT_TRUE(db->DropColumnFamily(handles[i]).ok());
      }
    }
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "format_version", "3").ok());
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }

  int64_t AddUpstream(int64_t registry_id, const std::string& url) {
    const int64_t id = CreateUpstream(url)->id();
    EXPECT_THAT(Attach(registry_id, id), IsOk());
    return id;
  }
};

TEST_F(MigrationTest, WhatLeadsToWhatIsKnownAfterwards) {
  const int64_t registry = CreateRegistry("registry")->id();
  const int64_t upstream = AddUpstream(registry, "https://one.test");
  const Digest layer = Digest::OfBytes("layer");
  for (int i = 0; i < 50; ++i) {
    CacheRecord image = RecordOf(upstream, absl::StrCat("/app/manifests/t", i),
                                 Digest::OfBytes(absl::StrCat("manifest ", i)));
    image.references = {layer, Digest::OfBytes(absl::StrCat("layer ", i))};
    ASSERT_THAT(stack_->client().Record(image), IsOk());
  }
  MakeOld();
  Open();
  const auto is_reachable = [&](const std::string& of) {
    return Resolve(registry,
                   absl::StrCat("/app/blobs/", Digest::OfBytes(of).ToString()))
        ->plan.candidates[0]
        .reachable;
  };
  EXPECT_TRUE(is_reachable("layer 7"));
  // A refusal takes along what hangs on it, as found by the links made anew.
  ASSERT_THAT(
      stack_->client().RecordNegativeAnswer(
          At(upstream), Content("/app/manifests/t7"), NegativeAnswer::kRefused),
      IsOk());
  EXPECT_FALSE(is_reachable("layer 7"));
  EXPECT_TRUE(is_reachable("layer 8"));
  EXPECT_TRUE(is_reachable("layer"));
  // It happens once.
  Open();
  EXPECT_FALSE(is_reachable("layer 7"));
  EXPECT_EQ(Entries(upstream)->size(), 49);
}

TEST_F(MigrationTest, EntriesUnderAnotherNameThanTheOneThatCountsAreDropped) {
  const int64_t registry = CreateRegistry("registry")->id();
  const int64_t hub = AddUpstream(registry, "https://one.test");
  const Digest old = Digest::OfBytes("old");
  const Digest kept = Digest::OfBytes("kept");
  ASSERT_THAT(
      stack_->client().Record(RecordOf(hub, "/nginx/manifests/latest", old)),
      IsOk());
  ASSERT_THAT(stack_->client().Record(
                  RecordOf(hub, "/library/alpine/manifests/latest", kept)),
              IsOk());
  // What was recorded by an older program looks like this.
  v1::Upstream upstream = *GetUpstream(hub);
  upstream.set_url("https://docker.io");
  v1::UpdateUpstreamRequest update;
  update.set_id(hub);
  *update.mutable_upstream() = upstream;
  update.mutable_update_mask()->add_paths("url");
  update.set_keep_cache(true);
  ASSERT_THAT(stack_->upstreams().Update(update), IsOk());
  MakeOld();
  Open();
  ASSERT_EQ(Entries(hub)->size(), 1);
  EXPECT_EQ(Entries(hub)->front().digest(), kept.ToString());
  const auto garbage = stack_->client().ListGarbage(0, 10);
  ASSERT_THAT(garbage, IsOk());
  ASSERT_EQ(garbage->size(), 1);
  EXPECT_EQ(garbage->front().digest, old);
  // It is known, but nobody has proven to have delivered it.
  for (const char* name : {"alpine", "library/alpine"}) {
    const auto resolution =
        Resolve(registry, absl::StrCat("/", name, "/manifests/latest"));
    ASSERT_THAT(resolution, IsOk());
    EXPECT_FALSE(resolution->hit.has_value());
    const Candidate& candidate = resolution->plan.candidates.front();
    ASSERT_TRUE(candidate.cached.has_value());
    EXPECT_EQ(candidate.cached->target.digest, kept);
  }
}

}  // namespace
}  // namespace cvr::testing
