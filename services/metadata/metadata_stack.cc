#include "services/metadata/metadata_stack.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin_services.h"
#include "services/metadata/download_counter.h"
#include "services/metadata/local_metadata_client.h"
#include "services/metadata/local_resolver.h"
#include "services/metadata/resolution_service.h"
#include "services/metadata/rocksdb_metadata_store.h"
#include "services/metadata/route_cache.h"
#include "services/metadata/secret_box.h"
#include "services/metadata/store_key.h"
#include "services/metadata/tables.h"
#include "services/metadata/transactions.h"
#include "services/metadata/watched_metadata_store.h"

namespace cvr {
namespace {

class Stack : public MetadataStack {
 public:
  Stack(std::unique_ptr<MetadataStore> store, std::unique_ptr<SecretBox> box,
        const Options& options)
      : store_(std::move(store), {Table::kRegistries, Table::kUpstreams,
                                  Table::kRegistryUpstreams}),
        box_(std::move(box)),
        routes_(store_),
        downloads_(store_,
                   {.flush_interval = options.downloads_flush_interval}),
        groups_(store_, *options.clock),
        registries_(store_, *options.clock, options.limits),
        upstreams_(store_, *box_, *options.clock),
        attachments_(store_, options.limits),
        cache_entries_(store_, downloads_, *options.clock),
        resolver_(store_, routes_, downloads_, *options.clock),
        client_(store_, *box_, *options.clock) {
    store_.SetOnChange([this] { routes_.Invalidate(); });
  }

  absl::StatusOr<bool> IsNew() const override {
    return ReadValue<bool>(
        store_, [](const ReadTransaction& transaction) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(const bool had_registry,
                           tables::IsUsed(transaction, tables::kRegistryIds));
          ASSIGN_OR_RETURN(const bool had_upstream,
                           tables::IsUsed(transaction, tables::kUpstreamIds));
          return !had_registry && !had_upstream;
        });
  }

  absl::StatusOr<v1::Registry> Bootstrap(
      const v1::Registry& registry, const v1::Upstream& upstream) override {
    return WriteValue<v1::Registry>(
        store_,
        [&](WriteTransaction& transaction) -> absl::StatusOr<v1::Registry> {
          ASSIGN_OR_RETURN(const auto to,
                           upstreams_.CreateIn(transaction, upstream));
          ASSIGN_OR_RETURN(auto made,
                           registries_.CreateIn(transaction, registry));
          ASSIGN_OR_RETURN(
              *made.add_upstreams(),
              attachments_.AttachIn(transaction, made.id(), to.id()));
          return made;
        });
  }

  GroupAdmin& groups() override { return groups_; }
  RegistryAdmin& registries() override { return registries_; }
  UpstreamAdmin& upstreams() override { return upstreams_; }
  AttachmentAdmin& attachments() override { return attachments_; }
  CacheEntryAdmin& cache_entries() override { return cache_entries_; }
  Resolver& resolver() override { return resolver_; }
  MetadataClient& client() override { return client_; }

  std::vector<grpc::Service*> admin_services() override {
    return {&group_service_, &registry_service_, &upstream_service_,
            &cache_entry_service_};
  }
  grpc::Service* resolution_service() override { return &resolution_service_; }

 private:
  // In the order of their dependence: what is below uses what is above.
  WatchedMetadataStore store_;
  const std::unique_ptr<SecretBox> box_;
  RouteCache routes_;
  DownloadCounter downloads_;

  GroupAdmin groups_;
  RegistryAdmin registries_;
  UpstreamAdmin upstreams_;
  AttachmentAdmin attachments_;
  CacheEntryAdmin cache_entries_;
  LocalResolver resolver_;
  LocalMetadataClient client_;

  GroupServiceImpl group_service_{groups_};
  RegistryServiceImpl registry_service_{registries_};
  UpstreamServiceImpl upstream_service_{upstreams_, attachments_};
  CacheEntryServiceImpl cache_entry_service_{cache_entries_};
  ResolutionServiceImpl resolution_service_{resolver_, client_};
};

absl::Status MakeDataDir(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (!error && made) fs::permissions(path, fs::perms::owner_all, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("data directory ", path, ": ", error.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetadataStack>> MetadataStack::Open(
    const Options& options) {
  RETURN_IF_ERROR(MakeDataDir(options.data_dir));
  ASSIGN_OR_RETURN(auto store,
                   RocksDbMetadataStore::Open(options.data_dir + "/store"));
  ASSIGN_OR_RETURN(auto box,
                   OpenStoreKey(options.data_dir + "/secret.key", *store));
  auto stack =
      std::make_unique<Stack>(std::move(store), std::move(box), options);
  RETURN_IF_ERROR(stack->groups().EnsureDefault());
  return stack;
}

}  // namespace cvr
