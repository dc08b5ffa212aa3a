#include "services/metadata/testing/counting_metadata_store.h"

#include <algorithm>

namespace cvr::testing {
namespace {

class CountingWriter : public WriteTransaction {
 public:
  explicit CountingWriter(WriteTransaction& transaction)
      : transaction_(transaction) {}

  absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const override {
    ++rows_;
    return transaction_.Get(table, key);
  }
  absl::Status Scan(Table table, absl::string_view prefix,
                    absl::string_view start_after,
                    Visitor visitor) const override {
    ++rows_;
    return transaction_.Scan(
        table, prefix, start_after,
        [&](absl::string_view key, absl::string_view value) {
          ++rows_;
          return visitor(key, value);
        });
  }
  void Put(Table table, absl::string_view key,
           absl::string_view value) override {
    ++rows_;
    transaction_.Put(table, key, value);
  }
  void Delete(Table table, absl::string_view key) override {
    ++rows_;
    transaction_.Delete(table, key);
  }

  int rows() const { return rows_; }

 private:
  WriteTransaction& transaction_;
  mutable int rows_ = 0;
};

}  // namespace

absl::Status CountingMetadataStore::Write(
    absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
    Durability durability) {
  {
    MutexLock lock(&mutex_);
    if (writes_left_ == 0) return absl::UnavailableError("the disk is gone");
    if (writes_left_ > 0) --writes_left_;
  }
  int rows = 0;
  const absl::Status status = store_.Write(
      [&](WriteTransaction& transaction) {
        CountingWriter counting(transaction);
        const absl::Status result = fn(counting);
        rows = counting.rows();
        return result;
      },
      durability);
  std::function<void()> after_write;
  {
    MutexLock lock(&mutex_);
    ++counts_.writes;
    counts_.rows += rows;
    counts_.rows_max = std::max(counts_.rows_max, rows);
    after_write = after_write_;
  }
  if (after_write) after_write();
  return status;
}

}  // namespace cvr::testing
