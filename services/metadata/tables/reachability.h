#ifndef SERVICES_METADATA_TABLES_REACHABILITY_H_
#define SERVICES_METADATA_TABLES_REACHABILITY_H_

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

// Reachability: which digests an upstream can supply from a repository, and the
// tags and manifests through which they were found. Stored bytes are served in
// an upstream's name only if their digest is reachable; see DESIGN.md,
// "Reachability". Each function that writes touches a bounded number of rows.
// Errors: those of tables.h.
namespace cvr::reachability {

// Maximum number of a manifest's digests that one transaction links to it. Each
// link costs one row that is read and two that are written.
inline constexpr size_t kLinksPerBatch = 150;

// Whether bytes of `digest` may be served in the upstream's name. Here and in
// IsReachedByTag() `purge_mark` is the upstream's (purge_mark.h): rows that are
// purged count as not there. The functions that write look it up.
absl::StatusOr<bool> Has(const ReadTransaction& transaction,
                         int64_t upstream_id, int64_t purge_mark,
                         const Repository& repository, const Digest& digest);

// Whether `digest` is reachable from a tag that `allows` accepts. Visits at
// most limits::kReachVisitedMax rows; a digest that is further away counts as
// not reachable.
absl::StatusOr<bool> IsReachedByTag(
    const ReadTransaction& transaction, int64_t upstream_id, int64_t purge_mark,
    const Repository& repository, const Digest& digest,
    absl::FunctionRef<bool(absl::string_view tag)> allows);

// Records that the upstream has `target` at `content`. Without `confirmed`, the
// upstream was not asked: a digest that it has said to be absent stays absent.
absl::Status NoteFound(WriteTransaction& transaction, int64_t upstream_id,
                       const ContentRef& content, const Digest& target,
                       bool confirmed = true);

// The digest through which `target`, found at `content`, leads to further
// content: the manifest itself, or the subject of a list of referrers.
Digest NamedBy(const ContentRef& content, const Digest& target);

// Records that `manifest` names `digests`, of which there are at most
// kLinksPerBatch. Beyond the limit of rows of an upstream, digests are
// not linked; the upstream is asked for them when a client pulls them.
absl::Status NoteNamed(WriteTransaction& transaction,
                       const tables::ContentKey& manifest,
                       absl::Span<const Digest> digests, bool confirmed);

// Records that the upstream does not have `content`, which is addressed by
// digest. The tags and manifests that lead to it stay recorded.
absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const ContentRef& content);
// The same for a digest: it is not served again before the upstream was asked.
absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const Repository& repository, const Digest& digest);

// Records that the upstream refuses `content`. Digests that are reachable only
// through it are not served any more, with immediate effect; Unlink() deletes
// their rows later. `target` is the digest that a tag points at; null = none is
// recorded.
absl::Status Revoke(WriteTransaction& transaction, int64_t upstream_id,
                    const ContentRef& content, const Digest* target);

// Deletes some of the rows that are reachable only through `manifest`, which
// was revoked. Returns whether there may be more.
absl::StatusOr<bool> Unlink(WriteTransaction& transaction,
                            const tables::ContentKey& manifest);

// Deletes those that are purged with `purge_mark` among some of the rows of an
// upstream after `cursor`, which must be empty or the value that the previous
// call left there. Returns whether there may be more.
absl::StatusOr<bool> DeletePurged(WriteTransaction& transaction,
                                  int64_t upstream_id, int64_t purge_mark,
                                  std::string& cursor);

// Deletes links that no row has any more, likewise: a row that was purged and
// then found anew has forgotten what led to it before.
absl::StatusOr<bool> DeleteStaleLinks(WriteTransaction& transaction,
                                      int64_t upstream_id, std::string& cursor);

}  // namespace cvr::reachability

#endif  // SERVICES_METADATA_TABLES_REACHABILITY_H_
