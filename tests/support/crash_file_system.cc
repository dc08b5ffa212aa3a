#include "tests/support/crash_file_system.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"

namespace cvr::testing {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

using Path = std::filesystem::path;

std::string Normal(const Path& path) { return path.lexically_normal(); }

std::string Parent(const Path& path) { return path.parent_path(); }

// Directories come with and without a slash at the end.
std::string NormalDirectory(const std::string& path) {
  return Parent(Normal(path + "/"));
}

IOStatus PowerIsOff() { return IOStatus::IOError("the power is off"); }

}  // namespace

// Notes what is appended and synced; passes the bytes on.
class CrashFileSystem::WritableFile final
    : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(CrashFileSystem* fs, std::string path, InodePtr inode,
               uint64_t epoch, std::unique_ptr<FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)),
        fs_(fs),
        path_(std::move(path)),
        inode_(std::move(inode)),
        epoch_(epoch) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    IOStatus status = fs_->Admit(Kind::kAppend, epoch_);
    if (!status.ok()) return status;
    status = target()->Append(data, options, debug);
    if (status.ok()) SetSize([&](uint64_t size) { return size + data.size(); });
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset,
                            const IOOptions& options,
                            IODebugContext* debug) override {
    IOStatus status = fs_->Admit(Kind::kAppend, epoch_);
    if (!status.ok()) return status;
    status = target()->PositionedAppend(data, offset, options, debug);
    if (status.ok()) {
      SetSize([&](uint64_t size) {
        return std::max<uint64_t>(size, offset + data.size());
      });
    }
    return status;
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset,
                            const IOOptions& options,
                            const rocksdb::DataVerificationInfo&,
                            IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    IOStatus status = fs_->Admit(Kind::kTruncate, epoch_);
    if (!status.ok()) return status;
    status = target()->Truncate(size, options, debug);
    if (status.ok()) SetSize([&](uint64_t) { return size; });
    return status;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    const IOStatus status = fs_->Admit(Kind::kSync, epoch_);
    if (status.ok()) fs_->MakeBytesDurable(path_, inode_.get());
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // Starts writing back, promises nothing.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&,
                     IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  template <typename F>
  void SetSize(F&& new_size) {
    MutexLock lock(&fs_->mutex_);
    inode_->size = new_size(inode_->size);
    inode_->synced = std::min(inode_->synced, inode_->size);
  }

  CrashFileSystem* const fs_;
  const std::string path_;
  const InodePtr inode_;
  const uint64_t epoch_;
};

class CrashFileSystem::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(CrashFileSystem* fs, std::string path, uint64_t epoch,
            std::unique_ptr<FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)),
        fs_(fs),
        path_(std::move(path)),
        epoch_(epoch) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const IOStatus status = fs_->Admit(Kind::kSync, epoch_);
    if (status.ok()) fs_->MakeNamesDurable(path_);
    return status;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  CrashFileSystem* const fs_;
  const std::string path_;
  const uint64_t epoch_;
};

CrashFileSystem::CrashFileSystem(std::string root)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      root_(NormalDirectory(root)),
      kept_directory_(root_ + ".deleted") {
  std::filesystem::create_directories(kept_directory_);
}

CrashFileSystem::~CrashFileSystem() {
  std::error_code ignored;
  std::filesystem::remove_all(kept_directory_, ignored);
}

void CrashFileSystem::Crash() {
  MutexLock lock(&mutex_);
  crashed_ = true;
}

void CrashFileSystem::CrashAfter(uint64_t operations) {
  MutexLock lock(&mutex_);
  crash_at_ = operations_ + operations;
}

void CrashFileSystem::FailNthWrite(uint64_t n) {
  MutexLock lock(&mutex_);
  fail_write_ = n;
}

void CrashFileSystem::FailNthSync(uint64_t n) {
  MutexLock lock(&mutex_);
  fail_sync_ = n;
}

void CrashFileSystem::SetDiskFull(bool full) {
  MutexLock lock(&mutex_);
  full_ = full;
}

