#include "services/blob/store/rocksdb_blob_store.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "tests/contracts/blob_store_contract.h"
#include "tests/contracts/blob_store_owner_contract.h"
#include "tests/support/crash_file_system.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

namespace fs = std::filesystem;

RocksDbBlobStore::Options SmallOptions(const std::string& directory,
                                       rocksdb::Env* env) {
  return {.directory = directory,
          .env = env,
          .segments = {.first_bytes = kContractSegmentBytes / 2,
                       .max_bytes = kContractSegmentBytes},
          .blob_bytes_max = kContractBlobBytesMax};
}

// A directory, and a file system that does not wait for the disk.
struct Disk {
  TemporaryDirectory directory;
  std::shared_ptr<CrashFileSystem> file_system =
      std::make_shared<CrashFileSystem>(directory.path());
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(file_system);
};

INSTANTIATE_TEST_SUITE_P(RocksDb, BlobStoreContract, ::testing::Values([] {
                           auto disk = std::make_shared<Disk>();
                           auto store = RocksDbBlobStore::Open(SmallOptions(
                               disk->directory.path(), disk->env.get()));
                           EXPECT_THAT(store, IsOk());
                           return BlobStoreInstance{
                               .environment = std::move(disk),
                               .store = *std::move(store)};
                         }));

class RocksDbBlobStoreTest : public ::testing::Test {
 protected:
  RocksDbBlobStoreTest() { Reopen(); }

