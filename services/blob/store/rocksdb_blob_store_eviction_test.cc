#include <atomic>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "services/blob/store/rocksdb_blob_store.h"
#include "services/concurrency/mutex.h"
#include "tests/support/crash_file_system.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/upstream/blob_bytes.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kChunk = limits::kChunkBytes;
constexpr uint64_t kBlob = 2 * kChunk;  // Of the blobs here.

// A disk whose free space the test decides.
class MeasuredFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit MeasuredFileSystem(const std::string& root)
      : FileSystemWrapper(std::make_shared<CrashFileSystem>(root)) {}

  const char* Name() const override { return "MeasuredFileSystem"; }

  rocksdb::IOStatus GetFreeSpace(const std::string&, const rocksdb::IOOptions&,
                                 uint64_t* bytes,
                                 rocksdb::IODebugContext*) override {
    *bytes = free_bytes;
    return rocksdb::IOStatus::OK();
  }

  std::atomic<uint64_t> free_bytes = std::numeric_limits<uint64_t>::max();
};

// Every look at it is a second later.
class TickingClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(++seconds_); }

 private:
  mutable std::atomic<int64_t> seconds_ = 1'000'000;
};

class RocksDbBlobStoreEvictionTest : public ::testing::Test {
 protected:
  RocksDbBlobStoreEvictionTest() {
    options_.directory = directory_.path();
    options_.env = env_.get();
    options_.clock = &clock_;
    options_.segments = {.first_bytes = kChunk, .max_bytes = kChunk};
    options_.eviction_listener = [this](absl::Span<const Digest> digests) {
      MutexLock lock(&mutex_);
      evicted_.insert(evicted_.end(), digests.begin(), digests.end());
      changed_.SignalAll();
    };
  }

