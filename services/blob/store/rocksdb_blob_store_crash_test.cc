#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "services/blob/store/rocksdb_blob_store.h"
#include "tests/support/crash_file_system.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/upstream/blob_bytes.h"

namespace cvr::testing {
namespace {

constexpr uint64_t kChunk = limits::kChunkBytes;

// A store on a disk that loses power, held against a model of what must be
// there afterwards.
class RocksDbBlobStoreCrashTest : public ::testing::Test {
 protected:
  // What the store said about a blob; nothing when a crash or fault came
  // between.
  enum class Expected { kAbsent, kStored, kEither };

  struct Blob {
    std::string bytes;
    Digest digest;
    Expected expected = Expected::kAbsent;
  };

  void AddBlob(std::string bytes) {
    const Digest digest = Digest::OfBytes(bytes);
    blobs_.push_back({std::move(bytes), digest});
  }

  RocksDbBlobStoreCrashTest() {
    AddBlob("small");
    AddBlob(PatternBytes(limits::kInlineBlobBytesMax, 1));
    AddBlob(PatternBytes(kChunk, 2));
    AddBlob(PatternBytes(7 * kChunk + 3, 3));
    AddBlob(PatternBytes(2 * kChunk, 4));
  }

  absl::Status Open() {
    auto store = RocksDbBlobStore::Open(
        {.directory = directory_.path(),
         .env = env_.get(),
         .segments = {.first_bytes = kChunk, .max_bytes = 3 * kChunk},
         .bounds = bounds_});
    RETURN_IF_ERROR(store.status());
    store_ = *std::move(store);
    return absl::OkStatus();
  }

  void CutPower(uint64_t seed) {
    disk_->Crash();
    begun_.clear();
    store_ = nullptr;
    if (seed % 2 == 0) {
      disk_->DropUnsynced();
    } else {
      disk_->DropUnsynced(seed);
    }
    ASSERT_THAT(Open(), IsOk());
  }

  absl::StatusOr<std::shared_ptr<BlobWriter>> Begin(const Blob& blob,
                                                    uint64_t bytes) {
    ASSIGN_OR_RETURN(auto writer, store_->Create(blob.digest, 1));
    const uint64_t begun = writer->readable_size();
    const auto read = ReadFrom(*writer, 0, begun);
    EXPECT_TRUE(read.ok() && *read == blob.bytes.substr(0, begun)) << begun;
    if (begun < bytes) {
      RETURN_IF_ERROR(
          AppendAll(*writer, blob.bytes.substr(begun, bytes - begun)));
    }
    return writer;
  }

  void Upload(Blob& blob) {
    const auto writer = Begin(blob, blob.bytes.size());
    if (!writer.ok()) return;
    const absl::Status status = (*writer)->Commit();
    if (status.ok()) {
      blob.expected = Expected::kStored;
    } else if (blob.expected == Expected::kAbsent) {
      blob.expected = Expected::kEither;
    }
  }

  void Delete(Blob& blob) {
    const absl::Status status = store_->Delete(blob.digest);
    blob.expected = status.ok() ? Expected::kAbsent : Expected::kEither;
  }

  // Fails the test unless the store has what it must have, and nothing wrong.
  void Check(Blob& blob) {
    const auto reader = store_->Open(blob.digest);
    if (!reader.ok()) {
      EXPECT_THAT(reader, StatusIs(absl::StatusCode::kNotFound));
      const bool evicted = bounds_.max_bytes != 0;
      EXPECT_TRUE(evicted || blob.expected != Expected::kStored)
          << blob.bytes.size();
      blob.expected = Expected::kAbsent;
      return;
    }
    EXPECT_NE(blob.expected, Expected::kAbsent) << blob.bytes.size();
    blob.expected = Expected::kStored;
    const auto read = ReadFrom(**reader, 0, (*reader)->size());
    ASSERT_THAT(read, IsOk()) << blob.bytes.size();
    EXPECT_TRUE(*read == blob.bytes);
  }

  void CheckAll() {
    for (Blob& blob : blobs_) Check(blob);
  }

  void DoSomething(std::mt19937_64& random) {
    Blob& blob = blobs_[random() % blobs_.size()];
    switch (random() % 8) {
      case 0:
      case 1:
        return Upload(blob);
      case 2:
        return Delete(blob);
      case 3: {
        auto writer = Begin(blob, random() % (blob.bytes.size() + 1));
        if (writer.ok()) begun_.push_back(*std::move(writer));
        return;
      }
      case 4:
        if (!begun_.empty()) begun_.pop_back();
        return;
      case 5:
      case 6:
        if (!begun_.empty()) {
          begun_.back()->Suspend();
          begun_.pop_back();
        }
        return;
      case 7:
        if (blob.expected != Expected::kEither) Check(blob);
        return;
    }
  }

