#include "services/metadata/store/rocksdb_metadata_store.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/cache.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/write_batch_with_index.h"
#include "rocksdb/write_batch.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// DESIGN.md says what each version means.
constexpr char kFormatVersion[] = "4";
// It lacks tables that are made empty, and rows that Migrate() makes.
constexpr char kOldFormatVersion[] = "3";
// In the default column family, which holds nothing else.
constexpr char kFormatVersionKey[] = "format_version";

using Handles = std::array<rocksdb::ColumnFamilyHandle*, kTableCount>;

rocksdb::Slice ToSlice(absl::string_view text) {
  return rocksdb::Slice(text.data(), text.size());
}

absl::string_view ToView(const rocksdb::Slice& slice) {
  return absl::string_view(slice.data(), slice.size());
}

absl::Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string message =
      absl::StrCat("metadata store: ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsNoSpace()) return errors::StoreFull(message);
  return absl::UnavailableError(message);
}

// The least key after all that start with `prefix`; empty when there is none.
// Iterators that know it do not look for a live key among all that was deleted
// behind the prefix.
class PrefixEnd {
 public:
  explicit PrefixEnd(absl::string_view prefix) : end_(prefix) {
    while (!end_.empty() && end_.back() == '\xff') end_.pop_back();
    if (!end_.empty()) ++end_.back();
  }
  // `options` must not outlive this object.
  void Bound(rocksdb::ReadOptions& options) {
    slice_ = rocksdb::Slice(end_);
    if (!end_.empty()) options.iterate_upper_bound = &slice_;
  }

 private:
  std::string end_;
  rocksdb::Slice slice_;
};

absl::Status Walk(rocksdb::Iterator& it, absl::string_view prefix,
                  absl::string_view start_after,
                  ReadTransaction::Visitor visitor) {
  it.Seek(ToSlice(std::max(prefix, start_after)));
  if (it.Valid() && !start_after.empty() && ToView(it.key()) == start_after) {
    it.Next();
  }
  for (; it.Valid() && it.key().starts_with(ToSlice(prefix)); it.Next()) {
    ASSIGN_OR_RETURN(const bool go_on,
                     visitor(ToView(it.key()), ToView(it.value())));
    if (!go_on) break;
  }
  return ToStatus(it.status());
}

absl::StatusOr<std::optional<std::string>> Found(
    const rocksdb::Status& status, const rocksdb::PinnableSlice& value) {
  if (status.IsNotFound()) return std::nullopt;
  RETURN_IF_ERROR(ToStatus(status));
  return value.ToString();
}

class Reader : public ReadTransaction {
 public:
  Reader(rocksdb::DB* db, const Handles& tables,
         const rocksdb::Snapshot* snapshot)
      : db_(db), tables_(tables) {
    options_.snapshot = snapshot;
  }

  absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const override {
    rocksdb::PinnableSlice value;
    const auto status = db_->Get(options_, tables_[static_cast<size_t>(table)],
                                 ToSlice(key), &value);
    return Found(status, value);
  }

  absl::Status Scan(Table table, absl::string_view prefix,
                    absl::string_view start_after,
                    Visitor visitor) const override {
    PrefixEnd end(prefix);
    rocksdb::ReadOptions options = options_;
    end.Bound(options);
    const std::unique_ptr<rocksdb::Iterator> it(
        db_->NewIterator(options, tables_[static_cast<size_t>(table)]));
    return Walk(*it, prefix, start_after, visitor);
  }

 private:
  rocksdb::DB* const db_;
  const Handles& tables_;
  rocksdb::ReadOptions options_;
};

// Needs no snapshot: it is the only writer.
class Writer : public WriteTransaction {
 public:
  Writer(rocksdb::DB* db, const Handles& tables)
      : db_(db),
        tables_(tables),
        batch_(rocksdb::BytewiseComparator(), /*reserved_bytes=*/0,
               /*overwrite_key=*/true) {}

  absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const override {
    rocksdb::PinnableSlice value;
    const auto status = batch_.GetFromBatchAndDB(
        db_, rocksdb::ReadOptions(), At(table), ToSlice(key), &value);
    return Found(status, value);
  }

  absl::Status Scan(Table table, absl::string_view prefix,
                    absl::string_view start_after,
                    Visitor visitor) const override {
    PrefixEnd end(prefix);
    rocksdb::ReadOptions options;
    end.Bound(options);
    const std::unique_ptr<rocksdb::Iterator> it(batch_.NewIteratorWithBase(
        At(table), db_->NewIterator(options, At(table)), &options));
    return Walk(*it, prefix, start_after, visitor);
  }

  void Put(Table table, absl::string_view key,
           absl::string_view value) override {
    Note(batch_.Put(At(table), ToSlice(key), ToSlice(value)));
  }
  void Delete(Table table, absl::string_view key) override {
    Note(batch_.Delete(At(table), ToSlice(key)));
  }

  absl::Status Commit(Durability durability) {
    RETURN_IF_ERROR(ToStatus(status_));
    if (batch_.GetWriteBatch()->Count() == 0) return absl::OkStatus();
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::kSynced;
    return ToStatus(db_->Write(options, batch_.GetWriteBatch()));
  }

 private:
  rocksdb::ColumnFamilyHandle* At(Table table) const {
    return tables_[static_cast<size_t>(table)];
  }
  void Note(const rocksdb::Status& status) {
    if (status_.ok()) status_ = status;
  }

