#ifndef SERVICES_METADATA_TABLES_REACHABILITY_TABLES_H_
#define SERVICES_METADATA_TABLES_REACHABILITY_TABLES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_cache.pb.h"
#include "services/metadata/tables/link_tables.h"

// Rows, as in tables.h, for the digests that upstreams can supply, and for
// their negative answers.
namespace cvr::tables {

// The row of a digest in a repository of an upstream: whether the upstream can
// supply it, and through which tags and manifests it is reachable.
absl::StatusOr<std::optional<stored::Reachability>> FindReachability(
    const ReadTransaction& transaction, int64_t upstream_id,
    const Repository& repository, const Digest& digest);
// Writes the row. Does not change the number of the upstream's rows
// (link_tables.h): callers that change many rows update it once.
void PutReachability(WriteTransaction& transaction, int64_t upstream_id,
                     const Repository& repository, const Digest& digest,
                     const stored::Reachability& row);
void DeleteReachability(WriteTransaction& transaction, int64_t upstream_id,
                        const Repository& repository, const Digest& digest);
// The first `max` rows of an upstream (0 = of all upstreams) after `cursor`,
// which must be empty or the value that the previous call left there.
struct ReachabilityAt {
  ContentKey row_key;
  stored::Reachability row;
};
absl::StatusOr<std::vector<ReachabilityAt>> NextReachability(
    const ReadTransaction& transaction, int64_t upstream_id, int max,
    std::string& cursor);
// Visits the repositories of an upstream's rows that are not purged, after
// `start_after`, each once, in the order of names. `purge_mark` is the
// upstream's. It seeks from one to the next, so the cost is proportional to the
// number of visited repositories and of rows that are purged, not of rows.
absl::Status VisitRepositories(
    const ReadTransaction& transaction, int64_t upstream_id, int64_t purge_mark,
    absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const std::string&)> visitor);

// The negative cache: answers of upstreams that they do not have or do not give
// the content of a path.
absl::StatusOr<std::optional<stored::NegativeEntry>> FindNegativeEntry(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view relative_path);
absl::Status PutNegativeEntry(WriteTransaction& transaction,
                              int64_t upstream_id,
                              absl::string_view relative_path,
                              const stored::NegativeEntry& negative_answer);
// Does nothing if there is no such row.
absl::Status DeleteNegativeEntry(WriteTransaction& transaction,
                                 int64_t upstream_id,
                                 absl::string_view relative_path);
// Deletes those of an upstream that are purged with `purge_mark`, at most `max`
// of them and only after `cursor`, which this function left, or empty. Returns
// whether there may be more.
absl::StatusOr<bool> DeletePurgedNegativeEntries(WriteTransaction& transaction,
                                                 int64_t upstream_id,
                                                 int64_t purge_mark, int max,
                                                 std::string& cursor);
// Deletes the expired ones among the first `max` rows after `cursor`, which
// must be empty or the value that the previous call left there; it is empty
// again after the last row.
absl::Status SweepExpired(WriteTransaction& transaction, absl::Time now,
                          int max, std::string& cursor);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_REACHABILITY_TABLES_H_
