#ifndef TESTS_CONTRACTS_BLOB_STORE_CONTRACT_H_
#define TESTS_CONTRACTS_BLOB_STORE_CONTRACT_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/store/blob_store.h"
#include "services/common/chunk.h"
#include "services/common/digest.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/blob_bytes.h"

// The promises in services/blob/store/blob_store.h, as tests. Every BlobStore
// instantiates this suite; a promise with no test here is not a promise.
namespace cvr::testing {

// What a test of the suite runs on.
struct BlobStoreInstance {
  std::shared_ptr<void> environment;  // Goes after the store.
  std::unique_ptr<BlobStore> store;
};

// Makes a new, empty store that takes blobs of up to kContractBlobBytesMax and
// makes written chunks readable after kContractSegmentBytes at the latest.
using BlobStoreFactory = std::function<BlobStoreInstance()>;

inline constexpr uint64_t kContractSegmentBytes = 4 * limits::kChunkBytes;
inline constexpr uint64_t kContractBlobBytesMax = 40 * limits::kChunkBytes;

class BlobStoreContract : public ::testing::TestWithParam<BlobStoreFactory> {
 protected:
  absl::StatusOr<std::shared_ptr<BlobWriter>> Begin(const std::string& bytes) {
    ASSIGN_OR_RETURN(auto writer, store().Create(Digest::OfBytes(bytes), 1));
    RETURN_IF_ERROR(AppendAll(*writer, bytes));
    return writer;
  }

  absl::Status Upload(const std::string& bytes) {
    ASSIGN_OR_RETURN(const auto writer, Begin(bytes));
    return writer->Commit();
  }

  absl::StatusOr<std::string> Read(const std::string& bytes,
                                   uint64_t offset = 0) {
    ASSIGN_OR_RETURN(const auto reader, store().Open(Digest::OfBytes(bytes)));
    return ReadFrom(*reader, offset, reader->size());
  }

  bool IsStored(const std::string& bytes) {
    const auto reader = store().Open(Digest::OfBytes(bytes));
    if (reader.ok()) return true;
    EXPECT_THAT(reader,
                StatusIs(absl::StatusCode::kNotFound, Reason::kBlobUnknown));
    return false;
  }

  BlobStore& store() { return *instance_.store; }

  const BlobStoreInstance instance_ = GetParam()();
  // A blob of two segments and a bit.
  const std::string large_ =
      PatternBytes(2 * kContractSegmentBytes + limits::kChunkBytes / 2);
};

TEST_P(BlobStoreContract, BlobsOfEverySizeRoundTrip) {
  constexpr uint64_t kChunk = limits::kChunkBytes;
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{1}, uint64_t{limits::kInlineBlobBytesMax},
        uint64_t{limits::kInlineBlobBytesMax + 1}, kChunk - 1, kChunk,
        kChunk + 1, 3 * kChunk, kContractSegmentBytes,
        kContractSegmentBytes + 1, 5 * kContractSegmentBytes,
        5 * kContractSegmentBytes + 12345}) {
    SCOPED_TRACE(size);
    const std::string bytes = PatternBytes(size, size);
    ASSERT_THAT(Upload(bytes), IsOk());
    const auto reader = store().Open(Digest::OfBytes(bytes));
    ASSERT_THAT(reader, IsOk());
    EXPECT_EQ((*reader)->size(), size);
    const auto read = ReadFrom(**reader, 0, size);
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(*read == bytes);
  }
}

TEST_P(BlobStoreContract, BlobReadsFromAnyOffset) {
  ASSERT_THAT(Upload(large_), IsOk());
  for (const uint64_t offset :
       {uint64_t{0}, uint64_t{1}, uint64_t{limits::kChunkBytes - 1},
        uint64_t{limits::kChunkBytes}, kContractSegmentBytes - 1,
        kContractSegmentBytes, uint64_t{large_.size() - 1}}) {
    SCOPED_TRACE(offset);
    const auto read = Read(large_, offset);
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(*read == large_.substr(offset));
  }
}

TEST_P(BlobStoreContract, OneReadGoesToTheEndOfItsChunk) {
  ASSERT_THAT(Upload(large_), IsOk());
  const auto reader = *store().Open(Digest::OfBytes(large_));
  EXPECT_EQ(reader->ReadChunk(0)->size(), limits::kChunkBytes);
  EXPECT_EQ(reader->ReadChunk(limits::kChunkBytes - 7)->size(), 7);
  EXPECT_EQ(reader->ReadChunk(large_.size() - 3)->size(), 3);
}

