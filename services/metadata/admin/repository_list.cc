#include "services/metadata/admin/repository_list.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/content.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/metadata/resolution/upstream_route.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/reachability_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

bool IsServed(const UpstreamRoute& route, const std::string& name) {
  return !route.disabled && !route.WhyRepositoryExcluded(name);
}

// The first repository after `last` that one of the upstreams serves.
absl::StatusOr<std::optional<std::string>> NextName(
    const ReadTransaction& transaction, const Routes& routes,
    const std::string& last) {
  std::optional<std::string> next;
  for (const UpstreamRoute& route : routes) {
    RETURN_IF_ERROR(tables::VisitRepositories(
        transaction, route.upstream_id, route.purge_mark, last,
        [&](const std::string& name) -> absl::StatusOr<bool> {
          if (!IsServed(route, name)) return true;
          if (!next || name < *next) next = name;
          return false;
        }));
  }
  return next;
}

void Add(const stored::CacheEntry& entry, const ContentRef& content,
         v1::CachedRepository& repository) {
  const bool is_manifest = content.kind == ContentKind::kManifest;
  if (is_manifest && !content.reference.is_digest()) {
    repository.set_tag_count(repository.tag_count() + 1);
  }
  repository.set_entry_count(repository.entry_count() + 1);
  repository.set_size_bytes(repository.size_bytes() + entry.size());
  if (entry.has_downloaded_at() && (!repository.has_last_pull_time() ||
                                    FromWire(repository.last_pull_time()) <
                                        FromWire(entry.downloaded_at()))) {
    *repository.mutable_last_pull_time() = entry.downloaded_at();
  }
}

// What the upstreams' entries say of the repository.
absl::StatusOr<v1::CachedRepository> Describe(
    const ReadTransaction& transaction, const Routes& routes,
    const std::string& name) {
  v1::CachedRepository repository;
  repository.set_name(name);
  // Of a tag that several upstreams have, each entry counts as one.
  for (const UpstreamRoute& route : routes) {
    if (!IsServed(route, name)) continue;
    for (const char* kind : {"manifests", "blobs"}) {
      RETURN_IF_ERROR(tables::VisitCacheEntriesAt(
          transaction, route.upstream_id,
          absl::StrCat("/", name, "/", kind, "/"),
          [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
            ASSIGN_OR_RETURN(const auto content,
                             ParseRelativePath(entry.relative_path()));
            // A repository may be called `<name>/blobs/more`.
            if (content.repository.name() == name) {
              Add(entry, content, repository);
            }
            return true;
          }));
    }
  }
  return repository;
}

}  // namespace

absl::StatusOr<v1::ListRepositoriesResponse> RepositoryList::List(
    const v1::ListRepositoriesRequest& request) {
  const std::string scope = KeyBuilder()
                                .String("repositories")
                                .Rest(absl::StrCat(request.registry_id()))
                                .Build();
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(std::string last,
                   ParsePageToken(scope, request.page_token()));
  ASSIGN_OR_RETURN(const auto registry, routes_.Get(request.registry_id()));
  if (registry == nullptr) {
    return errors::NoSuch("registry", absl::StrCat(request.registry_id()));
  }
  RETURN_IF_ERROR(pulls_.Flush());
  v1::ListRepositoriesResponse response;
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        while (true) {
          ASSIGN_OR_RETURN(const auto name,
                           NextName(transaction, registry->upstreams, last));
          if (!name) return absl::OkStatus();
          ASSIGN_OR_RETURN(auto repository,
                           Describe(transaction, registry->upstreams, *name));
          // Of one whose entries are gone it is still known what it had.
          if (repository.entry_count() > 0) {
            if (response.repositories_size() == page_size) {
              response.set_next_page_token(MakePageToken(
                  scope, response.repositories(page_size - 1).name()));
              return absl::OkStatus();
            }
            *response.add_repositories() = std::move(repository);
          }
          last = *name;
        }
      }));
  return response;
}

}  // namespace cvr
