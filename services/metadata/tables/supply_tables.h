#ifndef SERVICES_METADATA_TABLES_SUPPLY_TABLES_H_
#define SERVICES_METADATA_TABLES_SUPPLY_TABLES_H_

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
#include "services/metadata/store/stored.pb.h"
#include "services/metadata/tables/link_tables.h"

// More of tables.h: what upstreams can supply, and what they cannot.
namespace cvr::tables {

// Which digests an upstream can supply from a repository, and why.
absl::StatusOr<std::optional<stored::Reachability>> FindReachability(
    const ReadTransaction& transaction, int64_t upstream_id,
    const Repository& repository, const Digest& digest);
// Not counted among the rows of the upstream (link_tables.h): that is for who
// changes many.
void PutReachability(WriteTransaction& transaction, int64_t upstream_id,
                     const Repository& repository, const Digest& digest,
                     const stored::Reachability& row);
void DeleteReachability(WriteTransaction& transaction, int64_t upstream_id,
                        const Repository& repository, const Digest& digest);
// The first `max` of an upstream (0 = of all of them) after `cursor`, a key
// that this function left there, or empty.
struct ReachabilityAt {
  Place place;
  stored::Reachability row;
};
absl::StatusOr<std::vector<ReachabilityAt>> NextReachability(
    const ReadTransaction& transaction, int64_t upstream_id, int max,
    std::string& cursor);
// The repositories after `start_after` that such rows are of, each once, by
// name. Skips over all others, so the costs are those of what is visited.
absl::Status VisitRepositories(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const std::string&)> visitor);

// What upstreams said that they do not have or give, by path.
absl::StatusOr<std::optional<stored::Denial>> FindDenial(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view relative_path);
absl::Status PutDenial(WriteTransaction& transaction, int64_t upstream_id,
                       absl::string_view relative_path,
                       const stored::Denial& denial);
// Fine when there is none.
absl::Status DeleteDenial(WriteTransaction& transaction, int64_t upstream_id,
                          absl::string_view relative_path);
// Deletes those that are over among the first `max` rows after `cursor`, a key
// that this function left there, or empty; at the end it is empty again.
absl::Status SweepDenials(WriteTransaction& transaction, absl::Time now,
                          int max, std::string& cursor);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_SUPPLY_TABLES_H_
