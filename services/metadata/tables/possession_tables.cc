#include "services/metadata/tables/possession_tables.h"

#include <string>
#include <vector>

#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/tables/table_rows.h"
#include "services/metadata/tables/tables.h"

namespace cvr::tables {
namespace {

std::string PossessionKey(const Digest& digest, int64_t identity) {
  return KeyBuilder().Hash(digest).Int(identity).Build();
}

}  // namespace

absl::StatusOr<bool> HasPossession(const ReadTransaction& transaction,
                                   const Digest& digest, int64_t identity) {
  if (identity <= 0) return false;
  ASSIGN_OR_RETURN(
      const auto row,
      transaction.Get(Table::kPossessions, PossessionKey(digest, identity)));
  return row.has_value();
}

void PutPossession(WriteTransaction& transaction, const Digest& digest,
                   int64_t identity) {
  transaction.Put(Table::kPossessions, PossessionKey(digest, identity), "");
}

void DeletePossession(WriteTransaction& transaction, const Digest& digest,
                      int64_t identity) {
  if (identity <= 0) return;
  transaction.Delete(Table::kPossessions, PossessionKey(digest, identity));
}

absl::Status DeletePossessions(WriteTransaction& transaction,
                               const Digest& digest) {
  std::vector<std::string> keys;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kPossessions, KeyBuilder().Hash(digest).Build(), "",
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        keys.emplace_back(key);
        return true;
      }));
  for (const auto& key : keys) transaction.Delete(Table::kPossessions, key);
  return absl::OkStatus();
}

absl::Status ReleasePossession(WriteTransaction& transaction,
                               int64_t upstream_id, absl::string_view digest) {
  ASSIGN_OR_RETURN(const auto row, FindUpstream(transaction, upstream_id));
  if (!row || row->identity() == row->public_identity()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto parsed, Digest::Parse(digest));
  ASSIGN_OR_RETURN(const bool used,
                   HasCacheEntryOfDigest(transaction, parsed, upstream_id, "",
                                         row->purged_through_entry_id()));
  if (!used) DeletePossession(transaction, parsed, row->identity());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> FindPublicIdentity(
    const ReadTransaction& transaction, absl::string_view url) {
  ASSIGN_OR_RETURN(const auto row,
                   transaction.Get(Table::kPublicIdentities, url));
  if (!row) return std::nullopt;
  int64_t identity = 0;
  if (!KeyReader(*row).Int(identity)) return Damaged(Table::kPublicIdentities);
  return identity;
}

void PutPublicIdentity(WriteTransaction& transaction, absl::string_view url,
                       int64_t identity) {
  transaction.Put(Table::kPublicIdentities, url, IdKey(identity));
}

}  // namespace cvr::tables
