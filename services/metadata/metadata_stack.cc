#include "services/metadata/metadata_stack.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/admin_token.h"
#include "services/metadata/admin/cleanup_runner.h"
#include "services/metadata/admin/repository_list.h"
#include "services/metadata/admin_services.h"
#include "services/metadata/auth_service.h"
#include "services/metadata/cache_record_service.h"
#include "services/metadata/forwarding/forwarding_services.h"
#include "services/metadata/local_admin_authority.h"
#include "services/metadata/local_token_authority.h"
#include "services/metadata/operation_services.h"
#include "services/metadata/replays/stored_replays.h"
#include "services/metadata/resolution/cache_catalog.h"
#include "services/metadata/resolution/explainer.h"
#include "services/metadata/resolution/local_resolver.h"
#include "services/metadata/resolution/migration.h"
#include "services/metadata/resolution/pull_counter.h"
#include "services/metadata/resolution/refresh_queue.h"
#include "services/metadata/resolution/route_cache.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/resolution_service.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/secrets/store_key.h"
#include "services/metadata/server_info.h"
#include "services/metadata/store/rocksdb_metadata_store.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/name_tables.h"
#include "services/metadata/tables/possession.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/watch/change_log.h"
#include "services/metadata/watch/resource_watch.h"
#include "services/metadata/watch_services.h"
#include "services/rpc/call_guard.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

absl::Status MakeDataDir(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (!error && made) fs::permissions(path, fs::perms::owner_all, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot use data directory ", path, ": ", error.message()));
}

}  // namespace

// In the order of their dependence: what is below uses what is above.
struct MetadataStack::Parts {
  Parts(std::unique_ptr<WatchedMetadataStore> watched,
        std::unique_ptr<SecretBox> key, std::unique_ptr<ChangeLog> log,
        const Options& options)
      : change_log(std::move(log)),
        store(std::move(watched)),
        box(std::move(key)),
        sweeper(*store),
        routes(*store),
        pulls(*store, {.flush_interval = options.downloads_flush_interval}),
        operations(*store, *options.clock),
        replays(*store, *box, *options.clock),
        access_tokens(*store, *options.clock, options.signing.token_lifetime),
        groups(*store, *options.clock, sweeper, access_tokens),
        registries(*store, *options.clock, options.limits, sweeper,
                   access_tokens),
        attachments(*store, options.limits),
        caches(*store, pulls, refreshes, sweeper, operations),
        upstreams(*store, *box, *options.clock, attachments, sweeper, caches),
        cache_entries(*store, pulls, *options.clock),
        cleanup_policies(*store, pulls, operations, *options.clock),
        cleanup(*store, pulls, *options.clock,
                {.check_interval = options.cleanup_check_interval}),
        repositories(*store, routes, pulls),
        resolver(*store, routes, pulls, refreshes, *options.clock),
        explainer(*store, routes, *options.clock),
        client(*store, *box, refreshes, sweeper, *options.clock,
               options.client),
        signing_keys(*store, *box, *options.clock, options.signing),
        secret_rotation(*store, *box, signing_keys, operations),
        auth(*store, access_tokens, signing_keys, *options.clock),
        audit_trail(*store, options.audit_file, *options.clock, options.audit),
        authority(*store, access_tokens, audit_trail, replays),
        resource_watch(*store, *change_log, Readers()),
        server_info({.limits = options.limits,
                     .cache_entries_per_upstream =
                         options.client.entries_per_upstream_max,
                     .audit_events = options.audit.events_max,
                     .revision = options.source_revision,
                     .features = options.features}),
        fetch_forwarder(options.blob_instances, guard),
        refresh_forwarder(options.blob_instances, guard),
        state_forwarder(options.blob_instances, guard),
        test_forwarder(options.blob_instances, guard) {
    store->Listen(ChangeLog::kTables, *change_log);
    store->Watch(RouteCache::kTables, [this] {
      routes.Invalidate();
      auth.NoteChanged();
    });
    store->Watch(LocalTokenAuthority::kTables, [this] { auth.NoteRevoked(); });
    store->Watch(CleanupRunner::kTables,
                 [this] { cleanup.NotePolicyChange(); });
    store->Watch(Operations::kTables, [this] { operations.NoteChange(); });
    RegisterOperations();
  }

  // What works on operations is gone before they are.
  ~Parts() {
    operations.Stop();
    operations.Join();
  }

  // As Get methods answer them.
  ResourceReaders Readers() {
    return {.group =
                [this](const std::string& name) {
                  v1::GetGroupRequest request;
                  request.set_name(name);
                  return groups.Get(request);
                },
            .registry =
                [this](int64_t id) {
                  v1::GetRegistryRequest request;
                  request.set_id(id);
                  return registries.Get(request);
                },
            .upstream =
                [this](int64_t id) {
                  v1::GetUpstreamRequest request;
                  request.set_id(id);
                  return upstreams.Get(request);
                }};
  }

