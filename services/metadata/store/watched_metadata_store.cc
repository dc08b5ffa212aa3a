#include "services/metadata/store/watched_metadata_store.h"

#include <set>
#include <utility>

#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Tables = std::bitset<kTableCount>;

Tables SetOf(absl::Span<const Table> tables) {
  Tables result;
  for (const Table table : tables) result.set(static_cast<size_t>(table));
  return result;
}

class WatchedWriter : public WriteTransaction {
 public:
  // Notes the tables that are written to, and the rows of `listened`. Both must
  // outlive it.
  WatchedWriter(WriteTransaction& transaction, Tables& changed,
                const Tables& listened)
      : transaction_(transaction), changed_(changed), listened_(listened) {}

  absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const override {
    return transaction_.Get(table, key);
  }
  absl::Status Scan(Table table, absl::string_view prefix,
                    absl::string_view start_after,
                    Visitor visitor) const override {
    return transaction_.Scan(table, prefix, start_after, visitor);
  }
  void Put(Table table, absl::string_view key,
           absl::string_view value) override {
    Note(table, key);
    transaction_.Put(table, key, value);
  }
  void Delete(Table table, absl::string_view key) override {
    Note(table, key);
    transaction_.Delete(table, key);
  }

  const std::vector<RowChange>& rows() const { return rows_; }
  // The first error of reading what rows were before.
  const absl::Status& status() const { return status_; }

 private:
  void Note(Table table, absl::string_view key) {
    changed_.set(static_cast<size_t>(table));
    if (!listened_.test(static_cast<size_t>(table))) return;
    if (!noted_.emplace(table, key).second) return;
    auto before = transaction_.Get(table, key);
    status_.Update(before.status());
    if (before.ok()) {
      rows_.push_back({table, std::string(key), *std::move(before)});
    }
  }

  WriteTransaction& transaction_;
  Tables& changed_;
  const Tables& listened_;
  std::vector<RowChange> rows_;
  std::set<std::pair<Table, std::string>> noted_;
  absl::Status status_;
};

}  // namespace

void WatchedMetadataStore::Watch(absl::Span<const Table> tables,
                                 Watcher watcher) {
  watches_.push_back({SetOf(tables), std::move(watcher)});
}

void WatchedMetadataStore::Listen(absl::Span<const Table> tables,
                                  CommitListener& listener) {
  listened_ = SetOf(tables);
  listener_ = &listener;
}

absl::Status WatchedMetadataStore::Read(
    absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const {
  return store_->Read(fn);
}

absl::Status WatchedMetadataStore::Write(
    absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
    Durability durability) {
  Tables changed;
  std::optional<int64_t> number;
  const auto run = [&](WriteTransaction& transaction) -> absl::Status {
    WatchedWriter watched(transaction, changed, listened_);
    RETURN_IF_ERROR(fn(watched));
    RETURN_IF_ERROR(watched.status());
    if (watched.rows().empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(number,
                     listener_->BeforeCommit(transaction, watched.rows()));
    return absl::OkStatus();
  };
  const absl::Status status = store_->Write(
      [&](WriteTransaction& transaction) {
        const absl::Status result = run(transaction);
        if (!result.ok()) changed.reset();
        return result;
      },
      durability);
  for (const Watched& watch : watches_) {
    if ((watch.tables & changed).any()) watch.watcher();
  }
  if (number) listener_->AfterCommit(*number);
  return status;
}

}  // namespace cvr
