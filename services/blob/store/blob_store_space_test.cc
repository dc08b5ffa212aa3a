#include "services/blob/store/blob_store_space.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/store/testing/blob_store_parts_fixture.h"
#include "services/common/time_wire.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BlobStoreSpaceTest : public BlobStorePartsTest {
 protected:
  Digest Store(const std::string& bytes) {
    const Digest digest = PutInline(bytes, clock_.SteadyNow());
    parts_->catalog.Add(digest, bytes.size());
    parts_->inline_space.Add(bytes.size());
    return digest;
  }

  // An upload of a hundred bytes that its owner may continue.
  void Interrupt(const Digest& digest) {
    parts_->interrupted.Add({.copy = {digest, 1},
                             .owner = 7,
                             .bytes = 100,
                             .segments = 1,
                             .time = clock_.SteadyNow()},
                            clock_.SteadyNow());
  }

  std::vector<Digest> gone_;  // As the listener was told.
  std::vector<size_t> batches_;
  BlobStoreSpace space_{*parts_,
                        {.directory = directory_.path(),
                         .env = rocksdb::Env::Default(),
                         .clock = &clock_,
                         .min_free_bytes = 0,
                         .listener = [this](absl::Span<const Digest> digests) {
                           batches_.push_back(digests.size());
                           gone_.insert(gone_.end(), digests.begin(),
                                        digests.end());
                         }}};
};

TEST_F(BlobStoreSpaceTest, BlobsAndUploadsInWorkAndInterruptedCount) {
  Store("four");
  Interrupt(Digest::OfBytes("upload"));
  parts_->uploading_bytes = 10;
  EXPECT_EQ(space_.used_bytes(), 4 + 100 + 10);
}

TEST_F(BlobStoreSpaceTest, InterruptedUploadsGoBeforeBlobs) {
  const Digest blob = Store("blob");
  Interrupt(Digest::OfBytes("upload"));
  EXPECT_TRUE(space_.Evict(1));
  EXPECT_EQ(parts_->interrupted.bytes(), 0);
  EXPECT_TRUE(HasRecord(blob));
  EXPECT_THAT(gone_, IsEmpty());
}

TEST_F(BlobStoreSpaceTest, TheLeastRecentlyUsedThatNobodyReadsGoes) {
  const Digest read = Store("read");
  const Digest old = Store("old.");
  const Digest young = Store("young");
  {
    const BlobPins::Pin pin = parts_->pins.PinCopy({read, 5});
    EXPECT_TRUE(space_.Evict(1));
  }
  EXPECT_THAT(gone_, ElementsAre(old));
  EXPECT_FALSE(HasRecord(old));
  EXPECT_TRUE(HasRecord(read));
  EXPECT_THAT(Catalog(), ElementsAre(read, young));
}

TEST_F(BlobStoreSpaceTest, OneCallFreesWhatIsAskedForAndTellsOfItOnce) {
  const Digest first = Store("1234");
  const Digest second = Store("5678");
  Store("9");
  EXPECT_TRUE(space_.Evict(8));
  EXPECT_THAT(gone_, ElementsAre(first, second));
  EXPECT_THAT(batches_, ElementsAre(2));
}

TEST_F(BlobStoreSpaceTest, WhatIsReadCannotBeFreed) {
  const Digest blob = Store("blob");
  const BlobPins::Pin pin = parts_->pins.PinAll(blob);
  EXPECT_FALSE(space_.Evict(1));
  EXPECT_TRUE(HasRecord(blob));
}

TEST_F(BlobStoreSpaceTest, DamagedBlobsAreToldOfOnce) {
  const Digest damaged = Digest::OfBytes("damaged");
  space_.SetDamaged({damaged});
  space_.Maintain();
  space_.Maintain();
  EXPECT_THAT(gone_, ElementsAre(damaged));
}

TEST_F(BlobStoreSpaceTest, LastUsesAreWritten) {
  const Digest blob = Store("blob");
  clock_.Advance(absl::Hours(1));
  parts_->catalog.Touch(blob, clock_.SteadyNow());
  space_.SaveUses();
  const auto record = parts_->Find(blob);
  ASSERT_THAT(record, IsOk());
  ASSERT_TRUE(record->has_value());
  EXPECT_EQ(FromWire((*record)->last_use_time()), clock_.SteadyNow());
}

// A use that is noted while the blob is deleted must not bring its record back.
TEST_F(BlobStoreSpaceTest, TheLastUseOfWhatIsGoneIsNotWritten) {
  const Digest blob = Store("blob");
  parts_->catalog.Touch(blob, clock_.SteadyNow());
  ASSERT_THAT(parts_->records.Delete({blob}), IsOk());
  space_.SaveUses();
  EXPECT_FALSE(HasRecord(blob));
}

}  // namespace
}  // namespace cvr::testing
