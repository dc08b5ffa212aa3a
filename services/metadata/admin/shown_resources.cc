#include "services/metadata/admin/shown_resources.h"

#include "services/common/status_macros.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/conversion/upstream_conversion.h"
#include "services/metadata/resources/uid.h"
#include "services/metadata/secrets/upstream_secrets.h"
#include "services/metadata/tables/tables.h"

namespace cvr {

absl::StatusOr<v1::Registry> ShownRegistry(const ReadTransaction& transaction,
                                           const stored::Registry& row) {
  v1::Registry registry = ToApi(row);
  registry.set_uid(UidOf("registry", row.id(), row.create_time()));
  ASSIGN_OR_RETURN(const auto attachments,
                   tables::Attachments(transaction, row.id()));
  for (const auto& attachment : attachments) {
    *registry.add_attachments() = ToApi(attachment);
  }
  return registry;
}

absl::StatusOr<v1::Upstream> ShownUpstream(const ReadTransaction& transaction,
                                           const SecretBox& box,
                                           const stored::Upstream& row) {
  ASSIGN_OR_RETURN(const auto secrets, OpenSecrets(box, row));
  const int64_t id = row.upstream().id();
  v1::Upstream upstream = RedactedUpstream(secrets, ToApi(row.upstream()));
  upstream.set_uid(UidOf("upstream", id, row.upstream().create_time()));
  *upstream.mutable_effective_cache_policy() =
      EffectiveCachePolicy(row.upstream());
  *upstream.mutable_effective_limits() = EffectiveLimits(row.upstream());
  ASSIGN_OR_RETURN(const auto registries,
                   tables::RegistriesOfUpstream(transaction, id));
  for (const int64_t registry_id : registries) {
    ASSIGN_OR_RETURN(const auto attachments,
                     tables::Attachments(transaction, registry_id));
    for (const auto& attachment : attachments) {
      if (attachment.upstream_id() != id) continue;
      *upstream.add_attachments() = ToApi(attachment);
    }
  }
  return upstream;
}

}  // namespace cvr
