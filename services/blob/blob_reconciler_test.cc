#include "services/blob/blob_reconciler.h"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/store/rocksdb_blob_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

// With the real store.
class BlobReconcilerTest : public ::testing::Test {
 protected:
  BlobReconcilerTest() {
    RocksDbBlobStore::Options options;
    options.directory = directory_.path();
    options.clock = &clock_;
    store_ = *RocksDbBlobStore::Open(options);
    reconciler_ = NewReconciler();
  }

  std::unique_ptr<BlobReconciler> NewReconciler() {
    BlobReconciler::Options options;
    options.grace = absl::Hours(1);
    options.page_size = 3;
    options.retry_interval = absl::Milliseconds(1);
    return std::make_unique<BlobReconciler>(
        options, metadata_, unrecorded_, *store_,
        [this](const Digest& d) { return in_use_.contains(d.ToString()); },
        clock_);
  }

  Digest Store(const std::string& bytes) {
    const Digest digest = Digest::OfBytes(bytes);
    EXPECT_THAT(store_->Put(digest, bytes), IsOk());
    return digest;
  }
  CacheRecord RecordOf(const Digest& digest, int64_t upstream_id = 1) {
    CacheRecord record{
        upstream_id,
        {*Repository::Parse("app"), Reference(digest), ContentKind::kBlob},
        {kOctetStream, digest, 1}};
    record.cache_epoch = 1;
    return record;
  }
  bool IsStored(const Digest& digest) { return store_->Open(digest).ok(); }

  TemporaryDirectory directory_;
  FakeClock clock_;
  FakeMetadataClient metadata_;
  UnrecordedContent unrecorded_{metadata_};
  std::set<std::string> in_use_;
  std::unique_ptr<RocksDbBlobStore> store_;
  std::unique_ptr<BlobReconciler> reconciler_;
};

TEST_F(BlobReconcilerTest, DeletesWhatHasNoEntryAndNothingElse) {
  std::vector<Digest> all;
  for (int i = 0; i < 20; ++i) all.push_back(Store(std::to_string(i)));
  for (int i = 0; i < 20; i += 2) {
    ASSERT_THAT(unrecorded_.Record(RecordOf(all[i])), IsOk());
  }
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(reconciler_->WalkAll(), IsOkAndHolds(10));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(IsStored(all[i]), i % 2 == 0) << i;
  EXPECT_THAT(reconciler_->WalkAll(), IsOkAndHolds(0));
  EXPECT_EQ(store_->Usage().blobs, 10);
  // The metadata service need not remember whose they were.
  size_t forgotten = 0;
  for (const auto& digests : metadata_.forgotten_content()) {
    forgotten += digests.size();
  }
  EXPECT_EQ(forgotten, 10);
}

// Its entry may be on its way.
TEST_F(BlobReconcilerTest, LeavesAloneWhatIsYoungOrBeingFetched) {
  const Digest old = Store("old");
  const Digest fetched = Store("fetched");
  in_use_ = {fetched.ToString()};
  clock_.Advance(absl::Minutes(59));
  const Digest young = Store("young");
  EXPECT_THAT(reconciler_->WalkAll(), IsOkAndHolds(0));
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(reconciler_->WalkAll(), IsOkAndHolds(1));
  EXPECT_FALSE(IsStored(old));
  EXPECT_TRUE(IsStored(fetched));
  EXPECT_TRUE(IsStored(young));
}

TEST_F(BlobReconcilerTest, AReaderKeepsWhatItReads) {
  const std::string bytes(100'000, 'x');
  const Digest digest = Store(bytes);
  const auto reader = *store_->Open(digest);
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(reconciler_->WalkAll(), IsOkAndHolds(1));
  EXPECT_FALSE(IsStored(digest));
  EXPECT_THAT(reader->ReadChunk(0), IsOk());
}

TEST_F(BlobReconcilerTest, WithoutTheMetadataServiceNothingIsDeleted) {
  const Digest digest = Store("bytes");
  clock_.Advance(absl::Hours(2));
  metadata_.FailWith(absl::UnavailableError("away"));
  EXPECT_THAT(reconciler_->WalkAll(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(IsStored(digest));
}

// The upstream was deleted, purged or full while it was fetched.
TEST_F(BlobReconcilerTest, WhatCouldNotBeRecordedGoesSoon) {
  const Digest deleted = Store("deleted");
  const Digest purged = Store("purged");
  const Digest shared = Store("shared");
  metadata_.RemoveUpstream(2);
  metadata_.Purge(3, 2);
  EXPECT_THAT(unrecorded_.Record(RecordOf(deleted, 2)),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(unrecorded_.Record(RecordOf(purged, 3)),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(unrecorded_.Record(RecordOf(shared, 3)),
              StatusIs(absl::StatusCode::kAborted));
  // Somebody else has it.
  EXPECT_THAT(unrecorded_.Record(RecordOf(shared, 1)), IsOk());
  EXPECT_THAT(reconciler_->LookAtUnrecorded(), IsOkAndHolds(2));
  EXPECT_FALSE(IsStored(deleted));
  EXPECT_FALSE(IsStored(purged));
  EXPECT_TRUE(IsStored(shared));
}

TEST_F(BlobReconcilerTest, WhatCannotBeLookedAtIsSoLater) {
  const Digest digest = Store("bytes");
  metadata_.FailWith(absl::ResourceExhaustedError("no space left"));
  EXPECT_FALSE(unrecorded_.Record(RecordOf(digest)).ok());
  EXPECT_FALSE(reconciler_->LookAtUnrecorded().ok());
  EXPECT_TRUE(IsStored(digest));
  metadata_.FailWith(absl::OkStatus());
  EXPECT_THAT(reconciler_->LookAtUnrecorded(), IsOkAndHolds(1));
  EXPECT_FALSE(IsStored(digest));
}

TEST_F(BlobReconcilerTest, ItsThreadWalksAtTheStart) {
  const Digest digest = Store("bytes");
  clock_.Advance(absl::Hours(2));
  metadata_.FailWith(absl::UnavailableError("away"));
  reconciler_->Start();
  metadata_.FailWith(absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return !IsStored(digest); },
                         "what nobody refers to is deleted"));
  reconciler_->Stop();
}

}  // namespace
}  // namespace cvr::testing
