#include "tests/support/crash_file_system.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"

namespace cvr::testing {
namespace {

using rocksdb::FileOptions;
using rocksdb::IOOptions;

class CrashFileSystemTest : public ::testing::Test {
 protected:
  CrashFileSystemTest() {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    fs_ = std::make_shared<CrashFileSystem>(root_);
  }
  ~CrashFileSystemTest() override { std::filesystem::remove_all(root_); }

  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  std::unique_ptr<rocksdb::FSWritableFile> NewFile(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(
        fs_->NewWritableFile(Path(name), FileOptions(), &file, nullptr).ok());
    return file;
  }

  // A file whose bytes, but not necessarily whose name, are durable.
  void WriteSynced(const std::string& name, const std::string& bytes) {
    const auto file = NewFile(name);
    ASSERT_TRUE(file->Append(bytes, IOOptions(), nullptr).ok());
    ASSERT_TRUE(file->Sync(IOOptions(), nullptr).ok());
  }

  rocksdb::IOStatus SyncDirectory() {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    EXPECT_TRUE(
        fs_->NewDirectory(root_ + "/", IOOptions(), &directory, nullptr).ok());
    return directory->Fsync(IOOptions(), nullptr);
  }

  void CutPower() {
    fs_->Crash();
    fs_->DropUnsynced();
  }

  // "absent" for a file that is not there.
  std::string Read(const std::string& name) {
    std::string bytes;
    return rocksdb::ReadFileToString(fs_.get(), Path(name), &bytes).ok()
               ? bytes
               : "absent";
  }

