#include "services/blob/store/blob_store_recovery.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/store/database/segment_writer.h"
#include "services/blob/store/testing/blob_store_parts_fixture.h"
#include "services/common/limits.h"
#include "tests/support/upstream/blob_bytes.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kChunk = limits::kChunkBytes;

class BlobStoreRecoveryTest : public BlobStorePartsTest {
 protected:
  // What an upload of one chunk leaves.
  void WriteChunk(const CopyId& copy) {
    SegmentWriter segments(parts_->database.get(), &parts_->chunks, copy,
                           {.first_bytes = kChunk, .max_bytes = kChunk});
    EXPECT_THAT(segments.Append(PatternBytes(kChunk)), IsOk());
    EXPECT_THAT(segments.Finish(), IsOk());
    EXPECT_EQ(parts_->chunks.List().size(), 1);
  }

  void PutRecord(const CopyId& copy) {
    BlobStoreParts::Record record;
    record.set_size(kChunk);
    record.set_generation(copy.generation);
    record.set_segments(1);
    EXPECT_THAT(parts_->records.Put(copy.digest, record, ""), IsOk());
  }

  BlobStoreRecovery::Found Recover() {
    auto found = BlobStoreRecovery(*parts_, clock_).Run();
    EXPECT_THAT(found, IsOk());
    return found.ok() ? *std::move(found) : BlobStoreRecovery::Found();
  }

  const CopyId copy_{Digest::OfBytes("copy"), 4};
};

TEST_F(BlobStoreRecoveryTest, AnEmptyStoreBegins) {
  const auto found = Recover();
  EXPECT_THAT(found.damaged, IsEmpty());
  EXPECT_EQ(found.next_generation, 1);
}

TEST_F(BlobStoreRecoveryTest, BlobsComeBackInTheOrderOfTheirUse) {
  const absl::Time start = clock_.SteadyNow();
  const Digest last = PutInline("last", start + absl::Hours(3));
  const Digest first = PutInline("first", start + absl::Hours(1));
  const Digest second = PutInline("second", start + absl::Hours(2));
  const auto found = Recover();
  EXPECT_THAT(found.damaged, IsEmpty());
  EXPECT_THAT(Catalog(), ElementsAre(first, second, last));
  EXPECT_EQ(parts_->catalog.usage().bytes, 4 + 5 + 6);
}

TEST_F(BlobStoreRecoveryTest, ABlobThatIsWholeStays) {
  WriteChunk(copy_);
  PutRecord(copy_);
  const auto found = Recover();
  EXPECT_THAT(found.damaged, IsEmpty());
  EXPECT_EQ(found.next_generation, 5);
  EXPECT_THAT(Catalog(), ElementsAre(copy_.digest));
  EXPECT_EQ(parts_->chunks.List().size(), 1);
}

TEST_F(BlobStoreRecoveryTest, ABlobThatHasLostItsFilesIsDamaged) {
  PutRecord(copy_);
  const auto found = Recover();
  EXPECT_THAT(found.damaged, ElementsAre(copy_.digest));
  EXPECT_EQ(found.next_generation, 5);
  EXPECT_FALSE(HasRecord(copy_.digest));
  EXPECT_THAT(Catalog(), IsEmpty());
}

TEST_F(BlobStoreRecoveryTest, FilesThatNobodyOwnsAreDropped) {
  WriteChunk(copy_);
  const auto found = Recover();
  EXPECT_EQ(found.next_generation, 5);
  EXPECT_THAT(parts_->chunks.List(), IsEmpty());
}

TEST_F(BlobStoreRecoveryTest, AnInterruptedUploadIsLeftToItsOwner) {
  ASSERT_THAT(parts_->records.PutOwner(copy_, 7), IsOk());
  WriteChunk(copy_);
  const auto found = Recover();
  EXPECT_EQ(found.next_generation, 5);
  EXPECT_EQ(parts_->interrupted.bytes(), kChunk);
  const auto upload =
      parts_->interrupted.Take(copy_.digest, 7, clock_.SteadyNow());
  ASSERT_TRUE(upload.has_value());
  EXPECT_EQ(upload->copy, copy_);
  EXPECT_EQ(upload->segments, 1);
}

// Its generation may be given out again.
TEST_F(BlobStoreRecoveryTest, TheOwnerOfAnUploadWithoutFilesIsForgotten) {
  ASSERT_THAT(parts_->records.PutOwner(copy_, 7), IsOk());
  Recover();
  const auto owners = parts_->records.Owners();
  ASSERT_THAT(owners, IsOk());
  EXPECT_THAT(*owners, IsEmpty());
}

}  // namespace
}  // namespace cvr::testing
