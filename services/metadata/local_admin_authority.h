#ifndef SERVICES_METADATA_LOCAL_ADMIN_AUTHORITY_H_
#define SERVICES_METADATA_LOCAL_ADMIN_AUTHORITY_H_

#include "services/access/admin_authority.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/admin/audit_trail.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// The AdminAuthority itself. Thread-safe.
class LocalAdminAuthority : public AdminAuthority {
 public:
  // All must outlive it.
  LocalAdminAuthority(const MetadataStore& store, AccessTokenAdmin& tokens,
                      AuditTrail& trail, RequestReplays& replays)
      : store_(store), tokens_(tokens), trail_(trail), replays_(replays) {}

  absl::StatusOr<Admission> Authorize(
      absl::string_view secret,
      absl::Span<const AccessQuestion> questions) override;
  absl::StatusOr<std::optional<int64_t>> FindByKey(
      const ResourceKey& key) override;
  RequestReplays* replays() override { return &replays_; }
  void Record(v1::AuditEvent event) override;

 private:
  const MetadataStore& store_;
  AccessTokenAdmin& tokens_;
  AuditTrail& trail_;
  RequestReplays& replays_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_LOCAL_ADMIN_AUTHORITY_H_
