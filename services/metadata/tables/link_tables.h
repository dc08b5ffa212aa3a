#ifndef SERVICES_METADATA_TABLES_LINK_TABLES_H_
#define SERVICES_METADATA_TABLES_LINK_TABLES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"

// Rows, as in tables.h, for links from manifests to the digests that they name,
// for links that are still to be deleted, and for numbers of rows.
namespace cvr::tables {

// A digest in a repository of an upstream.
struct ContentKey {
  int64_t upstream_id = 0;
  Repository repository;
  Digest digest;
};

// The inverse of Reachability.manifests: the digests that a manifest names. A
// link must be written and deleted together with its entry in that row.
void PutLink(WriteTransaction& transaction, const ContentKey& manifest,
             const Digest& to);
void DeleteLink(WriteTransaction& transaction, const ContentKey& manifest,
                const Digest& to);
// The first `max` links of `manifest`.
absl::StatusOr<std::vector<Digest>> Links(const ReadTransaction& transaction,
                                          const ContentKey& manifest, int max);

// That a manifest names a digest.
struct Link {
  ContentKey manifest;
  Digest to;
};
// The next `max` links of an upstream after `cursor`, which this function left,
// or empty.
absl::StatusOr<std::vector<Link>> NextLinks(const ReadTransaction& transaction,
                                            int64_t upstream_id, int max,
                                            std::string& cursor);

// Manifests that were revoked and whose links are still to be deleted.
void PutUnlink(WriteTransaction& transaction, const ContentKey& manifest);
void DeleteUnlink(WriteTransaction& transaction, const ContentKey& manifest);
absl::StatusOr<bool> IsUnlinked(const ReadTransaction& transaction,
                                const ContentKey& manifest);
// Whether there is any in that repository.
absl::StatusOr<bool> HasUnlinks(const ReadTransaction& transaction,
                                int64_t upstream_id,
                                const Repository& repository);
// The first one of all.
absl::StatusOr<std::optional<ContentKey>> FirstUnlink(
    const ReadTransaction& transaction);

// Upstreams that were deleted or purged, as long as rows of them may be left
// that are to be deleted.
void PutRemoval(WriteTransaction& transaction, int64_t upstream_id);
void DeleteRemoval(WriteTransaction& transaction, int64_t upstream_id);
absl::StatusOr<bool> HasRemoval(const ReadTransaction& transaction,
                                int64_t upstream_id);
// The first one of all that is not among `except`.
absl::StatusOr<std::optional<int64_t>> FirstRemoval(
    const ReadTransaction& transaction,
    const absl::flat_hash_set<int64_t>& except);

// The numbers of rows of an upstream.
absl::StatusOr<stored::UpstreamRows> RowsOf(const ReadTransaction& transaction,
                                            int64_t upstream_id);
// Adds to these numbers; negative ones subtract.
absl::Status CountRows(WriteTransaction& transaction, int64_t upstream_id,
                       const stored::UpstreamRows& added);

void DeleteRowCount(WriteTransaction& transaction, int64_t upstream_id);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_LINK_TABLES_H_
