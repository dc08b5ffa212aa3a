#ifndef SERVICES_METADATA_METADATA_STACK_H_
#define SERVICES_METADATA_METADATA_STACK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "services/access/admin_authority.h"
#include "services/concurrency/clock.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/admin/attachment_admin.h"
#include "services/metadata/admin/audit_trail.h"
#include "services/metadata/admin/cache_admin.h"
#include "services/metadata/admin/cache_entry_admin.h"
#include "services/metadata/admin/cleanup_policy_admin.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/registry_admin.h"
#include "services/metadata/admin/upstream_admin.h"
#include "services/metadata/api/metadata_client.h"
#include "services/metadata/api/operation_recorder.h"
#include "services/metadata/api/resolver.h"
#include "services/metadata/api/token_authority.h"
#include "services/metadata/forwarding/forwarder.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/resolution/cache_catalog.h"
#include "services/metadata/resolution/explainer.h"
#include "services/metadata/resources/admin_limits.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/secrets/secret_rotation.h"
#include "services/metadata/secrets/signing_keys.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// The whole metadata service of one process, without a server: its store, its
// domain objects, its background threads and what they offer. Everything that
// is handed out lives as long as the stack. Thread-safe.
class MetadataStack {
 public:
  struct Options {
    // Made when missing, for the owner's eyes only. Holds `store`, which
    // belongs together with the key file: both are to be backed up together,
    // though not to the same place.
    std::string data_dir;
    // Where the key is that secrets are sealed with, made for a new store;
    // empty = `secret.key` in the data directory.
    std::string secret_key_file;
    AdminLimits limits;
    // Where the first start of a new data directory leaves the secret of a
    // token of scope ADMIN, for the owner's eyes only; empty = nowhere, and no
    // such token is made.
    std::string admin_token_file;
    SigningKeys::Options signing;
    AuditTrail::Options audit;
    // Where changes are written besides; may be null. Not owned; must outlive
    // the stack.
    AuditFile* audit_file = nullptr;
    CacheCatalog::Options client;
    // What forwarding_services() forward to.
    std::vector<BlobInstance> blob_instances;
    // What ServerService says of this installation besides its limits.
    std::string source_revision;
    std::vector<std::string> features;
    // How often download counts are written.
    absl::Duration downloads_flush_interval = absl::Seconds(5);
    // How often it is looked for cleanups that are due.
    absl::Duration cleanup_check_interval = absl::Minutes(1);
    // Not owned; must outlive the stack.
    const Clock* clock = &Clock::Real();
  };

  // Opens or makes the data directory. Errors, each naming what is wrong:
  // FAILED_PRECONDITION when it holds something else, a store of another
  // version, or a key that is missing or not the store's; UNAVAILABLE when it
  // cannot be used; DATA_LOSS when it is damaged.
  static absl::StatusOr<std::unique_ptr<MetadataStack>> Open(
      const Options& options);

  // On another store and key; `options.data_dir` is not used.
  // Errors: those of MetadataStore::Write.
  static absl::StatusOr<std::unique_ptr<MetadataStack>> OpenOver(
      std::unique_ptr<MetadataStore> store, std::unique_ptr<SecretBox> box,
      const Options& options);

  // Writes what is still in memory.
  ~MetadataStack();

  // Whether no registry and no upstream was ever made in the data directory.
  absl::StatusOr<bool> IsNew() const;

  // Makes a registry with one upstream, or nothing at all.
  // Errors: those of CreateRegistry, CreateUpstream and AttachUpstream.
  absl::StatusOr<v1::Registry> Bootstrap(const v1::Registry& registry,
                                         const v1::Upstream& upstream);

  GroupAdmin& groups();
  RegistryAdmin& registries();
  UpstreamAdmin& upstreams();
  AttachmentAdmin& attachments();
  CacheEntryAdmin& cache_entries();
  CleanupPolicyAdmin& cleanup_policies();
  CacheAdmin& caches();
  Resolver& resolver();
  Explainer& explainer();
  MetadataClient& client();
  AccessTokenAdmin& access_tokens();
  TokenAuthority& auth();
  SecretRotation& secret_rotation();
  Operations& operations();
  // For the blob service of this process.
  OperationRecorder& operation_recorder();
  AdminAuthority& authority();

  // For administrators.
  std::vector<grpc::Service*> admin_services();
  // For administrators, besides: what the blob services serve, where they are
  // other processes.
  std::vector<grpc::Service*> forwarding_services();
  // For the gateway; one method of it is for the blob service, too.
  grpc::Service* resolution_service();
  // For the blob service.
  grpc::Service* cache_record_service();
  grpc::Service* operation_record_service();
  // For the gateway.
  grpc::Service* auth_service();

  // Lets go whom a call keeps waiting, and begins no more work in the
  // background. To be called before the server that
  // offers the services is shut down.
  void Shutdown();

 private:
  struct Parts;

  explicit MetadataStack(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_METADATA_STACK_H_