  // Everything deleted, hardly a file may be left.
  void CheckThatNothingLeaked() {
    begun_.clear();
    for (Blob& blob : blobs_) {
      ASSERT_THAT(store_->Create(blob.digest, 1), IsOk());  // A continuation.
      ASSERT_THAT(store_->Delete(blob.digest), IsOk());
    }
    store_ = nullptr;  // And with it whoever still drops files.
    uint64_t bytes = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(directory_.path())) {
      if (entry.path().extension() == ".sst") bytes += entry.file_size();
    }
    // Records that RocksDB has not compacted yet, the inline bytes included.
    EXPECT_LT(bytes, kChunk * blobs_.size() / 2);
  }

  void RunRandomSchedules(uint64_t count) {
    const uint64_t first_seed = std::random_device()();
    std::cout << "first seed: " << first_seed << std::endl;
    ASSERT_THAT(Open(), IsOk());
    for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
      SCOPED_TRACE(absl::StrCat("seed ", seed));
      std::mt19937_64 random(seed);
      disk_->CrashAfter(random() % 150);
      for (int i = 0; i < 60 && !disk_->crashed(); ++i) DoSomething(random);
      ASSERT_NO_FATAL_FAILURE(CutPower(seed));
      ASSERT_NO_FATAL_FAILURE(CheckAll());
      if (HasFailure()) break;
    }
    CheckThatNothingLeaked();
  }

  TemporaryDirectory directory_;
  const std::shared_ptr<CrashFileSystem> disk_ =
      std::make_shared<CrashFileSystem>(directory_.path());
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::vector<Blob> blobs_;
  BlobEvictor::Bounds bounds_;
  std::unique_ptr<RocksDbBlobStore> store_;
  std::vector<std::shared_ptr<BlobWriter>> begun_;
};

TEST_F(RocksDbBlobStoreCrashTest, UploadAndDeletionSurviveEveryCrashPoint) {
  ASSERT_THAT(Open(), IsOk());
  Blob& large = blobs_[3];
  Blob& small = blobs_[0];
  const auto story = [&] {
    Upload(large);
    Upload(small);
    Delete(large);
    Upload(large);
    Delete(small);
  };
  const uint64_t before = disk_->operations();
  story();
  const uint64_t operations = disk_->operations() - before;
  ASSERT_GT(operations, 50);
  for (uint64_t n = 0; n < operations; n += 2) {
    SCOPED_TRACE(absl::StrCat("crash after ", n, " operations"));
    disk_->CrashAfter(n);
    story();
    CutPower(n / 2);
    ASSERT_NO_FATAL_FAILURE(CheckAll());
  }
  CheckThatNothingLeaked();
}

TEST_F(RocksDbBlobStoreCrashTest, NewStoreSurvivesEveryCrashPoint) {
  for (uint64_t n = 0; n < 400; n += 23) {
    SCOPED_TRACE(absl::StrCat("crash after ", n, " operations"));
    disk_->CrashAfter(n);
    if (Open().ok()) Upload(blobs_[3]);
    ASSERT_NO_FATAL_FAILURE(CutPower(n));
    ASSERT_NO_FATAL_FAILURE(CheckAll());
    store_ = nullptr;
    std::filesystem::remove_all(directory_.path() + "/db");
    for (Blob& blob : blobs_) blob.expected = Expected::kAbsent;
  }
}

TEST_F(RocksDbBlobStoreCrashTest, RandomSchedulesKeepTheirPromises) {
  RunRandomSchedules(60);
}

// Whatever is stored may go, but only whole, and what was deleted stays away.
TEST_F(RocksDbBlobStoreCrashTest, RandomSchedulesWithEvictionShowNoWrongBytes) {
  // All but the largest are too much already.
  bounds_ = {.max_bytes = 3 * kChunk, .low_percent = 60};
  RunRandomSchedules(30);
}

// A disk that fails now and then, while the power stays on.
TEST_F(RocksDbBlobStoreCrashTest, RandomFaultsNeverShowWrongBytes) {
  const uint64_t first_seed = std::random_device()();
  std::cout << "first seed: " << first_seed << std::endl;
  ASSERT_THAT(Open(), IsOk());
  for (uint64_t seed = first_seed; seed < first_seed + 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    switch (random() % 3) {
      case 0:
        disk_->FailNthWrite(1 + random() % 40);
        break;
      case 1:
        disk_->FailNthSync(1 + random() % 20);
        break;
      case 2:
        disk_->SetDiskFull(true);
        break;
    }
    for (int i = 0; i < 12; ++i) DoSomething(random);
    disk_->SetDiskFull(false);
    disk_->FailNthWrite(0);
    disk_->FailNthSync(0);
    ASSERT_NO_FATAL_FAILURE(CheckAll());
    // And it works again.
    Upload(blobs_[seed % blobs_.size()]);
    ASSERT_EQ(blobs_[seed % blobs_.size()].expected, Expected::kStored);
    if (HasFailure()) break;
  }
  ASSERT_NO_FATAL_FAILURE(CutPower(0));
  ASSERT_NO_FATAL_FAILURE(CheckAll());
  CheckThatNothingLeaked();
}

}  // namespace
}  // namespace cvr::testing
