#include "services/blob/store/database/blob_store_database.h"

#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/convenience.h"
#include "rocksdb/file_system.h"
#include "rocksdb/listener.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/table.h"
#include "services/blob/store/database/blob_store_status.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Not a digest's key: those begin with the algorithm, 1 or 2.
constexpr char kFormatKey[] = "format";
constexpr char kFormat[] = "1";

// Starts writing back early, so that the sync at a segment's end is short.
constexpr uint64_t kWriteBackBytes = 4 << 20;

// Keeps RocksDB from recovering from a full disk by itself: 7.8 then accepts
// writes again, but ingests files under the number 0.
class FileSystemOfUnknownSpace final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  static const char* kClassName() { return "FileSystemOfUnknownSpace"; }
  const char* Name() const override { return kClassName(); }
  rocksdb::IOStatus GetFreeSpace(const std::string&, const rocksdb::IOOptions&,
                                 uint64_t*, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }
};

// What must be free before reopening is worth a try.
constexpr size_t kRoomBytes = 1 << 20;

std::string DatabaseDirectory(const std::string& directory) {
  return directory + "/db";
}

}  // namespace

class BlobStoreDatabase::StopListener final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason,
                         rocksdb::Status* error) override {
    MutexLock lock(&mutex_);
    if (reason_.ok()) reason_ = *error;
  }

  bool stopped() const { return !reason().ok(); }
  rocksdb::Status reason() const {
    MutexLock lock(&mutex_);
    return reason_;
  }
  void Reset() {
    MutexLock lock(&mutex_);
    reason_ = rocksdb::Status::OK();
  }

 private:
  mutable Mutex mutex_;
  rocksdb::Status reason_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<BlobStoreDatabase>> BlobStoreDatabase::Open(
    Options options) {
  std::unique_ptr<BlobStoreDatabase> database(
      new BlobStoreDatabase(std::move(options)));
  for (const std::string& directory :
       {database->options_.directory, database->IncomingDirectory()}) {
    RETURN_IF_ERROR(
        FromRocksDb(database->env().CreateDirIfMissing(directory), directory));
  }
  RETURN_IF_ERROR(
      FromRocksDb(database->OpenAndRepair(),
                  absl::StrCat("opening ", database->options_.directory)));
  RETURN_IF_ERROR(database->CheckFormat());
  return database;
}

BlobStoreDatabase::BlobStoreDatabase(Options options)
    : options_(std::move(options)),
      env_(rocksdb::NewCompositeEnv(std::make_shared<FileSystemOfUnknownSpace>(
          options_.env->GetFileSystem()))),
      chunk_cache_(rocksdb::NewLRUCache(/*capacity=*/0)),
      record_cache_(rocksdb::NewLRUCache(options_.record_cache_bytes)),
      stop_(std::make_shared<StopListener>()) {}

BlobStoreDatabase::~BlobStoreDatabase() { Close(); }

rocksdb::ColumnFamilyHandle* BlobStoreDatabase::chunks(
    const Digest& digest) const {
  return chunks(ChunkShard(digest));
}

std::string BlobStoreDatabase::IncomingDirectory() const {
  return options_.directory + "/incoming";
}

rocksdb::DBOptions BlobStoreDatabase::DatabaseOptions(bool paranoid) const {
  rocksdb::DBOptions options;
  options.env = env_.get();
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // Not paranoid = opens in spite of missing and damaged files.
  options.paranoid_checks = paranoid;
  // All of them would be opened at start otherwise.
  options.max_open_files = options_.open_files_max;
  options.skip_stats_update_on_db_open = true;
  // Truncated files come up as SIGBUS when mapped, as an error when read.
  options.allow_mmap_reads = false;
  options.bytes_per_sync = kWriteBackBytes;
  options.max_total_wal_size = 64 << 20;
  options.listeners = {stop_};
  options.max_bgerror_resume_count = 0;  // See FileSystemOfUnknownSpace.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_log_file_size = 1 << 20;
  options.keep_log_file_num = 4;
  options.info_log_level = rocksdb::WARN_LEVEL;
  return options;
}

