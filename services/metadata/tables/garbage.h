#ifndef SERVICES_METADATA_TABLES_GARBAGE_H_
#define SERVICES_METADATA_TABLES_GARBAGE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/metadata/api/garbage_list.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"

// Digests that lost their last entry: the blob service deletes their bytes.
// DESIGN.md, "Garbage". Errors: those of tables.h.
namespace cvr::garbage {

// Deletes the entry. When no other points at its digest, that is garbage.
absl::Status DropEntry(WriteTransaction& transaction,
                       const stored::CacheEntry& entry);

// The same for an entry that is purged, or of an upstream that is deleted.
absl::Status DropPurgedEntry(WriteTransaction& transaction,
                             const stored::CacheEntry& entry);

// Notes `digest` as garbage unless an entry points at it.
absl::Status NoteIfUnused(WriteTransaction& transaction,
                          absl::string_view digest);

// By id, at most `max` after `start_after`, without what an entry points at
// again: those ids are added to `outdated`. Fewer are listed than there are
// when very many are outdated, and none only when some are, or none are left.
absl::StatusOr<std::vector<Garbage>> List(const ReadTransaction& transaction,
                                          int64_t start_after, int max,
                                          std::vector<int64_t>& outdated);

// Forgets them, and who has had the bytes of what is no longer pointed at;
// unknown ones are fine.
absl::Status Remove(WriteTransaction& transaction,
                    absl::Span<const int64_t> ids);

}  // namespace cvr::garbage

#endif  // SERVICES_METADATA_TABLES_GARBAGE_H_
