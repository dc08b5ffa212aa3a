#include "services/metadata/store/watched_metadata_store.h"

#include <utility>

namespace cvr {
namespace {

class WatchedWriter : public WriteTransaction {
 public:
  // Notes in `changed` the tables that are written to. Both must outlive it.
  WatchedWriter(WriteTransaction& transaction,
                std::bitset<kTableCount>& changed)
      : transaction_(transaction), changed_(changed) {}

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
    Note(table);
    transaction_.Put(table, key, value);
  }
  void Delete(Table table, absl::string_view key) override {
    Note(table);
    transaction_.Delete(table, key);
  }

 private:
  void Note(Table table) { changed_.set(static_cast<size_t>(table)); }

  WriteTransaction& transaction_;
  std::bitset<kTableCount>& changed_;
};

}  // namespace

void WatchedMetadataStore::Watch(absl::Span<const Table> tables,
                                 Watcher watcher) {
  Tables watched;
  for (const Table table : tables) watched.set(static_cast<size_t>(table));
  watches_.push_back({watched, std::move(watcher)});
}

absl::Status WatchedMetadataStore::Read(
    absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const {
  return store_->Read(fn);
}

absl::Status WatchedMetadataStore::Write(
    absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
    Durability durability) {
  Tables changed;
  const absl::Status status = store_->Write(
      [&](WriteTransaction& transaction) {
        WatchedWriter watched(transaction, changed);
        const absl::Status result = fn(watched);
        if (!result.ok()) changed.reset();
        return result;
      },
      durability);
  for (const Watched& watch : watches_) {
    if ((watch.tables & changed).any()) watch.watcher();
  }
  return status;
}

}  // namespace cvr
