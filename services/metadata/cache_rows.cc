#include "services/metadata/cache_rows.h"

#include "services/metadata/tables.h"

namespace cvr {

void ForgetPath(WriteTransaction& transaction, int64_t upstream_id,
                const ContentRef& content, const v1::CacheEntry* entry) {
  if (entry != nullptr) tables::DeleteCacheEntry(transaction, *entry);
  if (!content.reference.is_digest()) return;
  tables::DeleteReachable(transaction, upstream_id, content.repository,
                          content.reference.digest());
}

}  // namespace cvr
