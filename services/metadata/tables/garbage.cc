#include "services/metadata/tables/garbage.h"

#include <string>

#include "services/common/digest.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/tables/possession_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr::garbage {
namespace {

// Rows that one List() looks at.
constexpr int kVisitedMax = 4096;

std::string KeyOf(int64_t id) { return KeyBuilder().Int(id).Build(); }

}  // namespace

absl::Status DropEntry(WriteTransaction& transaction,
                       const stored::CacheEntry& entry) {
  RETURN_IF_ERROR(tables::DeleteCacheEntry(transaction, entry));
  return NoteIfUnused(transaction, entry.digest());
}

absl::Status DropPurgedEntry(WriteTransaction& transaction,
                             const stored::CacheEntry& entry) {
  RETURN_IF_ERROR(tables::DeletePurgedCacheEntry(transaction, entry));
  return NoteIfUnused(transaction, entry.digest());
}

absl::Status NoteIfUnused(WriteTransaction& transaction,
                          absl::string_view digest) {
  ASSIGN_OR_RETURN(const bool used, tables::IsDigestUsed(transaction, digest));
  if (used) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kGarbageIds));
  transaction.Put(Table::kGarbage, KeyOf(id), digest);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Garbage>> List(const ReadTransaction& transaction,
                                          int64_t start_after, int max,
                                          std::vector<int64_t>& outdated) {
  std::vector<Garbage> found;
  int left = kVisitedMax;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kGarbage, "", start_after > 0 ? KeyOf(start_after) : "",
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        int64_t id = 0;
        const auto digest = Digest::Parse(value);
        if (!KeyReader(key).Int(id) || !digest.ok()) {
          return absl::DataLossError(
              "metadata store: corrupt row in table garbage");
        }
        ASSIGN_OR_RETURN(const bool used,
                         tables::IsDigestUsed(transaction, value));
        if (used) {
          outdated.push_back(id);
        } else {
          found.push_back({id, *digest});
        }
        return --left > 0 && static_cast<int>(found.size()) < max;
      }));
  return found;
}

absl::Status Remove(WriteTransaction& transaction,
                    absl::Span<const int64_t> ids) {
  for (const int64_t id : ids) {
    if (id <= 0) continue;
    ASSIGN_OR_RETURN(const auto row,
                     transaction.Get(Table::kGarbage, KeyOf(id)));
    if (!row) continue;
    transaction.Delete(Table::kGarbage, KeyOf(id));
    const auto digest = Digest::Parse(*row);
    ASSIGN_OR_RETURN(const bool used, tables::IsDigestUsed(transaction, *row));
    if (used || !digest.ok()) continue;
    RETURN_IF_ERROR(tables::DeletePossessions(transaction, *digest));
  }
  return absl::OkStatus();
}

}  // namespace cvr::garbage
