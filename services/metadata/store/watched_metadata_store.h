#ifndef SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_
#define SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/types/span.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// A row that a write has put or deleted.
struct RowChange {
  Table table = Table::kSettings;
  std::string key;
  // The row before the write; nothing when there was none.
  std::optional<std::string> before;
};

// Hears of the rows that a write changes, and may write along with it.
class CommitListener {
 public:
  virtual ~CommitListener() = default;

  // The write is about to be committed; `changes` has each row once.
  // `transaction` shows what will be, and may be written to. Writes are
  // serialised: no two calls at a time. Returns a number for AfterCommit().
  // Errors discard the write.
  virtual absl::StatusOr<int64_t> BeforeCommit(
      WriteTransaction& transaction, absl::Span<const RowChange> changes) = 0;

  // The write was committed, or the commit failed and its outcome is unknown.
  // On the thread of the write, by several threads at a time, and not in the
  // order of the commits.
  virtual void AfterCommit(int64_t number) = 0;
};

// A MetadataStore that tells watchers of changes. Caches of what is read from
// it stay coherent, whoever writes: no Write() that may have changed a watched
// table returns before its watchers have. It also spares the code that writes
// from having to know who must hear of a change.
class WatchedMetadataStore : public MetadataStore {
 public:
  using Watcher = absl::AnyInvocable<void() const>;

  explicit WatchedMetadataStore(std::unique_ptr<MetadataStore> store)
      : store_(std::move(store)) {}

  // `watcher` is called once by every write that put or deleted something in
  // one of `tables`, after the commit and before the caller of Write() hears of
  // it; also when the commit failed, since its outcome is unknown, but not when
  // an error of the caller dropped the write. It is called on the thread of the
  // write, by several threads at a time, in the order in which watchers were
  // added. It may read from the store and must not write to it. To be called
  // before other threads use the store.
  void Watch(absl::Span<const Table> tables, Watcher watcher);

  // The same for a listener that hears of each row of these tables. There is
  // one at most; it must outlive the last write.
  void Listen(absl::Span<const Table> tables, CommitListener& listener);

  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override;
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override;

 private:
  using Tables = std::bitset<kTableCount>;
  struct Watched {
    Tables tables;
    Watcher watcher;
  };

  const std::unique_ptr<MetadataStore> store_;
  // Set before use.
  std::vector<Watched> watches_;
  Tables listened_;
  CommitListener* listener_ = nullptr;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_