  void Reopen() {
    store_ = nullptr;
    auto store = RocksDbBlobStore::Open(options_);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  static std::string Bytes(int number) { return PatternBytes(kBlob, number); }
  static Digest DigestOf(int number) { return Digest::OfBytes(Bytes(number)); }

  absl::Status Upload(int number) {
    ASSIGN_OR_RETURN(const auto writer, store_->Create(DigestOf(number), 1));
    RETURN_IF_ERROR(AppendAll(*writer, Bytes(number)));
    return writer->Commit();
  }

  bool IsStored(int number) { return store_->Open(DigestOf(number)).ok(); }

  std::vector<Digest> AwaitEvicted(size_t count) {
    MutexLock lock(&mutex_);
    while (evicted_.size() < count) changed_.Wait(&mutex_);
    return evicted_;
  }

  // Of everything in the directory; files may go meanwhile.
  uint64_t DiskUse() const {
    uint64_t bytes = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(directory_.path())) {
      std::error_code gone;
      const uint64_t size = std::filesystem::file_size(entry.path(), gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }

  // Until it is no more than that.
  void AwaitDiskUse(uint64_t bytes) const {
    EXPECT_TRUE(Eventually([&] { return DiskUse() <= bytes; },
                           "the directory is as small as wanted"));
  }

  TemporaryDirectory directory_;
  const std::shared_ptr<MeasuredFileSystem> disk_ =
      std::make_shared<MeasuredFileSystem>(directory_.path());
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  const TickingClock clock_;
  RocksDbBlobStore::Options options_;

  Mutex mutex_;
  CondVar changed_;
  std::vector<Digest> evicted_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<RocksDbBlobStore> store_;  // Last: it calls the listener.
};

TEST_F(RocksDbBlobStoreEvictionTest, LeastRecentlyUsedGoDownToTheLowMark) {
  options_.bounds = {.max_bytes = 5 * kBlob, .low_percent = 60};
  Reopen();
  for (int i = 0; i < 5; ++i) ASSERT_THAT(Upload(i), IsOk());
  // As much as may be: nothing goes.
  EXPECT_EQ(store_->Usage().bytes, 5 * kBlob);
  ASSERT_TRUE(IsStored(0));
  ASSERT_TRUE(IsStored(2));
  ASSERT_THAT(Upload(5), IsOk());
  // From six blobs to three, in the order of their last uses.
  EXPECT_THAT(AwaitEvicted(3),
              ElementsAre(DigestOf(1), DigestOf(3), DigestOf(4)));
  EXPECT_EQ(store_->Usage().blobs, 3);
  EXPECT_EQ(store_->Usage().bytes, 3 * kBlob);
  for (const int gone : {1, 3, 4}) EXPECT_FALSE(IsStored(gone)) << gone;
  for (const int kept : {0, 2, 5}) EXPECT_TRUE(IsStored(kept)) << kept;
}

TEST_F(RocksDbBlobStoreEvictionTest, TheDiskGetsItsSpaceBackAtOnce) {
  Reopen();
  for (int i = 0; i < 8; ++i) ASSERT_THAT(Upload(i), IsOk());
  const uint64_t before = DiskUse();
  EXPECT_GT(before, 8 * kBlob);
  std::cout << "disk use with eight blobs of " << kBlob << " bytes: " << before;
  // Half of it, at start.
  options_.bounds = {.max_bytes = 4 * kBlob, .low_percent = 100};
  Reopen();
  AwaitEvicted(4);
  EXPECT_LT(DiskUse(), 5 * kBlob);
  EXPECT_LE(DiskUse() + 3 * kBlob, before);
  std::cout << " bytes; with four of them: " << DiskUse() << " bytes\n";
}

TEST_F(RocksDbBlobStoreEvictionTest, WhatIsReadStaysUntilItIsReadNoMore) {
  options_.bounds = {.max_bytes = 2 * kBlob, .low_percent = 50};
  Reopen();
  ASSERT_THAT(Upload(0), IsOk());
  ASSERT_THAT(Upload(1), IsOk());
  auto reader = *store_->Open(DigestOf(0));
  ASSERT_TRUE(IsStored(1));  // More recently, and yet it goes first.
  ASSERT_THAT(Upload(2), IsOk());
  EXPECT_EQ(AwaitEvicted(1)[0], DigestOf(1));
  EXPECT_TRUE(*ReadFrom(*reader, 0, kBlob) == Bytes(0));
  EXPECT_THAT(store_->Open(DigestOf(0)), IsOk());

  reader = nullptr;
  for (int i = 3; i < 6; ++i) ASSERT_THAT(Upload(i), IsOk());
  AwaitEvicted(4);
  EXPECT_FALSE(IsStored(0));
}

TEST_F(RocksDbBlobStoreEvictionTest, SmallContentCountsToo) {
  constexpr uint64_t kSmall = 32 * 1024;
  options_.bounds = {.max_bytes = 10 * kSmall, .low_percent = 50};
  Reopen();
  std::vector<Digest> digests;
  for (int i = 0; i < 11; ++i) {
    const std::string bytes = PatternBytes(kSmall, i);
    digests.push_back(Digest::OfBytes(bytes));
    ASSERT_THAT(store_->Put(digests.back(), bytes), IsOk());
  }
  AwaitEvicted(6);
  EXPECT_EQ(store_->Usage().bytes, 5 * kSmall);
  EXPECT_FALSE(store_->Open(digests[0]).ok());
  EXPECT_THAT(store_->Open(digests[10]), IsOk());
}

TEST_F(RocksDbBlobStoreEvictionTest, LastUsesSurviveARestart) {
  Reopen();
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Upload(i), IsOk());
  ASSERT_TRUE(IsStored(0));
  options_.bounds = {.max_bytes = 2 * kBlob, .low_percent = 50};
  Reopen();
  EXPECT_THAT(AwaitEvicted(2), ElementsAre(DigestOf(1), DigestOf(2)));
  EXPECT_TRUE(IsStored(0));
}

TEST_F(RocksDbBlobStoreEvictionTest, WithoutFreeSpaceNothingNewIsStored) {
  options_.bounds = {.min_free_bytes = 10 * kBlob};
  Reopen();
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Upload(i), IsOk());
  auto reader = *store_->Open(DigestOf(2));
  const auto begun = *store_->Create(DigestOf(7), 1);

