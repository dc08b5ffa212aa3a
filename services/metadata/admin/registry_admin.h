#ifndef SERVICES_METADATA_ADMIN_REGISTRY_ADMIN_H_
#define SERVICES_METADATA_ADMIN_REGISTRY_ADMIN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/registry_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/resources/admin_limits.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_registry.pb.h"

namespace cvr {

// What RegistryService promises, without the wire: keys of registries that
// exist are ids by now. Thread-safe.
class RegistryAdmin {
 public:
  // All must outlive it.
  RegistryAdmin(MetadataStore& store, const Clock& clock,
                const AdminLimits& limits, Sweeper& sweeper,
                AccessTokenAdmin& tokens)
      : store_(store),
        clock_(clock),
        limits_(limits),
        sweeper_(sweeper),
        tokens_(tokens) {}

  // With an id of the caller's choice if the request has one: no access token
  // that names it is left over from a registry that had it before.
  absl::StatusOr<v1::Registry> Create(const v1::CreateRegistryRequest& request);
  // As a part of a larger change.
  absl::StatusOr<v1::Registry> CreateIn(WriteTransaction& transaction,
                                        v1::Registry registry);

  absl::StatusOr<v1::Registry> Get(const v1::GetRegistryRequest& request) const;
  // Those that the caller may see.
  absl::StatusOr<v1::ListRegistriesResponse> List(
      const v1::ListRegistriesRequest& request, const Caller& caller) const;
  // An id is not chosen here: INVALID_ARGUMENT.
  absl::StatusOr<v1::Registry> Update(const v1::UpdateRegistryRequest& request);
  // The cache entries of upstreams that go with it are removed in the
  // background.
  absl::Status Delete(const v1::DeleteRegistryRequest& request);

 private:
  absl::StatusOr<v1::Registry> UpdateIn(
      WriteTransaction& transaction, const v1::UpdateRegistryRequest& request);
  // That a request names with a key that was of no registry when it came.
  absl::StatusOr<v1::Registry> Upsert(WriteTransaction& transaction,
                                      const v1::UpdateRegistryRequest& request);
  absl::StatusOr<v1::Registry> Change(WriteTransaction& transaction,
                                      const stored::Registry& before,
                                      const v1::UpdateRegistryRequest& request);
  // Sets `is_swept` when there are rows to be swept then.
  absl::Status DeleteIn(WriteTransaction& transaction,
                        const v1::DeleteRegistryRequest& request,
                        bool& is_swept);

  MetadataStore& store_;
  const Clock& clock_;
  const AdminLimits limits_;
  Sweeper& sweeper_;
  AccessTokenAdmin& tokens_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_REGISTRY_ADMIN_H_
