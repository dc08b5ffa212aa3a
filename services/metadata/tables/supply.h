#ifndef SERVICES_METADATA_TABLES_SUPPLY_H_
#define SERVICES_METADATA_TABLES_SUPPLY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/content.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/tables/link_tables.h"

// What upstreams can supply, and through what it was found: the reachability
// rows as what they mean. DESIGN.md, "Reachability". What writes touches a
// bounded number of rows. Errors: those of tables.h.
namespace cvr::supply {

// Of what a manifest names, so many are linked to it in one transaction: each
// costs a row that is read and two that are put.
inline constexpr size_t kLinkedPerTransaction = 150;

// Whether bytes of `digest` may be served in the upstream's name.
absl::StatusOr<bool> Has(const ReadTransaction& transaction,
                         int64_t upstream_id, const Repository& repository,
                         const Digest& digest);

// Whether a tag that `allows` accepts leads to `digest`. Looks at no more than
// limits::kReachVisitedMax rows; what is further away is not reached.
absl::StatusOr<bool> IsReachedByTag(
    const ReadTransaction& transaction, int64_t upstream_id,
    const Repository& repository, const Digest& digest,
    absl::FunctionRef<bool(absl::string_view tag)> allows);

// The upstream has `target` at `content`. If it was not asked (`confirmed`),
// what it had no more stays so.
absl::Status NoteFound(WriteTransaction& transaction, int64_t upstream_id,
                       const ContentRef& content, const Digest& target,
                       bool confirmed = true);

// What is found at `content`, which is `target`, leads to further content by
// way of this digest: the manifest itself, and of referrers their subject.
Digest NamedBy(const ContentRef& content, const Digest& target);

// `manifest` names `digests`, at most kLinkedPerTransaction. What is not linked
// for want of room is asked for when it is wanted.
absl::Status NoteNamed(WriteTransaction& transaction,
                       const tables::Place& manifest,
                       absl::Span<const Digest> digests, bool confirmed);

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
// no more, from now on; its rows go with Unlink(). `target` is what a tag
// points at; null = nothing is recorded.
absl::Status Revoke(WriteTransaction& transaction, int64_t upstream_id,
                    const ContentRef& content, const Digest* target);

// Deletes some of the rows that only `manifest`, whose links count no more, led
// to. Returns whether there may be more.
absl::StatusOr<bool> Unlink(WriteTransaction& transaction,
                            const tables::Place& manifest);

// Deletes some of the rows of an upstream, after `cursor`: what this function
// left there, or empty. Returns whether there may be more.
absl::StatusOr<bool> DeleteSome(WriteTransaction& transaction,
                                int64_t upstream_id, std::string& cursor);

}  // namespace cvr::supply

#endif  // SERVICES_METADATA_TABLES_SUPPLY_H_
