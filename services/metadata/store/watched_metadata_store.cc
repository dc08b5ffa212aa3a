#include "services/metadata/store/watched_metadata_store.h"

#include <utility>

namespace cvr {
namespace {

class WatchedWriter : public WriteTransaction {
 public:
  WatchedWriter(WriteTransaction& transaction,
                const std::bitset<kTableCount>& watched)
      : transaction_(transaction), watched_(watched) {}

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

  bool changed() const { return changed_; }

 private:
  void Note(Table table) {
    changed_ = changed_ || watched_[static_cast<size_t>(table)];
  }

  WriteTransaction& transaction_;
  const std::bitset<kTableCount>& watched_;
  bool changed_ = false;
};

}  // namespace

WatchedMetadataStore::WatchedMetadataStore(std::unique_ptr<MetadataStore> store,
                                           absl::Span<const Table> tables)
    : store_(std::move(store)) {
  for (const Table table : tables) watched_.set(static_cast<size_t>(table));
}

void WatchedMetadataStore::SetOnChange(
    absl::AnyInvocable<void() const> on_change) {
  on_change_ = std::move(on_change);
}

absl::Status WatchedMetadataStore::Read(
    absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const {
  return store_->Read(fn);
}

absl::Status WatchedMetadataStore::Write(
    absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
    Durability durability) {
  bool changed = false;
  const absl::Status status = store_->Write(
      [&](WriteTransaction& transaction) {
        WatchedWriter watched(transaction, watched_);
        const absl::Status result = fn(watched);
        changed = watched.changed();
        return result;
      },
      durability);
  if (changed && on_change_) on_change_();
  return status;
}

}  // namespace cvr