// Small rows, many of them: RocksDB as usual.
rocksdb::ColumnFamilyOptions BlobStoreDatabase::RecordOptions() const {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = record_cache_;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 16 << 20;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Files that are only ever added and removed whole.
rocksdb::ColumnFamilyOptions BlobStoreDatabase::ChunkOptions() const {
  rocksdb::BlockBasedTableOptions table;
  // Only a block that sits in a cache is handed out without copying it. This
  // one has no capacity: a block leaves it when its last user does.
  table.block_cache = chunk_cache_;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_size = 1;  // Whatever is added fills a block: one per chunk.
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.disable_auto_compactions = true;
  options.write_buffer_size = 64 << 10;  // Nothing goes through it.
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::Options BlobStoreDatabase::ChunkFileOptions() const {
  rocksdb::Options options(DatabaseOptions(/*paranoid=*/true), ChunkOptions());
  options.listeners.clear();
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> BlobStoreDatabase::Families()
    const {
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, RecordOptions()},
      {"blobs", RecordOptions()},
      {"inline", RecordOptions()},
  };
  for (size_t shard = 0; shard < kChunkShards; ++shard) {
    families.emplace_back(absl::StrCat("chunks.", absl::Hex(shard)),
                          ChunkOptions());
  }
  return families;
}

rocksdb::Status BlobStoreDatabase::OpenOnce(bool paranoid) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(
      DatabaseOptions(paranoid), DatabaseDirectory(options_.directory),
      Families(), &families_, &db);
  db_.reset(db);
  return status;
}

rocksdb::Status BlobStoreDatabase::OpenAndRepair() {
  rocksdb::Status status = OpenOnce(/*paranoid=*/true);
  if (!status.IsCorruption() && !status.IsPathNotFound()) return status;
  spdlog::error(
      "blob store: RocksDB is corrupt, removing the damaged files (their blobs "
      "are fetched again on demand): {}",
      status.ToString());
  status = OpenOnce(/*paranoid=*/false);
  if (status.ok()) status = DropDamagedFiles();
  Close();
  return status.ok() ? OpenOnce(/*paranoid=*/true) : status;
}

rocksdb::Status BlobStoreDatabase::OpenReadOnly() {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(
      DatabaseOptions(/*paranoid=*/false),
      DatabaseDirectory(options_.directory), Families(), &families_, &db);
  db_.reset(db);
  return status;
}

void BlobStoreDatabase::Close() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* const family : families_) {
    db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  families_.clear();
  db_.reset();
}

absl::Status BlobStoreDatabase::CheckFormat() {
  std::string format;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), blobs(), kFormatKey, &format);
  if (status.IsNotFound()) {
    return Write(/*sync=*/true, [this](rocksdb::WriteBatch* batch) {
      batch->Put(blobs(), kFormatKey, kFormat).PermitUncheckedError();
    });
  }
  if (status.IsCorruption()) {
    spdlog::error("blob store: corrupt records ({}), emptying the cache",
                  status.ToString());
    RETURN_IF_ERROR(FromRocksDb(ResetRecords(), "dropping damaged records"));
    return CheckFormat();
  }
  RETURN_IF_ERROR(FromRocksDb(status, "reading the format"));
  if (format == kFormat) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("blob store ", options_.directory, " has format version '",
                   format, "', but this version of cvr supports only '",
                   kFormat, "'; upgrade cvr, or use another --data_dir"));
}

absl::Status BlobStoreDatabase::Write(
    bool sync, absl::FunctionRef<void(rocksdb::WriteBatch* batch)> fill) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = Change([&](rocksdb::DB& db) {
    rocksdb::WriteBatch batch;
    fill(&batch);
    return db.Write(options, &batch);
  });
  return FromRocksDb(status, "writing to the blob store");
}

absl::Status BlobStoreDatabase::CompactInline(std::atomic<bool>* cancelled) {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction =
      rocksdb::BottommostLevelCompaction::kForceOptimized;
  options.canceled = cancelled;
  const rocksdb::Status status = Change([&](rocksdb::DB& db) {
    // The log has the bytes as well, until all that it is for is flushed.
    const rocksdb::Status flushed =
        db.Flush(rocksdb::FlushOptions(), {blobs(), inlined()});
    if (!flushed.ok()) return flushed;
    return db.CompactRange(options, inlined(), nullptr, nullptr);
  });
  if (*cancelled) return absl::OkStatus();
  return FromRocksDb(status, "compacting inline content");
}

uint64_t BlobStoreDatabase::InlineFileBytes() const {
  uint64_t bytes = 0;
  Read([&](rocksdb::DB& db) {
    db.GetIntProperty(inlined(), rocksdb::DB::Properties::kLiveSstFilesSize,
                      &bytes);
    return rocksdb::Status::OK();
  }).PermitUncheckedError();
  return bytes;
}

