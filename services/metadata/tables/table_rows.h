#ifndef SERVICES_METADATA_TABLES_TABLE_ROWS_H_
#define SERVICES_METADATA_TABLES_TABLE_ROWS_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/metadata_store.h"

// What the sources of tables.h share: rows as messages, and keys of more than
// one of them.
namespace cvr::tables {

inline absl::Status Damaged(Table table) {
  return absl::DataLossError(
      absl::StrCat("metadata store: corrupt row in table ", TableName(table)));
}

template <typename Message>
absl::StatusOr<Message> Parse(Table table, absl::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged(table);
  }
  return message;
}

template <typename Message>
absl::StatusOr<std::optional<Message>> Find(const ReadTransaction& transaction,
                                            Table table,
                                            absl::string_view key) {
  ASSIGN_OR_RETURN(const auto bytes, transaction.Get(table, key));
  if (!bytes) return std::nullopt;
  ASSIGN_OR_RETURN(auto message, Parse<Message>(table, *bytes));
  return message;
}

inline std::string IdKey(int64_t id) { return KeyBuilder().Int(id).Build(); }

// The ids that end the first `max` keys which start with `prefix`.
inline absl::StatusOr<std::vector<int64_t>> LastIds(
    const ReadTransaction& transaction, Table table, const std::string& prefix,
    int max = std::numeric_limits<int>::max()) {
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(transaction.Scan(
      table, prefix, "",
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        KeyReader reader(key.substr(prefix.size()));
        int64_t id = 0;
        if (!reader.Int(id) || !reader.Done()) return Damaged(table);
        ids.push_back(id);
        return static_cast<int>(ids.size()) < max;
      }));
  return ids;
}

inline std::string EntryKey(int64_t upstream_id,
                            absl::string_view relative_path) {
  return KeyBuilder().Int(upstream_id).Rest(relative_path).Build();
}

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_TABLE_ROWS_H_
