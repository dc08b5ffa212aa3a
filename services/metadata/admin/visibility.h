#ifndef SERVICES_METADATA_ADMIN_VISIBILITY_H_
#define SERVICES_METADATA_ADMIN_VISIBILITY_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/access/caller.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Filters lists: which registries and upstreams a caller may see, by
// AccessPolicy. For one transaction, which must outlive it, as must the caller.
class Visibility {
 public:
  Visibility(const Caller& caller, const ReadTransaction& transaction)
      : caller_(caller), transaction_(transaction) {}

  bool OfRegistry(absl::string_view group, int64_t id) const;
  // Also for an upstream that may have been deleted: only callers that may see
  // everything see it then.
  absl::StatusOr<bool> OfUpstream(int64_t id);

 private:
  const Caller& caller_;
  const ReadTransaction& transaction_;
  // The results for upstreams so far.
  absl::flat_hash_map<int64_t, bool> upstreams_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_VISIBILITY_H_