uint64_t CrashFileSystem::operations() const {
  MutexLock lock(&mutex_);
  return operations_;
}

bool CrashFileSystem::crashed() const {
  MutexLock lock(&mutex_);
  return crashed_;
}

// RocksDB's log for people bypasses the file system, so its names do as well.
bool CrashFileSystem::Tracked(const std::string& path) const {
  return absl::StartsWith(path, root_ + "/") &&
         !absl::StartsWith(std::filesystem::path(path).filename().string(),
                           "LOG");
}

IOStatus CrashFileSystem::Admit(Kind kind, uint64_t epoch) {
  MutexLock lock(&mutex_);
  if (epoch != epoch_) return PowerIsOff();
  return AdmitLocked(kind);
}

IOStatus CrashFileSystem::AdmitLocked(Kind kind) {
  if (crash_at_.has_value() && operations_ >= *crash_at_) crashed_ = true;
  if (crashed_) return PowerIsOff();
  if (kind == Kind::kAppend && full_) return IOStatus::NoSpace("disk is full");
  if (kind == Kind::kAppend && fail_write_ > 0 && --fail_write_ == 0) {
    return IOStatus::IOError("write failed");
  }
  if (kind == Kind::kSync && fail_sync_ > 0 && --fail_sync_ == 0) {
    return IOStatus::IOError("sync failed");
  }
  ++operations_;
  return IOStatus::OK();
}

IOStatus CrashFileSystem::Keep(const std::string& path, std::string* kept) {
  if (!target()->FileExists(path, IOOptions(), nullptr).ok()) {
    return IOStatus::OK();
  }
  const std::string keep_as = absl::StrCat(kept_directory_, "/", kept_count_++);
  const IOStatus status =
      target()->RenameFile(path, keep_as, IOOptions(), nullptr);
  if (!status.ok()) return status;
  MoveInode(path, keep_as);
  *kept = keep_as;
  return status;
}

void CrashFileSystem::MoveInode(const std::string& from,
                                const std::string& to) {
  inodes_.erase(to);
  auto node = inodes_.extract(from);
  if (node.empty()) return;
  node.key() = to;
  inodes_.insert(std::move(node));
}

// A file that was there before is durable as it is.
CrashFileSystem::InodePtr CrashFileSystem::InodeOf(const std::string& path) {
  InodePtr& inode = inodes_[path];
  if (inode == nullptr) {
    inode = std::make_shared<Inode>();
    uint64_t size = 0;
    if (target()->GetFileSize(path, IOOptions(), &size, nullptr).ok()) {
      *inode = {.size = size, .synced = size};
    }
  }
  return inode;
}

void CrashFileSystem::MakeBytesDurable(const std::string& path, Inode* inode) {
  MutexLock lock(&mutex_);
  inode->synced = inode->size;
  // Emptying a file that existed is a change of its bytes, not of its name.
  Settle([&](const NameChange& change) {
    return change.emptied && change.made == path;
  });
}

void CrashFileSystem::MakeNamesDurable(const std::string& directory) {
  MutexLock lock(&mutex_);
  Settle([&](const NameChange& change) {
    return Parent(change.made.empty() ? change.removed : change.made) ==
           directory;
  });
}

template <typename Predicate>
void CrashFileSystem::Settle(Predicate&& is_durable) {
  const auto settled = std::stable_partition(
      changes_.begin(), changes_.end(),
      [&](const NameChange& change) { return !is_durable(change); });
  for (auto change = settled; change != changes_.end(); ++change) {
    if (change->kept.empty()) continue;
    target()
        ->DeleteFile(change->kept, IOOptions(), nullptr)
        .PermitUncheckedError();
    inodes_.erase(change->kept);
  }
  changes_.erase(settled, changes_.end());
}

void CrashFileSystem::Undo(const NameChange& change) {
  if (change.renamed) {
    MoveBack(change.made, change.removed);
  } else if (!change.made.empty()) {
    target()
        ->DeleteFile(change.made, IOOptions(), nullptr)
        .PermitUncheckedError();
    inodes_.erase(change.made);
  }
  if (change.kept.empty()) return;
  MoveBack(change.kept, change.made.empty() ? change.removed : change.made);
}