  // What is missing is freed; here it does not help.
  disk_->free_bytes = 9 * kBlob;
  EXPECT_THAT(store_->Create(DigestOf(8), 1),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(AwaitEvicted(1)[0], DigestOf(0));
  EXPECT_THAT(begun->Append(Chunk::OfString(Bytes(7).substr(0, kChunk))),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(store_->Put(Digest::OfBytes("small"), "small"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  // What is read goes not even then.
  EXPECT_THAT(AwaitEvicted(2), ElementsAre(DigestOf(0), DigestOf(1)));
  EXPECT_TRUE(*ReadFrom(*reader, 0, kBlob) == Bytes(2));

  disk_->free_bytes = 10 * kBlob;
  EXPECT_THAT(Upload(8), IsOk());
}

// --- Uploads ----------------------------------------------------------------

TEST_F(RocksDbBlobStoreEvictionTest, UploadsInWorkMakeThemselvesRoom) {
  options_.bounds = {.max_bytes = 5 * kBlob, .low_percent = 100};
  Reopen();
  for (int i = 0; i < 4; ++i) ASSERT_THAT(Upload(i), IsOk());
  const std::string large = PatternBytes(2 * kBlob, 99);
  const Digest digest = Digest::OfBytes(large);
  const auto writer = *store_->Create(digest, 1);
  ASSERT_THAT(AppendAll(*writer, large), IsOk());
  // Before it is stored: its bytes are on the disk already.
  EXPECT_THAT(AwaitEvicted(1), ElementsAre(DigestOf(0)));
  EXPECT_THAT(writer->Commit(), IsOk());
  auto reader = *store_->Open(digest);
  EXPECT_TRUE(*ReadFrom(*reader, 0, large.size()) == large);
  EXPECT_EQ(store_->Usage().bytes, 5 * kBlob);
  for (const int kept : {1, 2, 3}) EXPECT_TRUE(IsStored(kept)) << kept;
}

TEST_F(RocksDbBlobStoreEvictionTest, WhatIsInUseStaysWhateverIsUploaded) {
  options_.bounds = {.max_bytes = 2 * kBlob, .low_percent = 50};
  Reopen();
  ASSERT_THAT(Upload(0), IsOk());
  auto reader = *store_->Open(DigestOf(0));
  std::vector<std::shared_ptr<BlobWriter>> writers;
  for (int i = 1; i < 4; ++i) {
    writers.push_back(*store_->Create(DigestOf(i), 1));
    ASSERT_THAT(AppendAll(*writers.back(), Bytes(i)), IsOk());
  }
  EXPECT_TRUE(*ReadFrom(*reader, 0, kBlob) == Bytes(0));
  EXPECT_TRUE(IsStored(0));
  for (int i = 1; i < 4; ++i) {
    EXPECT_TRUE(*ReadFrom(*writers[i - 1], 0, kBlob) == Bytes(i)) << i;
  }
  reader = nullptr;
  ASSERT_THAT(writers[0]->Commit(), IsOk());
  EXPECT_EQ(AwaitEvicted(1)[0], DigestOf(0));
}

TEST_F(RocksDbBlobStoreEvictionTest, UploadsCountOnceAndUntilTheyEnd) {
  options_.bounds = {.max_bytes = 3 * kBlob, .low_percent = 100};
  Reopen();
  ASSERT_THAT(Upload(0), IsOk());
  for (int i = 0; i < 10; ++i) {
    const auto dropped = *store_->Create(DigestOf(1), 1);
    ASSERT_THAT(AppendAll(*dropped, Bytes(1)), IsOk());
  }
  for (int i = 0; i < 10; ++i) {
    const auto continued = *store_->Create(DigestOf(1), 1);
    ASSERT_EQ(continued->readable_size(), i == 0 ? 0 : kBlob);
    if (i == 0) {
      ASSERT_THAT(AppendAll(*continued, Bytes(1)), IsOk());
    }
    continued->Suspend();
  }
  ASSERT_THAT((*store_->Create(DigestOf(1), 1))->Commit(), IsOk());
  ASSERT_THAT(Upload(2), IsOk());
  EXPECT_EQ(store_->Usage().bytes, 3 * kBlob);
  store_ = nullptr;
  EXPECT_THAT(AwaitEvicted(0), IsEmpty());
}

TEST_F(RocksDbBlobStoreEvictionTest, BlobThatIsLargerThanAllIsNotStored) {
  options_.bounds = {.max_bytes = 2 * kBlob};
  Reopen();
  const std::string large = PatternBytes(2 * kBlob + 1, 99);
  const auto writer = *store_->Create(Digest::OfBytes(large), 1);
  EXPECT_THAT(AppendAll(*writer, large),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(RocksDbBlobStoreEvictionTest, InterruptedUploadsGoBeforeAnyBlob) {
  options_.bounds = {.max_bytes = 3 * kBlob, .low_percent = 100};
  Reopen();
  for (int i = 0; i < 2; ++i) ASSERT_THAT(Upload(i), IsOk());
  {
    const auto writer = *store_->Create(DigestOf(7), 1);
    ASSERT_THAT(AppendAll(*writer, Bytes(7)), IsOk());
    writer->Suspend();
  }
  ASSERT_THAT(Upload(2), IsOk());
  AwaitDiskUse(4 * kBlob);
  EXPECT_EQ((*store_->Create(DigestOf(7), 1))->readable_size(), 0);
  EXPECT_EQ(store_->Usage().blobs, 3);
  store_ = nullptr;
  EXPECT_THAT(AwaitEvicted(0), IsEmpty());
}

TEST_F(RocksDbBlobStoreEvictionTest, UploadsThatNobodyContinuesGoByThemselves) {
  options_.bounds.check_interval = absl::Milliseconds(1);
  options_.interrupted_age_max = absl::Seconds(30);  // Looks at the clock.
  Reopen();
  {
    const auto writer = *store_->Create(DigestOf(0), 1);
    ASSERT_THAT(AppendAll(*writer, Bytes(0)), IsOk());
    EXPECT_GT(DiskUse(), kBlob);
    writer->Suspend();
  }
  AwaitDiskUse(kBlob);
}

// --- Space ------------------------------------------------------------------

// Small content is stored with others', and yet its space is returned.
TEST_F(RocksDbBlobStoreEvictionTest, SpaceOfSmallContentIsReturnedAtOnce) {
  constexpr uint64_t kSmall = limits::kInlineBlobBytesMax;
  constexpr int kBlobs = 600;
  Reopen();
  std::vector<Digest> digests;
  for (int i = 0; i < kBlobs; ++i) {
    const std::string bytes = PatternBytes(kSmall, i);
    digests.push_back(Digest::OfBytes(bytes));
    ASSERT_THAT(store_->Put(digests.back(), bytes), IsOk());
  }
  const uint64_t before = DiskUse();
  EXPECT_GT(before, kBlobs * kSmall);

  options_.bounds = {.max_bytes = kBlobs * kSmall / 4, .low_percent = 100};
  Reopen();
  AwaitEvicted(kBlobs * 3 / 4);
  AwaitDiskUse(kBlobs * kSmall / 3);
  std::cout << "disk use with " << kBlobs << " small blobs: " << before
            << " bytes; with a quarter of them: " << DiskUse() << " bytes\n";
  for (int i = kBlobs * 3 / 4; i < kBlobs; ++i) {
    const auto reader = store_->Open(digests[i]);
    ASSERT_THAT(reader, IsOk()) << i;
    EXPECT_TRUE(*ReadFrom(**reader, 0, kSmall) == PatternBytes(kSmall, i));
  }
}

TEST_F(RocksDbBlobStoreEvictionTest, WhatWasDeletedIsNotReported) {
  Reopen();
  ASSERT_THAT(Upload(0), IsOk());
  ASSERT_THAT(store_->Delete(DigestOf(0)), IsOk());
  EXPECT_EQ(store_->Usage().blobs, 0);
  store_ = nullptr;
  EXPECT_THAT(AwaitEvicted(0), IsEmpty());
}

}  // namespace
}  // namespace cvr::testing
