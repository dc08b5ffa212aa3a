#include "services/blob/engine/stored_document.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/engine/faulty_blob_store.h"
#include "services/blob/in_memory_blob_store.h"
#include "services/common/limits.h"
#include "tests/support/blob_bytes.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

class StoredDocumentTest : public ::testing::Test {
 protected:
  static constexpr size_t kMax = 4 * limits::kChunkBytes;

  absl::Status Keep(const std::string& bytes) {
    return StoreDocument(store_, Digest::OfBytes(bytes),
                         Chunk::OfString(bytes));
  }
  std::string Load(const std::string& bytes, size_t max = kMax) {
    const auto loaded = LoadDocument(store_, Digest::OfBytes(bytes), max);
    return loaded ? std::string(loaded->bytes()) : "nothing";
  }

  InMemoryBlobStore memory_;
  FaultyBlobStore store_{memory_};
};

TEST_F(StoredDocumentTest, ComesBackInOnePiece) {
  for (const size_t size :
       {size_t{0}, size_t{1}, limits::kInlineBlobBytesMax,
        limits::kInlineBlobBytesMax + 1, limits::kChunkBytes,
        limits::kChunkBytes + 1, kMax}) {
    const std::string bytes = PatternBytes(size);
    ASSERT_THAT(Keep(bytes), IsOk()) << size;
    EXPECT_EQ(Load(bytes), bytes) << size;
  }
}

TEST_F(StoredDocumentTest, WhatIsNotThereOrTooLargeIsNothing) {
  EXPECT_EQ(Load("x"), "nothing");
  const std::string large = PatternBytes(kMax + 1);
  ASSERT_THAT(Keep(large), IsOk());
  EXPECT_EQ(Load(large), "nothing");
  EXPECT_EQ(Load(large, kMax + 1), large);
}

TEST_F(StoredDocumentTest, DamageIsDropped) {
  const std::string bytes = PatternBytes(3 * limits::kChunkBytes);
  ASSERT_THAT(Keep(bytes), IsOk());
  store_.DamageFrom(limits::kChunkBytes);
  EXPECT_EQ(Load(bytes), "nothing");
  store_.DamageFrom({});
  EXPECT_THAT(store_.Open(Digest::OfBytes(bytes)),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(StoredDocumentTest, AFullDiskIsTold) {
  store_.FillUpAfter(10);
  const std::string bytes = PatternBytes(2 * limits::kChunkBytes);
  EXPECT_THAT(Keep(bytes), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(Load(bytes), "nothing");
}

}  // namespace
}  // namespace cvr::testing