  const std::string root_ = ::testing::TempDir() + "/crash_file_system_test";
  std::shared_ptr<CrashFileSystem> fs_;
};

TEST_F(CrashFileSystemTest, OnlySyncedBytesSurvive) {
  const auto file = NewFile("a");
  ASSERT_TRUE(SyncDirectory().ok());
  ASSERT_TRUE(file->Append("synced", IOOptions(), nullptr).ok());
  ASSERT_TRUE(file->Sync(IOOptions(), nullptr).ok());
  ASSERT_TRUE(file->Append("lost", IOOptions(), nullptr).ok());
  EXPECT_EQ(Read("a"), "syncedlost");
  CutPower();
  EXPECT_EQ(Read("a"), "synced");
}

TEST_F(CrashFileSystemTest, NewNameSurvivesOnlyAfterDirectorySync) {
  WriteSynced("durable", "1");
  ASSERT_TRUE(SyncDirectory().ok());
  WriteSynced("lost", "2");
  CutPower();
  EXPECT_EQ(Read("durable"), "1");
  EXPECT_EQ(Read("lost"), "absent");
}

TEST_F(CrashFileSystemTest, UnsyncedDeletionIsUndone) {
  WriteSynced("a", "1");
  ASSERT_TRUE(SyncDirectory().ok());
  ASSERT_TRUE(fs_->DeleteFile(Path("a"), IOOptions(), nullptr).ok());
  EXPECT_EQ(Read("a"), "absent");
  CutPower();
  EXPECT_EQ(Read("a"), "1");
}

TEST_F(CrashFileSystemTest, SyncedDeletionStays) {
  WriteSynced("a", "1");
  ASSERT_TRUE(SyncDirectory().ok());
  ASSERT_TRUE(fs_->DeleteFile(Path("a"), IOOptions(), nullptr).ok());
  ASSERT_TRUE(SyncDirectory().ok());
  CutPower();
  EXPECT_EQ(Read("a"), "absent");
}

TEST_F(CrashFileSystemTest, UnsyncedRenameBringsBackBothFiles) {
  WriteSynced("old", "1");
  WriteSynced("new", "2");
  ASSERT_TRUE(SyncDirectory().ok());
  ASSERT_TRUE(
      fs_->RenameFile(Path("new"), Path("old"), IOOptions(), nullptr).ok());
  EXPECT_EQ(Read("old"), "2");
  CutPower();
  EXPECT_EQ(Read("old"), "1");
  EXPECT_EQ(Read("new"), "2");
}

TEST_F(CrashFileSystemTest, LinkSharesWhatIsSynced) {
  const auto file = NewFile("a");
  ASSERT_TRUE(file->Append("synced", IOOptions(), nullptr).ok());
  ASSERT_TRUE(file->Sync(IOOptions(), nullptr).ok());
  ASSERT_TRUE(file->Append("lost", IOOptions(), nullptr).ok());
  ASSERT_TRUE(fs_->LinkFile(Path("a"), Path("b"), IOOptions(), nullptr).ok());
  ASSERT_TRUE(SyncDirectory().ok());
  CutPower();
  EXPECT_EQ(Read("b"), "synced");
}

TEST_F(CrashFileSystemTest, EmptiedFileComesBackUnlessSynced) {
  WriteSynced("a", "1");
  ASSERT_TRUE(SyncDirectory().ok());
  const auto file = NewFile("a");
  ASSERT_TRUE(file->Append("2", IOOptions(), nullptr).ok());
  fs_->Crash();
  fs_->DropUnsynced();
  EXPECT_EQ(Read("a"), "1");
  WriteSynced("a", "3");
  CutPower();
  EXPECT_EQ(Read("a"), "3");
}

TEST_F(CrashFileSystemTest, PartOfTheTailMaySurvive) {
  size_t shortest = 100, longest = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto file = NewFile("a");
    ASSERT_TRUE(file->Sync(IOOptions(), nullptr).ok());
    ASSERT_TRUE(SyncDirectory().ok());
    ASSERT_TRUE(file->Append("0123456789", IOOptions(), nullptr).ok());
    fs_->Crash();
    fs_->DropUnsynced(seed);
    shortest = std::min(shortest, Read("a").size());
    longest = std::max(longest, Read("a").size());
  }
  EXPECT_EQ(shortest, 0);
  EXPECT_EQ(longest, 10);
}

TEST_F(CrashFileSystemTest, NothingIsWrittenWithoutPower) {
  const auto file = NewFile("a");
  fs_->CrashAfter(1);
  EXPECT_TRUE(file->Append("1", IOOptions(), nullptr).ok());
  EXPECT_TRUE(file->Append("2", IOOptions(), nullptr).IsIOError());
  EXPECT_TRUE(file->Sync(IOOptions(), nullptr).IsIOError());
  EXPECT_TRUE(fs_->DeleteFile(Path("a"), IOOptions(), nullptr).IsIOError());
  std::unique_ptr<rocksdb::FSWritableFile> other;
  EXPECT_TRUE(fs_->NewWritableFile(Path("b"), FileOptions(), &other, nullptr)
                  .IsIOError());
  EXPECT_EQ(Read("a"), "1");
  fs_->DropUnsynced();
  EXPECT_TRUE(file->Append("3", IOOptions(), nullptr).IsIOError());
}

TEST_F(CrashFileSystemTest, FaultsHitTheNthOperationOnce) {
  const auto file = NewFile("a");
  fs_->FailNthWrite(2);
  fs_->FailNthSync(1);
  EXPECT_TRUE(file->Append("1", IOOptions(), nullptr).ok());
  EXPECT_TRUE(file->Append("2", IOOptions(), nullptr).IsIOError());
  EXPECT_TRUE(file->Append("3", IOOptions(), nullptr).ok());
  EXPECT_TRUE(SyncDirectory().IsIOError());
  EXPECT_TRUE(SyncDirectory().ok());
  EXPECT_EQ(Read("a"), "13");
}

TEST_F(CrashFileSystemTest, FullDiskRefusesBytesUntilThereIsRoom) {
  const auto file = NewFile("a");
  fs_->SetDiskFull(true);
  EXPECT_TRUE(file->Append("1", IOOptions(), nullptr).IsNoSpace());
  fs_->SetDiskFull(false);
  EXPECT_TRUE(file->Append("2", IOOptions(), nullptr).ok());
  EXPECT_EQ(Read("a"), "2");
}

// What RocksDB says is durable must be in the model, or tests would blame it
// for losses of our making.
TEST_F(CrashFileSystemTest, DatabaseKeepsWhatItSyncedAtEveryCrashPoint) {
  const auto env = rocksdb::NewCompositeEnv(fs_);
  rocksdb::Options options;
  options.env = env.get();
  options.create_if_missing = true;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  for (uint64_t operations = 0; operations < 80; operations += 2) {
    SCOPED_TRACE(operations);
    const std::string path = Path("db" + std::to_string(operations));
    fs_->CrashAfter(operations);
    int kept = -1;
    rocksdb::DB* db = nullptr;
    if (rocksdb::DB::Open(options, path, &db).ok()) {
      for (int i = 0; i < 5; ++i) {
        if (db->Put(synced, "key", std::to_string(i)).ok()) kept = i;
        if (i == 2) db->Flush(rocksdb::FlushOptions()).PermitUncheckedError();
      }
      delete db;
    }
    fs_->Crash();
    fs_->DropUnsynced(operations);
    ASSERT_TRUE(rocksdb::DB::Open(options, path, &db).ok());
    std::string value = "-1";
    db->Get(rocksdb::ReadOptions(), "key", &value).PermitUncheckedError();
    EXPECT_GE(std::stoi(value), kept);
    EXPECT_LE(std::stoi(value), kept + 1);
    delete db;
    ASSERT_TRUE(rocksdb::DestroyDB(path, options).ok());
  }
}

}  // namespace
}  // namespace cvr::testing