  rocksdb::DB* const db_;
  const Handles& tables_;
  // Its lookups are const in all but name.
  mutable rocksdb::WriteBatchWithIndex batch_;
  rocksdb::Status status_;  // The first error.
};

rocksdb::DBOptions DbOptions(const RocksDbMetadataStore::Options& options) {
  rocksdb::DBOptions result;
  result.create_if_missing = true;
  if (options.env != nullptr) result.env = options.env;
  result.db_write_buffer_size = 64 << 20;
  result.max_total_wal_size = 64 << 20;
  result.keep_log_file_num = 4;
  result.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return result;
}

rocksdb::ColumnFamilyOptions FamilyOptions(
    const RocksDbMetadataStore::Options& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  // Most lookups of a first pull find nothing.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions result;
  result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  result.write_buffer_size = 16 << 20;
  return result;
}

absl::Status NotAStore() {
  return absl::FailedPreconditionError(
      "the directory contains a RocksDB database that is not a cvr metadata "
      "store; check --data_dir");
}

// The column families in `directory`; the default one alone when it is new.
absl::StatusOr<std::vector<std::string>> FamiliesIn(
    const std::string& directory, const rocksdb::DBOptions& options) {
  const std::string current = directory + "/CURRENT";
  if (options.env->FileExists(current).IsNotFound()) {
    return std::vector<std::string>{rocksdb::kDefaultColumnFamilyName};
  }
  std::vector<std::string> names;
  RETURN_IF_ERROR(
      ToStatus(rocksdb::DB::ListColumnFamilies(options, directory, &names)));
  return names;
}

bool IsTableName(absl::string_view name) {
  for (size_t i = 0; i < kTableCount; ++i) {
    if (TableName(static_cast<Table>(i)) == name) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbMetadataStore>>
RocksDbMetadataStore::Open(const std::string& directory,
                           const Options& options) {
  const rocksdb::DBOptions db_options = DbOptions(options);
  RETURN_IF_ERROR(ToStatus(db_options.env->CreateDirIfMissing(directory)));
  ASSIGN_OR_RETURN(const auto names, FamiliesIn(directory, db_options));
  const auto family_options = FamilyOptions(options);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names) families.emplace_back(name, family_options);
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  RETURN_IF_ERROR(ToStatus(
      rocksdb::DB::Open(db_options, directory, families, &handles, &db)));
  auto store = std::unique_ptr<RocksDbMetadataStore>(
      new RocksDbMetadataStore(std::unique_ptr<rocksdb::DB>(db)));
  store->opened_ = std::move(handles);
  RETURN_IF_ERROR(store->Prepare(names, family_options));
  return store;
}

RocksDbMetadataStore::RocksDbMetadataStore(std::unique_ptr<rocksdb::DB> db)
    : db_(std::move(db)) {}

RocksDbMetadataStore::~RocksDbMetadataStore() {
  for (auto* const handle : opened_) db_->DestroyColumnFamilyHandle(handle);
}

absl::Status RocksDbMetadataStore::Prepare(
    const std::vector<std::string>& names,
    const rocksdb::ColumnFamilyOptions& options) {
  std::string version;
  const auto found =
      db_->Get(rocksdb::ReadOptions(), kFormatVersionKey, &version);
  if (!found.ok() && !found.IsNotFound()) return ToStatus(found);
  const bool is_old = found.ok() && version == kOldFormatVersion;
  if (found.ok() && version != kFormatVersion && !is_old) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the metadata store has format version ", version,
        ", but this version of cvr supports only ", kFormatVersion));
  }
  // Without a version nothing was ever acknowledged: a first start that did
  // not get far, or somebody else's database.
  for (size_t i = 0; i < names.size(); ++i) {
    const bool is_table = IsTableName(names[i]);
    if (!is_table && names[i] != rocksdb::kDefaultColumnFamilyName) {
      return NotAStore();
    }
    for (size_t t = 0; is_table && t < kTableCount; ++t) {
      if (TableName(static_cast<Table>(t)) == names[i]) tables_[t] = opened_[i];
    }
  }
  for (size_t t = 0; t < kTableCount; ++t) {
    if (tables_[t] != nullptr) continue;
    RETURN_IF_ERROR(ToStatus(db_->CreateColumnFamily(
        options, std::string(TableName(static_cast<Table>(t))), &tables_[t])));
    opened_.push_back(tables_[t]);
  }
  if (found.ok() && !is_old) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  RETURN_IF_ERROR(ToStatus(batch.Put(kFormatVersionKey, kFormatVersion)));
  if (is_old) {
    RETURN_IF_ERROR(
        ToStatus(batch.Put(tables_[static_cast<size_t>(Table::kSettings)],
                           kMigratesFrom, kOldFormatVersion)));
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return ToStatus(db_->Write(synced, &batch));
}

absl::Status RocksDbMetadataStore::Read(
    absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const {
  const auto* const snapshot = db_->GetSnapshot();
  const absl::Cleanup release = [&] { db_->ReleaseSnapshot(snapshot); };
  return fn(Reader(db_.get(), tables_, snapshot));
}

absl::Status RocksDbMetadataStore::Write(
    absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
    Durability durability) {
  MutexLock one_at_a_time(&write_mutex_);
  Writer writer(db_.get(), tables_);
  RETURN_IF_ERROR(fn(writer));
  return writer.Commit(durability);
}

}  // namespace cvr
