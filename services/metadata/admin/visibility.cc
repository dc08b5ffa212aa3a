#include "services/metadata/admin/visibility.h"

#include "absl/types/span.h"
#include "services/access/access_policy.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/tables.h"

namespace cvr {

bool Visibility::OfRegistry(absl::string_view group, int64_t id) const {
  return AccessPolicy::MaySee(
      caller_, {.group = group, .registry_ids = absl::MakeConstSpan(&id, 1)});
}

absl::StatusOr<bool> Visibility::OfUpstream(int64_t id) {
  if (caller_.is_admin) return true;
  const auto known = upstreams_.find(id);
  if (known != upstreams_.end()) return known->second;
  ASSIGN_OR_RETURN(const auto upstream, tables::FindUpstream(transaction_, id));
  ASSIGN_OR_RETURN(const auto registries,
                   tables::RegistriesOfUpstream(transaction_, id));
  const bool seen =
      upstream &&
      AccessPolicy::MaySee(caller_, {.group = upstream->upstream().group(),
                                     .registry_ids = registries});
  upstreams_[id] = seen;
  return seen;
}

}  // namespace cvr
