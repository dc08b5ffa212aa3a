#ifndef TESTS_SUPPORT_CRASH_FILE_SYSTEM_H_
#define TESTS_SUPPORT_CRASH_FILE_SYSTEM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rocksdb/file_system.h"
#include "services/concurrency/mutex.h"

namespace cvr::testing {

// RocksDB's file system with a power switch. It remembers which bytes of each
// file were synced and which names a directory fsync made durable, and can then
// leave on disk what a power cut would have left:
//
//   auto fs = std::make_shared<CrashFileSystem>(dir);
//   auto env = rocksdb::NewCompositeEnv(fs);   // DBOptions::env = env.get()
//   ... open the database below `dir`, write ...
//   fs->Crash();            // or CrashAfter(n) before the writes
//   ... close the database ...
//   fs->DropUnsynced();
//   ... open it again, with this file system or another ...
//
// The model: an appended byte survives once its file was synced; a created,
// linked, renamed or deleted name survives once its directory was fsynced. What
// was there at the start survives, and so do directories. Syncs are noted but
// not carried out, so tests are fast.
//
// It can also refuse writes, syncs and space while the power is on.
//
// Thread-safe. Tracks what lies below `root`; the rest passes through. Needs
// write permission beside `root`: it keeps deleted files in `root` + ".deleted"
// for as long as they could come back. Memory-mapped and random-access writes
// answer NotSupported.
class CrashFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit CrashFileSystem(std::string root);
  ~CrashFileSystem() override;

  static const char* kClassName() { return "CrashFileSystem"; }
  const char* Name() const override { return kClassName(); }

  // The power goes: from now on everything that writes fails with an IOError
  // and changes nothing, on open files and new ones alike.
  void Crash();

  // As Crash(), after `operations` more writing operations have succeeded.
  void CrashAfter(uint64_t operations);

  // Leaves on disk what survives, and turns the power on again. Files that are
  // still open stay dead. Close the database first. With a seed, keeps a random
  // part of what was not synced, as a real power cut may: of each file a prefix
  // of the tail, of the names the first few operations.
  void DropUnsynced(std::optional<uint64_t> seed = std::nullopt);

  // The n-th append (sync, of a file or a directory) from now fails with an
  // IOError, once; n = 1 is the next.
  void FailNthWrite(uint64_t n);
  void FailNthSync(uint64_t n);

  // While full, appending fails with NoSpace and adds nothing.
  void SetDiskFull(bool full);

  // Writing operations (create, append, truncate, sync, link, rename, delete)
  // so far: a run without a crash gives the range for CrashAfter().
  uint64_t operations() const;
  bool crashed() const;

  rocksdb::IOStatus NewWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* result,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* result,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(
      const std::string& path, const std::string& old_path,
      const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* result,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomRWFile>* result,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewMemoryMappedFileBuffer(
      const std::string& path,
      std::unique_ptr<rocksdb::MemoryMappedFileBuffer>* result) override;
  rocksdb::IOStatus NewDirectory(const std::string& path,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& path, size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& path,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteDir(const std::string& path,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;

 private:
  class WritableFile;
  class Directory;

  // One file's bytes, under whatever names.
  struct Inode {
    uint64_t size = 0;
    uint64_t synced = 0;
  };
  using InodePtr = std::shared_ptr<Inode>;

  // A change of a name that no directory fsync has made durable yet.
  struct NameChange {
    std::string made;     // The path that appeared; empty when none did.
    std::string removed;  // The path that went away; empty when none did.
    // Where the file that `made` replaced, or `removed` was, is kept.
    std::string kept;
    bool renamed = false;  // `removed` became `made`.
    bool emptied = false;  // `made` was there and became empty.
  };

  enum class Kind { kName, kAppend, kTruncate, kSync };

  bool Tracked(const std::string& path) const;

  // Counts one writing operation, or says why it must fail.
  rocksdb::IOStatus Admit(Kind kind, uint64_t epoch);
  rocksdb::IOStatus AdmitLocked(Kind kind)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Moves `path`, if it exists, to where it can be brought back from.
  rocksdb::IOStatus Keep(const std::string& path, std::string* kept)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  InodePtr InodeOf(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MoveInode(const std::string& from, const std::string& to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void MakeBytesDurable(const std::string& path, Inode* inode);
  void MakeNamesDurable(const std::string& directory);
  // Forgets the changes that can no longer be undone.
  template <typename Predicate>
  void Settle(Predicate&& is_durable) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Undo(const NameChange& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MoveBack(const std::string& from, const std::string& to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string root_;
  const std::string kept_directory_;

  mutable Mutex mutex_;
  std::map<std::string, InodePtr> inodes_ ABSL_GUARDED_BY(mutex_);
  std::vector<NameChange> changes_ ABSL_GUARDED_BY(mutex_);  // Oldest first.
  uint64_t kept_count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;  // Power cycles so far.
  uint64_t operations_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<uint64_t> crash_at_ ABSL_GUARDED_BY(mutex_);
  bool crashed_ ABSL_GUARDED_BY(mutex_) = false;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t fail_write_ ABSL_GUARDED_BY(mutex_) = 0;  // 0 = none.
  uint64_t fail_sync_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_CRASH_FILE_SYSTEM_H_
