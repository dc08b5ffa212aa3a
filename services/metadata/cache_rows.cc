#include "services/metadata/cache_rows.h"

#include "services/common/status_macros.h"
#include "services/metadata/supply.h"
#include "services/metadata/supply_tables.h"
#include "services/metadata/tables.h"
#include "services/metadata/validation.h"

namespace cvr {

absl::Status ForgetEntry(WriteTransaction& transaction,
                         const v1::CacheEntry& entry) {
  ASSIGN_OR_RETURN(const auto content,
                   ParseRelativePath(entry.relative_path()));
  tables::DeleteCacheEntry(transaction, entry);
  tables::DeleteDenial(transaction, entry.upstream_id(), entry.relative_path());
  return supply::NoteAbsent(transaction, entry.upstream_id(), content);
}

}  // namespace cvr