TEST_P(BlobStoreContract, ReadingPastTheEndIsOutOfRange) {
  for (const std::string& bytes : {std::string(), std::string("a"), large_}) {
    ASSERT_THAT(Upload(bytes), IsOk());
    const auto reader = *store().Open(Digest::OfBytes(bytes));
    for (const uint64_t offset :
         {uint64_t{bytes.size()}, uint64_t{bytes.size() + 1}, UINT64_MAX}) {
      const auto chunk = reader->ReadChunk(offset);
      EXPECT_THAT(chunk, StatusIs(absl::StatusCode::kOutOfRange,
                                  Reason::kRangeNotSatisfiable));
      EXPECT_EQ(ContentSizeOf(chunk.status()), bytes.size());
    }
  }
}

TEST_P(BlobStoreContract, ChunksOutliveTheirReader) {
  ASSERT_THAT(Upload(large_), IsOk());
  Chunk chunk;
  {
    const auto reader = *store().Open(Digest::OfBytes(large_));
    chunk = *reader->ReadChunk(limits::kChunkBytes);
  }
  ASSERT_THAT(store().Delete(Digest::OfBytes(large_)), IsOk());
  EXPECT_TRUE(chunk.bytes() ==
              large_.substr(limits::kChunkBytes, limits::kChunkBytes));
}

TEST_P(BlobStoreContract, WhatWasNeverStoredIsUnknown) {
  EXPECT_FALSE(IsStored("hello"));
}

TEST_P(BlobStoreContract, UncommittedBlobIsInvisible) {
  for (const std::string& bytes : {std::string("small"), large_}) {
    const auto writer = *Begin(bytes);
    EXPECT_FALSE(IsStored(bytes));
    ASSERT_THAT(writer->Commit(), IsOk());
    EXPECT_TRUE(IsStored(bytes));
  }
}

TEST_P(BlobStoreContract, AbandonedUploadLeavesNothingBehind) {
  for (const std::string& bytes : {std::string("small"), large_}) {
    ASSERT_THAT(Begin(bytes), IsOk());
    EXPECT_FALSE(IsStored(bytes));
    // Nor is it in the way of the next.
    ASSERT_THAT(Upload(bytes), IsOk());
    EXPECT_TRUE(*Read(bytes) == bytes);
  }
}