void CrashFileSystem::MoveBack(const std::string& from, const std::string& to) {
  target()->RenameFile(from, to, IOOptions(), nullptr).PermitUncheckedError();
  MoveInode(from, to);
}

void CrashFileSystem::DropUnsynced(std::optional<uint64_t> seed) {
  MutexLock lock(&mutex_);
  std::mt19937_64 random(seed.value_or(0));
  // What survives of `n` things that need not.
  const auto some_of = [&](uint64_t n) {
    return seed.has_value() ? random() % (n + 1) : 0;
  };
  const uint64_t changes_left = some_of(changes_.size());
  while (changes_.size() > changes_left) {
    Undo(changes_.back());
    changes_.pop_back();
  }
  for (const auto& [path, inode] : inodes_) {
    if (inode->synced < inode->size) {
      inode->synced += some_of(inode->size - inode->synced);
      inode->size = inode->synced;
    }
    std::error_code gone;
    std::filesystem::resize_file(path, inode->size, gone);
  }
  Settle([](const NameChange&) { return true; });
  inodes_.clear();
  ++epoch_;
  crashed_ = full_ = false;
  crash_at_.reset();
  fail_write_ = fail_sync_ = 0;
}

IOStatus CrashFileSystem::NewWritableFile(
    const std::string& raw_path, const FileOptions& options,
    std::unique_ptr<FSWritableFile>* result, IODebugContext* debug) {
  const std::string path = Normal(raw_path);
  if (!Tracked(path)) {
    return target()->NewWritableFile(path, options, result, debug);
  }
  MutexLock lock(&mutex_);
  IOStatus status = AdmitLocked(Kind::kName);
  if (!status.ok()) return status;
  NameChange change{.made = path};
  status = Keep(path, &change.kept);
  if (!status.ok()) return status;
  change.emptied = !change.kept.empty();
  changes_.push_back(std::move(change));
  std::unique_ptr<FSWritableFile> file;
  status = target()->NewWritableFile(path, options, &file, debug);
  if (!status.ok()) return status;
  const InodePtr inode = std::make_shared<Inode>();
  inodes_[path] = inode;
  *result = std::make_unique<WritableFile>(this, path, inode, epoch_,
                                           std::move(file));
  return status;
}

IOStatus CrashFileSystem::ReopenWritableFile(
    const std::string& raw_path, const FileOptions& options,
    std::unique_ptr<FSWritableFile>* result, IODebugContext* debug) {
  const std::string path = Normal(raw_path);
  if (!Tracked(path)) {
    return target()->ReopenWritableFile(path, options, result, debug);
  }
  if (!target()->FileExists(path, IOOptions(), nullptr).ok()) {
    return NewWritableFile(path, options, result, debug);
  }
  MutexLock lock(&mutex_);
  if (crashed_) return PowerIsOff();
  std::unique_ptr<FSWritableFile> file;
  const IOStatus status =
      target()->ReopenWritableFile(path, options, &file, debug);
  if (!status.ok()) return status;
  *result = std::make_unique<WritableFile>(this, path, InodeOf(path), epoch_,
                                           std::move(file));
  return status;
}

IOStatus CrashFileSystem::ReuseWritableFile(
    const std::string& path, const std::string& old_path,
    const FileOptions& options, std::unique_ptr<FSWritableFile>* result,
    IODebugContext* debug) {
  const IOStatus status = RenameFile(old_path, path, IOOptions(), debug);
  if (!status.ok()) return status;
  return NewWritableFile(path, options, result, debug);
}

IOStatus CrashFileSystem::NewRandomRWFile(
    const std::string&, const FileOptions&,
    std::unique_ptr<rocksdb::FSRandomRWFile>*, IODebugContext*) {
  return IOStatus::NotSupported("random-access writes");
}

IOStatus CrashFileSystem::NewMemoryMappedFileBuffer(
    const std::string&, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) {
  return IOStatus::NotSupported("memory-mapped writes");
}