rocksdb::Status BlobStoreDatabase::Read(Operation operation) const {
  Enter();
  const rocksdb::Status status =
      db_ == nullptr ? rocksdb::Status::Aborted("the database is closed")
                     : operation(*db_);
  Leave();
  return status;
}

rocksdb::Status BlobStoreDatabase::Change(Operation operation) {
  if (!stop_->stopped()) {
    const rocksdb::Status status = Read(operation);
    if (!stop_->stopped()) return status;
  }
  const rocksdb::Status reason = stop_->reason();
  return Reopen() ? Read(operation) : reason;
}

void BlobStoreDatabase::Enter() const {
  MutexLock lock(&mutex_);
  while (reopening_) changed_.Wait(&mutex_);
  ++running_;
}

void BlobStoreDatabase::Leave() const {
  MutexLock lock(&mutex_);
  if (--running_ == 0 && reopening_) changed_.SignalAll();
}

bool BlobStoreDatabase::HasRoom() const {
  const std::string path = IncomingDirectory() + "/probe";
  const bool has_room =
      rocksdb::WriteStringToFile(&env(), std::string(kRoomBytes, '\0'), path,
                                 /*should_sync=*/true)
          .ok();
  env().DeleteFile(path).PermitUncheckedError();
  return has_room;
}

bool BlobStoreDatabase::Reopen() {
  // On a disk that is still full nobody has to wait.
  if (!HasRoom()) return false;
  {
    MutexLock lock(&mutex_);
    while (reopening_) changed_.Wait(&mutex_);
    if (!stop_->stopped()) return true;  // Somebody else has done it.
    reopening_ = true;
    while (running_ > 0) changed_.Wait(&mutex_);
  }
  const bool writable = OpenAnew();
  MutexLock lock(&mutex_);
  reopening_ = false;
  changed_.SignalAll();
  return writable;
}

bool BlobStoreDatabase::OpenAnew() {
  Close();
  // A file whose ingestion failed may be listed and yet be gone.
  rocksdb::Status status = OpenAndRepair();
  if (status.ok()) {
    stop_->Reset();
    spdlog::warn(
        "blob store: RocksDB reopened after a write error, writes work again");
    return true;
  }
  spdlog::error(
      "blob store: RocksDB is not writable, new content is not cached: {}",
      status.ToString());
  status = OpenReadOnly();
  if (!status.ok()) {
    spdlog::error("blob store: RocksDB is not readable: {}", status.ToString());
  }
  return false;
}

bool BlobStoreDatabase::IsDamaged(const rocksdb::LiveFileMetaData& file) const {
  const std::string path = file.db_path + file.name;
  uint64_t size = 0;
  if (!env().GetFileSize(path, &size).ok() || size != file.size) return true;
  rocksdb::SstFileReader reader(ChunkFileOptions());
  return !reader.Open(path).ok();
}

rocksdb::Status BlobStoreDatabase::DropDamagedFiles() {
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  bool records_damaged = false;
  for (const rocksdb::LiveFileMetaData& file : files) {
    if (!IsDamaged(file)) continue;
    spdlog::error("blob store: file {}{} is corrupt and is removed",
                  file.db_path, file.name);
    const auto key = ParseChunkKey(file.smallestkey);
    if (!key.has_value()) {
      records_damaged = true;
      continue;
    }
    const rocksdb::Slice first = file.smallestkey, last = file.largestkey;
    const rocksdb::Status status = rocksdb::DeleteFilesInRange(
        db_.get(), chunks(key->first.digest), &first, &last);
    if (!status.ok()) return status;
  }
  return records_damaged ? ResetRecords() : rocksdb::Status::OK();
}

rocksdb::Status BlobStoreDatabase::ResetRecords() {
  const rocksdb::Status status = ResetFamily(kBlobs);
  return status.ok() ? ResetFamily(kInline) : status;
}

rocksdb::Status BlobStoreDatabase::ResetFamily(Family family) {
  const std::string name = families_[family]->GetName();
  rocksdb::Status status = db_->DropColumnFamily(families_[family]);
  if (!status.ok()) return status;
  db_->DestroyColumnFamilyHandle(families_[family]).PermitUncheckedError();
  return db_->CreateColumnFamily(RecordOptions(), name, &families_[family]);
}

}  // namespace cvr