  // What works on operations of this process.
  void RegisterOperations() {
    const auto remove = [this](OperationRun& run) {
      return caches.Remove(run);
    };
    operations.Register(CacheAdmin::kPurgeUpstream, remove);
    operations.Register(CacheAdmin::kPurgeRegistry, remove);
    operations.Register(
        CleanupPolicyAdmin::kRunCleanup,
        [this](OperationRun& run) { return cleanup.RunFor(run); });
    operations.Register(SecretRotation::kRotate, [this](OperationRun& run) {
      return secret_rotation.RotateFor(run);
    });
  }

  const std::unique_ptr<ChangeLog> change_log;
  const std::unique_ptr<WatchedMetadataStore> store;
  const std::unique_ptr<SecretBox> box;
  Sweeper sweeper;
  RouteCache routes;
  PullCounter pulls;
  RefreshQueue refreshes;
  Operations operations;
  StoredReplays replays;

  AccessTokenAdmin access_tokens;
  GroupAdmin groups;
  RegistryAdmin registries;
  AttachmentAdmin attachments;
  CacheAdmin caches;
  UpstreamAdmin upstreams;
  CacheEntryAdmin cache_entries;
  CleanupPolicyAdmin cleanup_policies;
  CleanupRunner cleanup;
  RepositoryList repositories;
  LocalResolver resolver;
  Explainer explainer;
  CacheCatalog client;
  SigningKeys signing_keys;
  SecretRotation secret_rotation;
  LocalTokenAuthority auth;
  AuditTrail audit_trail;
  LocalAdminAuthority authority;
  CallGuard guard{authority};
  ResourceWatch resource_watch;
  const ServerInfo server_info;

  GroupServiceImpl group_service{groups, guard};
  RegistryServiceImpl registry_service{registries, repositories, guard};
  UpstreamServiceImpl upstream_service{upstreams, guard};
  AttachmentServiceImpl attachment_service{attachments, guard};
  CacheEntryServiceImpl cache_entry_service{cache_entries, guard};
  CleanupPolicyServiceImpl cleanup_policy_service{cleanup_policies, guard};
  CacheServiceImpl cache_service{caches, guard};
  AccessTokenServiceImpl access_token_service{access_tokens, guard};
  AuditServiceImpl audit_service{audit_trail, guard};
  SecretServiceImpl secret_service{secret_rotation, guard};
  OperationServiceImpl operation_service{operations, guard};
  WatchServiceImpl watch_service{resource_watch, guard};
  ServerServiceImpl server_service{server_info, guard};
  FacadeServiceImpl facade_service{cleanup_policies, guard};
  FetchForwarder fetch_forwarder;
  RefreshForwarder refresh_forwarder;
  UpstreamStateForwarder state_forwarder;
  UpstreamTestForwarder test_forwarder;
  ResolutionServiceImpl resolution_service{resolver};
  CacheRecordServiceImpl cache_record_service{client};
  OperationRecordServiceImpl operation_record_service{operations};
  ExplainServiceImpl explain_service{explainer, guard};
  AuthServiceImpl auth_service{auth, authority};
};

absl::StatusOr<std::unique_ptr<MetadataStack>> MetadataStack::Open(
    const Options& options) {
  RETURN_IF_ERROR(MakeDataDir(options.data_dir));
  ASSIGN_OR_RETURN(auto store,
                   RocksDbMetadataStore::Open(options.data_dir + "/store"));
  ASSIGN_OR_RETURN(auto box, OpenStoreKey(options.secret_key_file.empty()
                                              ? options.data_dir + "/secret.key"
                                              : options.secret_key_file,
                                          *store));
  return OpenOver(std::move(store), std::move(box), options);
}

absl::StatusOr<std::unique_ptr<MetadataStack>> MetadataStack::OpenOver(
    std::unique_ptr<MetadataStore> store, std::unique_ptr<SecretBox> box,
    const Options& options) {
  RETURN_IF_ERROR(Migrate(*store));
  RETURN_IF_ERROR(tables::EnterUpstreamNames(*store));
  ASSIGN_OR_RETURN(auto change_log, ChangeLog::Open(*store, {}));
  auto stack =
      std::unique_ptr<MetadataStack>(new MetadataStack(std::make_unique<Parts>(
          std::make_unique<WatchedMetadataStore>(std::move(store)),
          std::move(box), std::move(change_log), options)));
  // What rows of format version 3 lack.
  RETURN_IF_ERROR(possession::AssignMissing(*stack->parts_->store));
  RETURN_IF_ERROR(stack->groups().EnsureDefault());
  const absl::Status sealed = stack->secret_rotation().Finish();
  // All secrets open as it is.
  if (!sealed.ok()) {
    spdlog::warn(
        "secret key rotation is not finished (run `cvr secret rotate-key` "
        "again): {}",
        sealed.ToString());
  }
  RETURN_IF_ERROR(
      EnsureAdminToken(stack->access_tokens(), options.admin_token_file));
  stack->parts_->operations.Start();
  stack->parts_->replays.Start();
  stack->parts_->cleanup.Start();
  stack->parts_->sweeper.Start();
  return stack;
}