IOStatus CrashFileSystem::NewDirectory(const std::string& path,
                                       const IOOptions& options,
                                       std::unique_ptr<FSDirectory>* result,
                                       IODebugContext* debug) {
  std::unique_ptr<FSDirectory> directory;
  const IOStatus status =
      target()->NewDirectory(path, options, &directory, debug);
  if (!status.ok()) return status;
  MutexLock lock(&mutex_);
  *result = std::make_unique<Directory>(this, NormalDirectory(path), epoch_,
                                        std::move(directory));
  return status;
}

IOStatus CrashFileSystem::DeleteFile(const std::string& raw_path,
                                     const IOOptions& options,
                                     IODebugContext* debug) {
  const std::string path = Normal(raw_path);
  if (!Tracked(path)) return target()->DeleteFile(path, options, debug);
  MutexLock lock(&mutex_);
  IOStatus status = AdmitLocked(Kind::kName);
  if (!status.ok()) return status;
  NameChange change{.removed = path};
  status = Keep(path, &change.kept);
  if (!status.ok()) return status;
  if (change.kept.empty()) return IOStatus::PathNotFound(path);
  changes_.push_back(std::move(change));
  return status;
}

IOStatus CrashFileSystem::Truncate(const std::string& raw_path, size_t size,
                                   const IOOptions& options,
                                   IODebugContext* debug) {
  const std::string path = Normal(raw_path);
  if (!Tracked(path)) return target()->Truncate(path, size, options, debug);
  MutexLock lock(&mutex_);
  IOStatus status = AdmitLocked(Kind::kTruncate);
  if (!status.ok()) return status;
  const InodePtr inode = InodeOf(path);
  status = target()->Truncate(path, size, options, debug);
  if (!status.ok()) return status;
  inode->size = size;
  inode->synced = std::min<uint64_t>(inode->synced, size);
  return status;
}

IOStatus CrashFileSystem::RenameFile(const std::string& raw_from,
                                     const std::string& raw_to,
                                     const IOOptions& options,
                                     IODebugContext* debug) {
  const std::string from = Normal(raw_from);
  const std::string to = Normal(raw_to);
  if (!Tracked(from)) return target()->RenameFile(from, to, options, debug);
  MutexLock lock(&mutex_);
  IOStatus status = AdmitLocked(Kind::kName);
  if (!status.ok()) return status;
  NameChange change{.made = to, .removed = from, .renamed = true};
  status = Keep(to, &change.kept);
  if (!status.ok()) return status;
  status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  MoveInode(from, to);
  changes_.push_back(std::move(change));
  return status;
}

IOStatus CrashFileSystem::LinkFile(const std::string& raw_from,
                                   const std::string& raw_to,
                                   const IOOptions& options,
                                   IODebugContext* debug) {
  const std::string from = Normal(raw_from);
  const std::string to = Normal(raw_to);
  if (!Tracked(to)) return target()->LinkFile(from, to, options, debug);
  MutexLock lock(&mutex_);
  IOStatus status = AdmitLocked(Kind::kName);
  if (!status.ok()) return status;
  status = target()->LinkFile(from, to, options, debug);
  if (!status.ok()) return status;
  inodes_[to] = InodeOf(from);
  changes_.push_back({.made = to});
  return status;
}

IOStatus CrashFileSystem::CreateDir(const std::string& path,
                                    const IOOptions& options,
                                    IODebugContext* debug) {
  if (crashed()) return PowerIsOff();
  return target()->CreateDir(path, options, debug);
}

IOStatus CrashFileSystem::CreateDirIfMissing(const std::string& path,
                                             const IOOptions& options,
                                             IODebugContext* debug) {
  if (crashed()) return PowerIsOff();
  return target()->CreateDirIfMissing(path, options, debug);
}

IOStatus CrashFileSystem::DeleteDir(const std::string& path,
                                    const IOOptions& options,
                                    IODebugContext* debug) {
  if (crashed()) return PowerIsOff();
  return target()->DeleteDir(path, options, debug);
}

}  // namespace cvr::testing
