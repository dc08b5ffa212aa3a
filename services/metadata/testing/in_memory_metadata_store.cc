#include "services/metadata/testing/in_memory_metadata_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Rows = InMemoryMetadataStore::Rows;
using Tables = InMemoryMetadataStore::Tables;

size_t Index(Table table) { return static_cast<size_t>(table); }

std::optional<std::string> GetFrom(const Rows& rows, absl::string_view key) {
  const auto it = rows.find(key);
  if (it == rows.end()) return std::nullopt;
  return it->second;
}

absl::Status ScanRows(const Rows& rows, absl::string_view prefix,
                      absl::string_view start_after,
                      ReadTransaction::Visitor visitor) {
  auto it = start_after < prefix ? rows.lower_bound(prefix)
                                 : rows.upper_bound(start_after);
  if (start_after.empty()) it = rows.lower_bound(prefix);
  for (; it != rows.end() && absl::StartsWith(it->first, prefix); ++it) {
    ASSIGN_OR_RETURN(const bool go_on, visitor(it->first, it->second));
    if (!go_on) break;
  }
  return absl::OkStatus();
}

class Reader : public ReadTransaction {
 public:
  explicit Reader(Tables tables) : tables_(std::move(tables)) {}

  absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const override {
    return GetFrom(*tables_[Index(table)], key);
  }
  absl::Status Scan(Table table, absl::string_view prefix,
                    absl::string_view start_after,
                    Visitor visitor) const override {
    return ScanRows(*tables_[Index(table)], prefix, start_after, visitor);
  }

 private:
  const Tables tables_;
};

class Writer : public WriteTransaction {
 public:
  explicit Writer(Tables tables) : tables_(std::move(tables)) {}

  absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const override {
    return GetFrom(*tables_[Index(table)], key);
  }
  absl::Status Scan(Table table, absl::string_view prefix,
                    absl::string_view start_after,
                    Visitor visitor) const override {
    return ScanRows(*tables_[Index(table)], prefix, start_after, visitor);
  }
  void Put(Table table, absl::string_view key,
           absl::string_view value) override {
    Mutable(table)[std::string(key)] = std::string(value);
  }
  void Delete(Table table, absl::string_view key) override {
    Mutable(table).erase(std::string(key));
  }

  const Tables& tables() const { return tables_; }

 private:
  // The rows that others read are never changed: the first change copies.
  Rows& Mutable(Table table) {
    auto& own = own_[Index(table)];
    if (own == nullptr) {
      own = std::make_shared<Rows>(*tables_[Index(table)]);
      tables_[Index(table)] = own;
    }
    return *own;
  }

  Tables tables_;
  std::array<std::shared_ptr<Rows>, kTableCount> own_;
};

}  // namespace

InMemoryMetadataStore::InMemoryMetadataStore() {
  for (auto& rows : tables_) rows = std::make_shared<const Rows>();
}

InMemoryMetadataStore::Tables InMemoryMetadataStore::Snapshot() const {
  MutexLock lock(&mutex_);
  return tables_;
}

absl::Status InMemoryMetadataStore::Read(
    absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const {
  return fn(Reader(Snapshot()));
}

absl::Status InMemoryMetadataStore::Write(
    absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
    Durability /*durability*/) {
  MutexLock one_at_a_time(&write_mutex_);
  Writer writer(Snapshot());
  RETURN_IF_ERROR(fn(writer));
  MutexLock lock(&mutex_);
  tables_ = writer.tables();
  return absl::OkStatus();
}

}  // namespace cvr