MetadataStack::MetadataStack(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}

MetadataStack::~MetadataStack() = default;

absl::StatusOr<bool> MetadataStack::IsNew() const {
  return ReadValue<bool>(
      *parts_->store,
      [](const ReadTransaction& transaction) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const bool had_registry,
                         tables::IsUsed(transaction, tables::kRegistryIds));
        ASSIGN_OR_RETURN(const bool had_upstream,
                         tables::IsUsed(transaction, tables::kUpstreamIds));
        return !had_registry && !had_upstream;
      });
}

absl::StatusOr<v1::Registry> MetadataStack::Bootstrap(
    const v1::Registry& registry, const v1::Upstream& upstream) {
  return WriteValue<v1::Registry>(
      *parts_->store,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::Registry> {
        ASSIGN_OR_RETURN(const auto to,
                         parts_->upstreams.CreateIn(transaction, upstream));
        ASSIGN_OR_RETURN(auto made,
                         parts_->registries.CreateIn(transaction, registry));
        ASSIGN_OR_RETURN(
            *made.add_attachments(),
            parts_->attachments.AttachIn(transaction, made.id(), to.id()));
        return made;
      });
}

GroupAdmin& MetadataStack::groups() { return parts_->groups; }
RegistryAdmin& MetadataStack::registries() { return parts_->registries; }
UpstreamAdmin& MetadataStack::upstreams() { return parts_->upstreams; }
AttachmentAdmin& MetadataStack::attachments() { return parts_->attachments; }
CacheEntryAdmin& MetadataStack::cache_entries() {
  return parts_->cache_entries;
}
CleanupPolicyAdmin& MetadataStack::cleanup_policies() {
  return parts_->cleanup_policies;
}
CacheAdmin& MetadataStack::caches() { return parts_->caches; }
Resolver& MetadataStack::resolver() { return parts_->resolver; }
Explainer& MetadataStack::explainer() { return parts_->explainer; }
MetadataClient& MetadataStack::client() { return parts_->client; }
AccessTokenAdmin& MetadataStack::access_tokens() {
  return parts_->access_tokens;
}
TokenAuthority& MetadataStack::auth() { return parts_->auth; }
SecretRotation& MetadataStack::secret_rotation() {
  return parts_->secret_rotation;
}
Operations& MetadataStack::operations() { return parts_->operations; }
OperationRecorder& MetadataStack::operation_recorder() {
  return parts_->operations;
}
AdminAuthority& MetadataStack::authority() { return parts_->authority; }

std::vector<grpc::Service*> MetadataStack::admin_services() {
  return {&parts_->group_service,          &parts_->registry_service,
          &parts_->upstream_service,       &parts_->cache_entry_service,
          &parts_->cleanup_policy_service, &parts_->access_token_service,
          &parts_->audit_service,          &parts_->explain_service,
          &parts_->cache_service,          &parts_->secret_service,
          &parts_->attachment_service,     &parts_->operation_service,
          &parts_->watch_service,          &parts_->server_service,
          &parts_->facade_service};
}

std::vector<grpc::Service*> MetadataStack::forwarding_services() {
  return {&parts_->fetch_forwarder, &parts_->refresh_forwarder,
          &parts_->state_forwarder, &parts_->test_forwarder};
}

grpc::Service* MetadataStack::operation_record_service() {
  return &parts_->operation_record_service;
}

grpc::Service* MetadataStack::resolution_service() {
  return &parts_->resolution_service;
}

grpc::Service* MetadataStack::cache_record_service() {
  return &parts_->cache_record_service;
}

grpc::Service* MetadataStack::auth_service() { return &parts_->auth_service; }

void MetadataStack::Shutdown() {
  parts_->fetch_forwarder.Stop();
  parts_->change_log->Stop();
  parts_->audit_trail.Stop();
  parts_->operations.Stop();
  parts_->replays.Stop();
  parts_->cleanup.Stop();
  parts_->sweeper.Stop();
  parts_->auth.Shutdown();
}

}  // namespace cvr
