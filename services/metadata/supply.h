#ifndef SERVICES_METADATA_SUPPLY_H_
#define SERVICES_METADATA_SUPPLY_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/content.h"
#include "services/metadata/metadata_store.h"

// What upstreams can supply, and through what it was found: the reachability
// rows as what they mean. DESIGN.md, "Reachability". Errors: those of
// tables.h.
namespace cvr::supply {

// Whether bytes of `digest` may be served in the upstream's name.
absl::StatusOr<bool> Has(const ReadTransaction& transaction,
                         int64_t upstream_id, const Repository& repository,
                         const Digest& digest);

// Whether a tag that `allows` accepts leads to `digest`.
absl::StatusOr<bool> IsReachedByTag(
    const ReadTransaction& transaction, int64_t upstream_id,
    const Repository& repository, const Digest& digest,
    absl::FunctionRef<bool(absl::string_view tag)> allows);

// The upstream has `target` at `content`, and that names `references`. If it
// was not asked (`confirmed`), what it had no more stays so.
absl::Status Note(WriteTransaction& transaction, int64_t upstream_id,
                  const ContentRef& content, const Digest& target,
                  const std::vector<Digest>& references, bool confirmed = true);

// Somebody says that the upstream has `digest` at `content`. Nothing is served
// for that, and no tag leads there: only the repository is known by it.
absl::Status NoteDeclared(WriteTransaction& transaction, int64_t upstream_id,
                          const ContentRef& content, const Digest& digest);

// The upstream says that it has no `content`, which is addressed by digest.
// Through what it was found stays known.
absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const ContentRef& content);
// The same of a digest: it is not to be supplied before the upstream was asked.
absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const Repository& repository, const Digest& digest);

// The upstream refuses `content`. What was found through it alone is supplied
// no more. `target` is what a tag points at; null = nothing is recorded.
absl::Status Revoke(WriteTransaction& transaction, int64_t upstream_id,
                    const ContentRef& content, const Digest* target);

}  // namespace cvr::supply

#endif  // SERVICES_METADATA_SUPPLY_H_