TEST_P(BlobStoreContract, WrittenChunksCanBeReadFromTheWriter) {
  const auto writer = *store().Create(Digest::OfBytes(large_), 1);
  EXPECT_EQ(writer->readable_size(), 0);
  EXPECT_THAT(writer->ReadChunk(0), StatusIs(absl::StatusCode::kOutOfRange));
  ASSERT_THAT(AppendAll(*writer, large_), IsOk());
  const uint64_t readable = writer->readable_size();
  EXPECT_GE(readable + kContractSegmentBytes, large_.size());
  EXPECT_TRUE(*ReadFrom(*writer, 5, readable) ==
              large_.substr(5, readable - 5));
  EXPECT_THAT(writer->ReadChunk(readable),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_P(BlobStoreContract, CommittedWriterCanStillBeRead) {
  for (const std::string& bytes : {std::string("small"), large_}) {
    const auto first = *Begin(bytes);
    const auto second = *Begin(bytes);
    ASSERT_THAT(first->Commit(), IsOk());
    ASSERT_THAT(second->Commit(), IsOk());
    ASSERT_THAT(store().Delete(Digest::OfBytes(bytes)), IsOk());
    for (const auto& writer : {first, second}) {
      ASSERT_EQ(writer->readable_size(), bytes.size());
      const auto read = ReadFrom(*writer, 0, bytes.size());
      ASSERT_THAT(read, IsOk());
      EXPECT_TRUE(*read == bytes);
    }
  }
}

TEST_P(BlobStoreContract, OnlyTheLastChunkMayBeShorter) {
  const auto writer = *store().Create(Digest::OfBytes(large_), 1);
  ASSERT_THAT(writer->Append(Chunk::OfString("short")), IsOk());
  EXPECT_THAT(writer->Append(Chunk::OfString("more")),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(BlobStoreContract, OversizedChunkIsRefused) {
  const auto writer = *store().Create(Digest::OfBytes(large_), 1);
  EXPECT_THAT(
      writer->Append(Chunk::OfString(PatternBytes(limits::kChunkBytes + 1))),
      StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(BlobStoreContract, AppendingNothingChangesNothing) {
  const auto writer = *store().Create(Digest::OfBytes("a"), 1);
  ASSERT_THAT(writer->Append(Chunk()), IsOk());
  ASSERT_THAT(writer->Append(Chunk::OfString("a")), IsOk());
  ASSERT_THAT(writer->Append(Chunk()), IsOk());
  ASSERT_THAT(writer->Commit(), IsOk());
  EXPECT_THAT(Read("a"), IsOkAndHolds(std::string("a")));
}

TEST_P(BlobStoreContract, BlobThatOutgrowsTheLimitIsRefused) {
  const std::string bytes = PatternBytes(kContractBlobBytesMax);
  const auto added = (*Begin(bytes))->Append(Chunk::OfString("a"));
  EXPECT_THAT(added, StatusIs(absl::StatusCode::kResourceExhausted,
                              Reason::kContentTooLarge));
  EXPECT_THAT(Upload(bytes), IsOk());
}

TEST_P(BlobStoreContract, SpentWriterRepeatsItsFirstError) {
  const auto writer = *store().Create(Digest::OfBytes(large_), 1);
  ASSERT_THAT(writer->Append(Chunk::OfString("short")), IsOk());
  const absl::Status first = writer->Append(Chunk::OfString("more"));
  ASSERT_THAT(first, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(writer->Append(Chunk()), first);
  EXPECT_EQ(writer->Commit(), first);
  EXPECT_EQ(writer->Append(Chunk::OfString(large_.substr(0, 9))), first);
  EXPECT_FALSE(IsStored(large_));
}

TEST_P(BlobStoreContract, CommittedWriterTakesNothingMore) {
  const auto writer = *Begin("small");
  ASSERT_THAT(writer->Commit(), IsOk());
  EXPECT_THAT(writer->Append(Chunk::OfString("more")),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(writer->Commit(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Read("small"), IsOkAndHolds(std::string("small")));
}

TEST_P(BlobStoreContract, RacingUploadsOfOneDigestBothSucceed) {
  for (const std::string& bytes : {std::string("small"), large_}) {
    const auto first = *Begin(bytes);
    const auto second = *Begin(bytes);
    EXPECT_THAT(second->Commit(), IsOk());
    EXPECT_THAT(first->Commit(), IsOk());
    EXPECT_TRUE(*Read(bytes) == bytes);
  }
}

TEST_P(BlobStoreContract, StoredBlobIsKeptByTheNextUpload) {
  ASSERT_THAT(Upload(large_), IsOk());
  const auto reader = *store().Open(Digest::OfBytes(large_));
  ASSERT_THAT(Upload(large_), IsOk());
  EXPECT_TRUE(*ReadFrom(*reader, 0, reader->size()) == large_);
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_P(BlobStoreContract, PutStoresAtOnce) {
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{10}, uint64_t{limits::kInlineBlobBytesMax},
        uint64_t{limits::kInlineBlobBytesMax + 1},
        uint64_t{limits::kManifestBytesMax}}) {
    SCOPED_TRACE(size);
    const std::string bytes = PatternBytes(size, 3);
    ASSERT_THAT(store().Put(Digest::OfBytes(bytes), bytes), IsOk());
    ASSERT_THAT(store().Put(Digest::OfBytes(bytes), bytes), IsOk());
    EXPECT_TRUE(*Read(bytes) == bytes);
  }
}

TEST_P(BlobStoreContract, PutRefusesLargeContent) {
  const std::string bytes = PatternBytes(limits::kManifestBytesMax + 1);
  EXPECT_THAT(store().Put(Digest::OfBytes(bytes), bytes),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(BlobStoreContract, BothAlgorithmsAddressTheirOwnBlob) {
  const Digest digest = Digest::OfBytes(large_, DigestAlgorithm::kSha512);
  const auto writer = *store().Create(digest, 1);
  ASSERT_THAT(AppendAll(*writer, large_), IsOk());
  ASSERT_THAT(writer->Commit(), IsOk());
  EXPECT_FALSE(IsStored(large_));
  const auto reader = *store().Open(digest);
  EXPECT_TRUE(*ReadFrom(*reader, 0, reader->size()) == large_);
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_THAT(store().Delete(digest), IsOk());
  EXPECT_TRUE(IsStored(large_));
}

TEST_P(BlobStoreContract, DeletedBlobIsUnknown) {
  for (const std::string& bytes : {std::string("small"), large_}) {
    ASSERT_THAT(Upload(bytes), IsOk());
    ASSERT_THAT(store().Delete(Digest::OfBytes(bytes)), IsOk());
    EXPECT_FALSE(IsStored(bytes));
  }
}

TEST_P(BlobStoreContract, DeletingWhatIsNotThereSucceeds) {
  EXPECT_THAT(store().Delete(Digest::OfBytes("absent")), IsOk());
  // Nor does it touch an upload that is under way.
  const auto writer = *Begin(large_);
  EXPECT_THAT(store().Delete(Digest::OfBytes(large_)), IsOk());
  EXPECT_THAT(writer->Commit(), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_P(BlobStoreContract, ReadersReadOnAfterDeletion) {
  for (const std::string& bytes : {std::string("small"), large_}) {
    ASSERT_THAT(Upload(bytes), IsOk());
    const auto reader = *store().Open(Digest::OfBytes(bytes));
    ASSERT_THAT(reader->ReadChunk(0), IsOk());
    ASSERT_THAT(store().Delete(Digest::OfBytes(bytes)), IsOk());
    const auto read = ReadFrom(*reader, 0, reader->size());
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(*read == bytes);
  }
}

// With readers of an older copy at every step.
TEST_P(BlobStoreContract, DeletedBlobCanBeStoredAgainManyTimes) {
  std::vector<std::shared_ptr<const BlobReader>> readers;
  for (int i = 0; i < 20; ++i) {
    SCOPED_TRACE(i);
    ASSERT_THAT(Upload(large_), IsOk());
    const auto reader = store().Open(Digest::OfBytes(large_));
    ASSERT_THAT(reader, IsOk());
    ASSERT_TRUE(*ReadFrom(**reader, 0, large_.size()) == large_);
    if (i % 3 == 0) readers.push_back(*reader);
    ASSERT_THAT(store().Delete(Digest::OfBytes(large_)), IsOk());
    ASSERT_FALSE(IsStored(large_));
  }
  for (const auto& reader : readers) {
    EXPECT_TRUE(*ReadFrom(*reader, 0, large_.size()) == large_);
  }
}

TEST_P(BlobStoreContract, WriterIsReadWhileItIsWritten) {
  const auto writer = *store().Create(Digest::OfBytes(large_), 1);
  std::atomic<bool> right = true;
  {
    std::vector<std::unique_ptr<Thread>> readers;
    for (int i = 0; i < 3; ++i) {
      readers.push_back(std::make_unique<Thread>("reader", [&] {
        uint64_t at = 0;
        while (at < large_.size() && right) {
          const uint64_t readable = writer->readable_size();
          const auto read = ReadFrom(*writer, at, readable);
          right =
              right && read.ok() && *read == large_.substr(at, readable - at);
          at = readable;
        }
      }));
    }
    right = right && AppendAll(*writer, large_).ok() && writer->Commit().ok();
  }
  EXPECT_TRUE(right);
}

TEST_P(BlobStoreContract, SuspendedUploadIsContinued) {
  {
    const auto writer = *store().Create(Digest::OfBytes(large_), 1);
    ASSERT_THAT(AppendAll(*writer, large_.substr(0, 6 * limits::kChunkBytes)),
                IsOk());
    writer->Suspend();
    writer->Suspend();
  }
  EXPECT_FALSE(IsStored(large_));
  const auto writer = *store().Create(Digest::OfBytes(large_), 1);
  const uint64_t begun = writer->readable_size();
  EXPECT_GE(begun, kContractSegmentBytes);
  EXPECT_LE(begun, 6 * limits::kChunkBytes);
  EXPECT_EQ(begun % limits::kChunkBytes, 0);
  EXPECT_TRUE(*ReadFrom(*writer, 0, begun) == large_.substr(0, begun));
  ASSERT_THAT(AppendAll(*writer, large_.substr(begun)), IsOk());
  ASSERT_THAT(writer->Commit(), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_P(BlobStoreContract, SuspendedBytesGoToOneWriter) {
  (*Begin(large_))->Suspend();
  const auto first = *store().Create(Digest::OfBytes(large_), 1);
  EXPECT_GT(first->readable_size(), 0);
  const auto second = *store().Create(Digest::OfBytes(large_), 1);
  EXPECT_EQ(second->readable_size(), 0);
  ASSERT_THAT(AppendAll(*second, large_), IsOk());
  ASSERT_THAT(second->Commit(), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_P(BlobStoreContract, AbandonedContinuationLeavesNothing) {
  (*Begin(large_))->Suspend();
  EXPECT_GT((*store().Create(Digest::OfBytes(large_), 1))->readable_size(), 0);
  EXPECT_EQ((*store().Create(Digest::OfBytes(large_), 1))->readable_size(), 0);
}

TEST_P(BlobStoreContract, UploadCanBeSuspendedManyTimes) {
  for (uint64_t end = limits::kChunkBytes; end < large_.size();
       end += limits::kChunkBytes) {
    const auto writer = *store().Create(Digest::OfBytes(large_), 1);
    const uint64_t begun = writer->readable_size();
    ASSERT_LT(begun, end);
    ASSERT_THAT(AppendAll(*writer, large_.substr(begun, end - begun)), IsOk());
    writer->Suspend();
  }
  const auto writer = *store().Create(Digest::OfBytes(large_), 1);
  const uint64_t begun = writer->readable_size();
  ASSERT_THAT(AppendAll(*writer, large_.substr(begun)), IsOk());
  ASSERT_THAT(writer->Commit(), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_P(BlobStoreContract, SuspendedWriterTakesNothingMoreAndIsStillRead) {
  const auto writer = *Begin(large_);
  writer->Suspend();
  EXPECT_THAT(writer->Append(Chunk::OfString("more")),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(writer->Commit(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const uint64_t readable = writer->readable_size();
  ASSERT_GT(readable, 0);
  // Whatever becomes of the continuation.
  ASSERT_THAT(store().Create(Digest::OfBytes(large_), 1), IsOk());
  EXPECT_TRUE(*ReadFrom(*writer, 0, readable) == large_.substr(0, readable));
}

TEST_P(BlobStoreContract, SuspendingWithNothingToKeepIsFine) {
  for (const std::string& bytes : {std::string(), std::string("small")}) {
    (*Begin(bytes))->Suspend();
    const auto writer = *store().Create(Digest::OfBytes(bytes), 1);
    EXPECT_EQ(writer->readable_size(), 0);
    ASSERT_THAT(AppendAll(*writer, bytes), IsOk());
    ASSERT_THAT(writer->Commit(), IsOk());
    writer->Suspend();
    EXPECT_THAT(Read(bytes), IsOkAndHolds(bytes));
  }
}

TEST_P(BlobStoreContract, ReadersAndWritersWorkSideBySide) {
  const std::string other = PatternBytes(large_.size(), 1);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < 4; ++i) {
      const std::string& bytes = i % 2 == 0 ? large_ : other;
      threads.push_back(std::make_unique<Thread>("contract", [&, i] {
        for (int round = 0; round < 8; ++round) {
          if (!Upload(bytes).ok()) ++wrong;
          const auto reader = store().Open(Digest::OfBytes(bytes));
          if (reader.ok()) {
            const auto read = ReadFrom(**reader, 0, (*reader)->size());
            if (!read.ok() || *read != bytes) ++wrong;
          } else if (!absl::IsNotFound(reader.status())) {
            ++wrong;
          }
          if (i < 2 && !store().Delete(Digest::OfBytes(bytes)).ok()) ++wrong;
        }
      }));
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST_P(BlobStoreContract, ListsWhatIsCommittedPageByPage) {
  std::set<std::string> stored;
  for (const std::string bytes : {"1", "2", "3", "4", "5", "6", "7"}) {
    ASSERT_THAT(Upload(bytes), IsOk());
    stored.insert(Digest::OfBytes(bytes).ToString());
  }
  const auto writer = *Begin(large_);  // Not committed.
  for (const int max : {1, 3, 7, 100}) {
    std::set<std::string> listed;
    std::optional<Digest> last;
    for (auto page = *store().List(last, max); !page.empty();
         page = *store().List(last, max)) {
      ASSERT_LE(page.size(), max);
      for (const auto& blob : page) listed.insert(blob.digest.ToString());
      last = page.back().digest;
    }
    EXPECT_EQ(listed, stored);
  }
  const Digest first = store().List(std::nullopt, 1)->front().digest;
  ASSERT_THAT(store().Delete(first), IsOk());
  EXPECT_EQ(store().List(first, 100)->size(), 6);
}

}  // namespace cvr::testing

#endif  // TESTS_CONTRACTS_BLOB_STORE_CONTRACT_H_