  void Reopen() {
    store_ = nullptr;
    auto store = RocksDbBlobStore::Open(options_);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  absl::Status Upload(const std::string& bytes) {
    ASSIGN_OR_RETURN(const auto writer,
                     store_->Create(Digest::OfBytes(bytes), 1));
    RETURN_IF_ERROR(AppendAll(*writer, bytes));
    return writer->Commit();
  }

  absl::StatusOr<std::string> Read(const std::string& bytes) {
    ASSIGN_OR_RETURN(const auto reader, store_->Open(Digest::OfBytes(bytes)));
    return ReadFrom(*reader, 0, reader->size());
  }

  // Begins an upload of `bytes`, writes `end` of them, and starts anew.
  void Interrupt(const std::string& bytes, uint64_t end, bool suspended) {
    auto writer = *store_->Create(Digest::OfBytes(bytes), 1);
    ASSERT_THAT(AppendAll(*writer, bytes.substr(0, end)), IsOk());
    if (suspended) {
      writer->Suspend();
    } else {
      disk_.file_system->Crash();
    }
    writer = nullptr;
    store_ = nullptr;
    if (!suspended) disk_.file_system->DropUnsynced();
    Reopen();
  }

  // Of what is stored, as far as its name ends on `suffix`.
  std::vector<fs::path> Files(const std::string& suffix) const {
    std::vector<fs::path> files;
    for (const auto& entry :
         fs::recursive_directory_iterator(disk_.directory.path())) {
      if (entry.path().extension() == suffix) files.push_back(entry.path());
    }
    return files;
  }

  uint64_t BytesStored() const {
    uint64_t bytes = 0;
    for (const fs::path& file : Files(".sst")) bytes += fs::file_size(file);
    return bytes;
  }

  // The file that has `bytes` in it.
  fs::path FileWith(const std::string& bytes) const {
    for (const fs::path& file : Files(".sst")) {
      if (Contents(file).find(bytes) != std::string::npos) return file;
    }
    ADD_FAILURE() << "no file has these bytes";
    return {};
  }

  static std::string Contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  // Flips one byte in the middle of where `bytes` are stored.
  void Damage(const std::string& bytes) {
    const fs::path path = FileWith(bytes);
    const size_t at = Contents(path).find(bytes) + bytes.size() / 2;
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file.put(static_cast<char>(~bytes[bytes.size() / 2]));
  }

  Disk disk_;
  RocksDbBlobStore::Options options_ =
      SmallOptions(disk_.directory.path(), disk_.env.get());
  std::unique_ptr<RocksDbBlobStore> store_;
  // Three segments.
  const std::string large_ = PatternBytes(9 * limits::kChunkBytes + 1, 1);
  const std::string other_ = PatternBytes(3 * limits::kChunkBytes, 2);
};

TEST_F(RocksDbBlobStoreTest, CommittedBlobsAreThereAfterRestart) {
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_THAT(Upload("small"), IsOk());
  ASSERT_THAT(Upload(""), IsOk());
  for (int i = 0; i < 3; ++i) {
    Reopen();
    EXPECT_TRUE(*Read(large_) == large_);
    EXPECT_THAT(Read("small"), IsOkAndHolds(std::string("small")));
    EXPECT_THAT(Read(""), IsOkAndHolds(std::string()));
  }
}

TEST_F(RocksDbBlobStoreTest, BlobCanBeDeletedAndStoredAgainAcrossRestarts) {
  for (int i = 0; i < 6; ++i) {
    ASSERT_THAT(Upload(large_), IsOk());
    if (i % 2 == 0) Reopen();
    ASSERT_THAT(store_->Delete(Digest::OfBytes(large_)), IsOk());
    if (i % 3 == 0) Reopen();
    EXPECT_THAT(Read(large_), StatusIs(absl::StatusCode::kNotFound));
  }
  ASSERT_THAT(Upload(large_), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_F(RocksDbBlobStoreTest, DeletionReturnsTheSpaceAtOnce) {
  ASSERT_THAT(Upload(other_), IsOk());
  const uint64_t before = BytesStored();
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_GT(BytesStored(), before + large_.size());
  ASSERT_THAT(store_->Delete(Digest::OfBytes(large_)), IsOk());
  EXPECT_EQ(BytesStored(), before);
}

TEST_F(RocksDbBlobStoreTest, SpaceOfADeletedBlobIsReturnedByItsLastReader) {
  ASSERT_THAT(Upload(large_), IsOk());
  auto reader = *store_->Open(Digest::OfBytes(large_));
  ASSERT_THAT(store_->Delete(Digest::OfBytes(large_)), IsOk());
  EXPECT_GT(BytesStored(), large_.size());
  reader = nullptr;
  EXPECT_EQ(BytesStored(), 0);
}

TEST_F(RocksDbBlobStoreTest, AbandonedUploadReturnsItsSpace) {
  {
    const auto writer = *store_->Create(Digest::OfBytes(large_), 1);
    ASSERT_THAT(AppendAll(*writer, large_), IsOk());
    EXPECT_GT(BytesStored(), writer->readable_size());
  }
  EXPECT_EQ(BytesStored(), 0);
}

// As after a crash: the writer had no chance to say anything.
TEST_F(RocksDbBlobStoreTest, InterruptedUploadIsContinuedAfterRestart) {
  for (const bool suspended : {true, false}) {
    SCOPED_TRACE(suspended);
    Interrupt(large_, 7 * limits::kChunkBytes, suspended);
    auto writer = *store_->Create(Digest::OfBytes(large_), 1);
    const uint64_t begun = writer->readable_size();
    EXPECT_EQ(begun, (suspended ? 7 : 6) * limits::kChunkBytes);
    EXPECT_TRUE(*ReadFrom(*writer, 0, begun) == large_.substr(0, begun));
    ASSERT_THAT(AppendAll(*writer, large_.substr(begun)), IsOk());
    ASSERT_THAT(writer->Commit(), IsOk());
    writer = nullptr;  // The store outlives it.
    Reopen();
    EXPECT_TRUE(*Read(large_) == large_);
    ASSERT_THAT(store_->Delete(Digest::OfBytes(large_)), IsOk());
    EXPECT_LT(BytesStored(), limits::kChunkBytes / 4);
  }
}

TEST_F(RocksDbBlobStoreTest, InterruptedUploadIsContinuedWithWholeChunks) {
  Interrupt(large_, large_.size(), /*suspended=*/true);
  const auto writer = *store_->Create(Digest::OfBytes(large_), 1);
  EXPECT_EQ(writer->readable_size(), 6 * limits::kChunkBytes);
  ASSERT_THAT(AppendAll(*writer, large_.substr(6 * limits::kChunkBytes)),
              IsOk());
  ASSERT_THAT(writer->Commit(), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_F(RocksDbBlobStoreTest, InterruptedUploadLacksNothingInTheMiddle) {
  Interrupt(large_, 9 * limits::kChunkBytes, /*suspended=*/true);
  const fs::path file = FileWith(large_.substr(3 * limits::kChunkBytes, 1000));
  store_ = nullptr;
  fs::remove(file);
  Reopen();
  EXPECT_EQ((*store_->Create(Digest::OfBytes(large_), 1))->readable_size(), 0);
  EXPECT_LT(BytesStored(), limits::kChunkBytes);
}

TEST_F(RocksDbBlobStoreTest, InterruptedUploadsAreNotKeptForEver) {
  Interrupt(large_, 7 * limits::kChunkBytes, /*suspended=*/true);
  options_.interrupted_age_max = -absl::Seconds(2);
  Reopen();
  EXPECT_LT(BytesStored(), limits::kChunkBytes);
}

TEST_F(RocksDbBlobStoreTest, InterruptedUploadsTakeNoMoreThanTheirSpace) {
  options_.interrupted_bytes_max = 8 * limits::kChunkBytes;
  Interrupt(large_, 7 * limits::kChunkBytes, /*suspended=*/true);
  Interrupt(other_, 2 * limits::kChunkBytes, /*suspended=*/true);
  EXPECT_LT(BytesStored(), 8 * limits::kChunkBytes);
  EXPECT_GT(BytesStored(), 0);
  options_.interrupted_bytes_max = 0;
  Reopen();
  EXPECT_LT(BytesStored(), limits::kChunkBytes);
}

TEST_F(RocksDbBlobStoreTest, WhoStoresABlobHasNothingToContinue) {
  Interrupt(large_, 7 * limits::kChunkBytes, /*suspended=*/true);
  auto suspended = *store_->Create(Digest::OfBytes(large_), 1);
  ASSERT_GT(suspended->readable_size(), 0);
  const auto other = *store_->Create(Digest::OfBytes(large_), 1);
  ASSERT_THAT(AppendAll(*other, large_), IsOk());
  suspended->Suspend();
  suspended = nullptr;
  ASSERT_THAT(other->Commit(), IsOk());
  EXPECT_EQ((*store_->Create(Digest::OfBytes(large_), 1))->readable_size(), 0);
  EXPECT_LT(BytesStored(), large_.size() + limits::kChunkBytes);
}

// Else an owner would learn from what is asked for that others have the blob.
TEST_F(RocksDbBlobStoreTest, WhatOthersStoreLeavesAnUploadToItsOwner) {
  const Digest digest = Digest::OfBytes(large_);
  Interrupt(large_, 7 * limits::kChunkBytes, /*suspended=*/true);
  {
    const auto other = *store_->Create(digest, 2);
    EXPECT_EQ(other->readable_size(), 0);
    ASSERT_THAT(AppendAll(*other, large_), IsOk());
    ASSERT_THAT(other->Commit(), IsOk());
  }
  for (const bool after_restart : {false, true}) {
    SCOPED_TRACE(after_restart);
    if (after_restart) Reopen();
    EXPECT_EQ((*store_->Create(digest, 2))->readable_size(), 0);
    EXPECT_EQ((*store_->Create(digest, 0))->readable_size(), 0);
    auto continued = *store_->Create(digest, 1);
    EXPECT_EQ(continued->readable_size(), 7 * limits::kChunkBytes);
    continued->Suspend();
    continued = nullptr;
    EXPECT_TRUE(*Read(large_) == large_);
  }
}

TEST_F(RocksDbBlobStoreTest, WhatHasNoOwnerIsLeftToNobody) {
  const Digest digest = Digest::OfBytes(large_);
  for (const bool disowned : {false, true}) {
    auto writer = *store_->Create(digest, disowned ? 1 : 0);
    ASSERT_THAT(AppendAll(*writer, large_.substr(0, 7 * limits::kChunkBytes)),
                IsOk());
    if (disowned) writer->Disown();
    disk_.file_system->Crash();
    writer = nullptr;
    store_ = nullptr;
    disk_.file_system->DropUnsynced();
    Reopen();
    EXPECT_EQ((*store_->Create(digest, 1))->readable_size(), 0);
    EXPECT_EQ((*store_->Create(digest, 0))->readable_size(), 0);
    EXPECT_LT(BytesStored(), limits::kChunkBytes);
  }
}

TEST_F(RocksDbBlobStoreTest, LoserOfARaceReturnsItsSpace) {
  ASSERT_THAT(Upload(large_), IsOk());
  const uint64_t before = BytesStored();
  ASSERT_THAT(Upload(large_), IsOk());
  EXPECT_EQ(BytesStored(), before);
}

TEST_F(RocksDbBlobStoreTest, BytesAreStoredOnce) {
  ASSERT_THAT(Upload(large_), IsOk());
  Reopen();
  EXPECT_LT(BytesStored(), large_.size() + limits::kChunkBytes / 4);
}

TEST_F(RocksDbBlobStoreTest, DamagedChunkIsDataLossAndTheRestReads) {
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_THAT(Upload(other_), IsOk());
  Damage(large_.substr(5 * limits::kChunkBytes, 1000));
  const auto reader = *store_->Open(Digest::OfBytes(large_));
  EXPECT_THAT(reader->ReadChunk(5 * limits::kChunkBytes),
              StatusIs(absl::StatusCode::kDataLoss, Reason::kContentDamaged));
  EXPECT_THAT(reader->ReadChunk(4 * limits::kChunkBytes), IsOk());
  EXPECT_THAT(reader->ReadChunk(6 * limits::kChunkBytes), IsOk());
  EXPECT_TRUE(*Read(other_) == other_);
}

TEST_F(RocksDbBlobStoreTest, DamagedBlobIsRepairedByDeletingAndStoringAgain) {
  ASSERT_THAT(Upload(large_), IsOk());
  Damage(large_.substr(0, 1000));
  ASSERT_THAT(Read(large_), StatusIs(absl::StatusCode::kDataLoss));
  ASSERT_THAT(store_->Delete(Digest::OfBytes(large_)), IsOk());
  ASSERT_THAT(Upload(large_), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

// Whether it is noticed depends on whether RocksDB has the file open.
TEST_F(RocksDbBlobStoreTest, FileThatVanishesWhileRunningIsNeverReadWrongly) {
  ASSERT_THAT(Upload(large_), IsOk());
  const fs::path file = FileWith(large_.substr(0, 1000));
  Reopen();
  fs::remove(file);
  const auto read = Read(large_);
  if (read.ok()) {
    EXPECT_TRUE(*read == large_);
  } else {
    EXPECT_THAT(read,
                StatusIs(absl::StatusCode::kDataLoss, Reason::kContentDamaged));
  }
  ASSERT_THAT(store_->Delete(Digest::OfBytes(large_)), IsOk());
  ASSERT_THAT(Upload(large_), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_F(RocksDbBlobStoreTest, MissingFileDropsItsBlobAlone) {
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_THAT(Upload(other_), IsOk());
  ASSERT_THAT(Upload("small"), IsOk());
  const fs::path file = FileWith(large_.substr(8 * limits::kChunkBytes, 1000));
  store_ = nullptr;
  fs::remove(file);
  Reopen();
  EXPECT_THAT(Read(large_), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_TRUE(*Read(other_) == other_);
  EXPECT_THAT(Read("small"), IsOkAndHolds(std::string("small")));
  EXPECT_LT(BytesStored(), other_.size() + limits::kChunkBytes);
  ASSERT_THAT(Upload(large_), IsOk());
  Reopen();
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_F(RocksDbBlobStoreTest, TruncatedFileDropsItsBlobAlone) {
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_THAT(Upload(other_), IsOk());
  const fs::path file = FileWith(large_.substr(0, 1000));
  store_ = nullptr;
  for (const uint64_t size : {fs::file_size(file) / 2, uint64_t{0}}) {
    SCOPED_TRACE(size);
    fs::resize_file(file, size);
    Reopen();
    EXPECT_THAT(Read(large_), StatusIs(absl::StatusCode::kNotFound));
    EXPECT_TRUE(*Read(other_) == other_);
    store_ = nullptr;
    if (!fs::exists(file)) break;
  }
}

// The end of a file says where its blocks are.
TEST_F(RocksDbBlobStoreTest, FileWithADamagedEndIsNeverReadWrongly) {
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_THAT(Upload(other_), IsOk());
  const fs::path path = FileWith(large_.substr(0, 1000));
  store_ = nullptr;
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(fs::file_size(path) - 40);
    file << std::string(40, 'x');
  }
  Reopen();
  const auto read = Read(large_);
  EXPECT_FALSE(read.ok());
  EXPECT_TRUE(*Read(other_) == other_);
}

TEST_F(RocksDbBlobStoreTest, DamagedRecordsAreForgottenAndTheirFilesGo) {
  // Without a record they would otherwise count as an interrupted upload.
  options_.interrupted_bytes_max = 0;
  ASSERT_THAT(Upload(large_), IsOk());
  ASSERT_THAT(Upload(std::string(1000, 's')), IsOk());
  Reopen();  // The log becomes files.
  std::vector<fs::path> files;
  for (const fs::path& file : Files(".sst")) {
    if (fs::file_size(file) < limits::kInlineBlobBytesMax) {
      files.push_back(file);
    }
  }
  ASSERT_FALSE(files.empty());
  store_ = nullptr;
  for (const fs::path& path : files) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(10);
    file << std::string(20, 'x');
  }
  Reopen();
  EXPECT_THAT(Read(large_), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_LT(BytesStored(), limits::kChunkBytes);
  ASSERT_THAT(Upload(large_), IsOk());
  Reopen();
  EXPECT_TRUE(*Read(large_) == large_);
}

TEST_F(RocksDbBlobStoreTest, DirectoryOfAnotherFormatIsRefused) {
  store_ = nullptr;
  {
    auto database = BlobStoreDatabase::Open(
        {disk_.directory.path(), disk_.env.get(), 10, 1 << 20});
    ASSERT_THAT(database, IsOk());
    const auto other = [&](rocksdb::WriteBatch* batch) {
      EXPECT_TRUE(batch->Put((*database)->blobs(), "format", "999").ok());
    };
    ASSERT_THAT((*database)->Write(/*sync=*/true, other), IsOk());
  }
  EXPECT_THAT(RocksDbBlobStore::Open(
                  SmallOptions(disk_.directory.path(), disk_.env.get())),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(RocksDbBlobStoreTest, OneDirectoryHasOneStore) {
  EXPECT_THAT(RocksDbBlobStore::Open(
                  SmallOptions(disk_.directory.path(), disk_.env.get())),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_F(RocksDbBlobStoreTest, FullDiskRefusesUploadsAndGoesOnReading) {
  ASSERT_THAT(Upload(other_), IsOk());
  ASSERT_THAT(Upload("small"), IsOk());
  auto begun = *store_->Create(Digest::OfBytes(large_), 1);
  ASSERT_THAT(AppendAll(*begun, large_.substr(0, 3 * limits::kChunkBytes)),
              IsOk());
  const auto full =
      StatusIs(absl::StatusCode::kResourceExhausted, Reason::kStoreFull);
  disk_.file_system->SetDiskFull(true);
  EXPECT_THAT(AppendAll(*begun, large_.substr(3 * limits::kChunkBytes)), full);
  EXPECT_THAT(Upload("more"), full);
  EXPECT_THAT(store_->Put(Digest::OfBytes("more"), "more"), full);
  EXPECT_TRUE(*Read(other_) == other_);
  EXPECT_THAT(Read("small"), IsOkAndHolds(std::string("small")));
  EXPECT_THAT(Read(large_), StatusIs(absl::StatusCode::kNotFound));

  begun = nullptr;
  disk_.file_system->SetDiskFull(false);
  EXPECT_THAT(Upload(large_), IsOk());
  EXPECT_THAT(Upload("more"), IsOk());
  EXPECT_TRUE(*Read(large_) == large_);
  EXPECT_THAT(store_->Delete(Digest::OfBytes(other_)), IsOk());
  Reopen();
  EXPECT_TRUE(*Read(large_) == large_);
  EXPECT_THAT(Read("more"), IsOkAndHolds(std::string("more")));
  EXPECT_THAT(Read(other_), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(RocksDbBlobStoreTest, ReadChunksAreNotCopiedAndNotKept) {
  // Seen from the database: a chunk in use is a block of the cache.
  store_ = nullptr;
  auto database = BlobStoreDatabase::Open(
      {disk_.directory.path(), disk_.env.get(), 10, 1 << 20});
  ASSERT_THAT(database, IsOk());
  ChunkTable table(database->get());
  const CopyId copy{Digest::OfBytes(large_), 1};
  SegmentWriter writer(database->get(), &table, copy, {});
  ASSERT_THAT(writer.Append(large_.substr(0, limits::kChunkBytes)), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  const auto& cache = (*database)->chunk_cache();
  const size_t before = cache->GetUsage();
  absl::StatusOr<Chunk> chunk = table.Read(copy, 0);
  ASSERT_THAT(chunk, IsOk());
  EXPECT_GE(cache->GetPinnedUsage(), before + limits::kChunkBytes);
  chunk = Chunk();
  EXPECT_EQ(cache->GetUsage(), before);
}

}  // namespace
}  // namespace cvr::testing
