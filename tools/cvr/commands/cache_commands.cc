#include "tools/cvr/commands/cache_commands.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "cvr/v1/download_service.grpc.pb.h"
#include "cvr/v1/refresh_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/deletion.h"

namespace cvr {
namespace {

using Stub = v1::CacheService::Stub;

std::string PurgeText(const v1::PurgeResult& result) {
  return absl::StrCat(result.entries(), " cache entries deleted; bytes: ",
                      SizeText(result.bytes()), "\n");
}

void AddPurgeUpstream(CommandGroup& purge) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command =
      purge.Add("upstream", "Delete all cached content of an upstream",
                [id](Session& session) -> absl::Status {
                  v1::PurgeUpstreamCacheRequest request;
                  request.set_upstream_id(*id);
                  ASSIGN_OR_RETURN(
                      const v1::PurgeResult result,
                      session.server.Call(&Stub::PurgeUpstreamCache, request));
                  session.output.PrintObject(result, PurgeText);
                  return absl::OkStatus();
                });
  AddId(command, "ID", *id, "ID of the upstream")->required();
}

void AddPurgeRegistry(CommandGroup& purge) {
  const auto id = std::make_shared<int64_t>(0);
  const auto include_shared = std::make_shared<bool>(false);
  CLI::App& command = purge.Add(
      "registry", "Delete all cached content of a registry's upstreams",
      [id, include_shared](Session& session) -> absl::Status {
        v1::PurgeRegistryCacheRequest request;
        request.set_registry_id(*id);
        request.set_include_shared(*include_shared);
        ASSIGN_OR_RETURN(
            const v1::PurgeResult result,
            session.server.Call(&Stub::PurgeRegistryCache, request));
        session.output.PrintObject(result, PurgeText);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the registry")->required();
  command.add_flag("--include-shared", *include_shared,
                   "Include upstreams that are shared with other registries");
}

void AddPurgeEntry(CommandGroup& purge) {
  const auto ids = std::make_shared<std::vector<int64_t>>();
  CLI::App& command = purge.Add(
      "entry", "Delete single cache entries (same as cvr entry delete)",
      [ids](Session& session) -> absl::Status {
        for (const int64_t id : *ids) {
          using Entries = v1::CacheEntryService::Stub;
          v1::GetCacheEntryRequest get;
          get.set_id(id);
          v1::DeleteCacheEntryRequest request;
          request.set_id(id);
          RETURN_IF_ERROR(DeleteOne(session, &Entries::GetCacheEntry, get,
                                    &Entries::DeleteCacheEntry, request,
                                    absl::StrCat("cache entry ", id)));
        }
        return absl::OkStatus();
      });
  AddIds(command, "ID", *ids, "IDs of the cache entries")->required();
}

std::string RefreshText(const v1::RefreshTagResponse& response) {
  std::string before = response.previous_digest();
  if (before.empty()) before = "not cached";
  if (before == response.digest()) before = "unchanged";
  FieldTable fields;
  fields.Add("digest", response.digest());
  fields.Add("before", before);
  fields.Add("media type", response.media_type());
  fields.Add("size", SizeText(response.size()));
  fields.Add("upstream", absl::StrCat(response.upstream_id()));
  return fields.ToString();
}

// `library/alpine:3.20`; without a tag it is `latest`, as clients have it.
absl::StatusOr<v1::RefreshTagRequest> ParseTag(const std::string& image) {
  v1::RefreshTagRequest request;
  if (image.find('@') != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", image,
        "' is a digest reference; digests never change, so give a tag"));
  }
  const size_t colon = image.find(':');
  request.set_repository(image.substr(0, colon));
  request.set_tag(colon == std::string::npos ? "latest"
                                             : image.substr(colon + 1));
  return request;
}

void AddRefresh(CLI::App& root, Action* chosen) {
  const auto id = std::make_shared<int64_t>(0);
  const auto image = std::make_shared<std::string>();
  CLI::App& command = AddCommand(
      root, "refresh",
      "Revalidate a tag with the upstreams now, even if it is still fresh",
      chosen, [id, image](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(v1::RefreshTagRequest request, ParseTag(*image));
        request.set_registry_id(*id);
        ASSIGN_OR_RETURN(const v1::RefreshTagResponse response,
                         session.blob_server.Call(
                             &v1::RefreshService::Stub::RefreshTag, request));
        session.output.PrintObject(response, RefreshText);
        return absl::OkStatus();
      });
  AddId(command, "REGISTRY", *id, "ID of the registry")->required();
  command.add_option("IMAGE", *image, "library/alpine:3.20")->required();
}

std::string StatsText(const v1::CacheStats& stats) {
  TextTable table({{"UPSTREAM", TextTable::Align::kRight},
                   {"GROUP"},
                   {"NAME"},
                   {"ENTRIES", TextTable::Align::kRight},
                   {"BYTES", TextTable::Align::kRight},
                   {"DOWNLOADS", TextTable::Align::kRight}});
  int64_t entries = 0;
  int64_t bytes = 0;
  int64_t downloads = 0;
  for (const v1::UpstreamCacheStats& upstream : stats.upstreams()) {
    table.AddRow({absl::StrCat(upstream.upstream_id()), upstream.group(),
                  upstream.name(), absl::StrCat(upstream.entries()),
                  SizeText(upstream.bytes()),
                  absl::StrCat(upstream.downloads())});
    entries += upstream.entries();
    bytes += upstream.bytes();
    downloads += upstream.downloads();
  }
  FieldTable sums;
  sums.Add("registries", absl::StrCat(stats.registries()));
  sums.Add("upstreams", absl::StrCat(stats.upstreams_size()));
  sums.Add("cache entries", absl::StrCat(entries));
  sums.Add("entries size", SizeText(bytes));
  sums.Add("downloads", absl::StrCat(downloads));
  return absl::StrCat(table.ToString(), "\n", sums.ToString());
}

std::string StorageText(const v1::StorageStats& stats) {
  FieldTable fields;
  fields.Add("stored blobs", absl::StrCat(stats.blobs()));
  fields.Add("stored size", SizeText(stats.bytes()));
  fields.Add("maximum size",
             stats.bytes_max() == 0 ? "no limit" : SizeText(stats.bytes_max()));
  fields.Add("free disk space", SizeText(stats.disk_free_bytes()));
  fields.Add("downloads in progress", absl::StrCat(stats.downloads()));
  return fields.ToString();
}

absl::Status Stats(Session& session, const v1::GetCacheStatsRequest& request) {
  ASSIGN_OR_RETURN(const v1::CacheStats cache,
                   session.server.Call(&Stub::GetCacheStats, request));
  const auto storage =
      session.blob_server.Call(&v1::DownloadService::Stub::GetStorageStats,
                               v1::GetStorageStatsRequest());
  // The store is the whole service's: who manages one group may not see it.
  const std::string unknown =
      absl::StrCat("cannot read the storage statistics from the blob service: ",
                   storage.status().message(), "\n");
  session.output.Print(
      absl::StrCat(StatsText(cache), "\n",
                   storage.ok() ? StorageText(*storage) : unknown),
      absl::StrCat(
          "{\"cache\": ", ToJson(cache, /*pretty=*/true), ", \"storage\": ",
          storage.ok() ? ToJson(*storage, /*pretty=*/true) : "null", "}\n"));
  return absl::OkStatus();
}

void AddStats(CLI::App& root, Action* chosen) {
  const auto request = std::make_shared<v1::GetCacheStatsRequest>();
  CLI::App& command = AddCommand(
      root, "stats", "Show cache and storage statistics", chosen,
      [request](Session& session) { return Stats(session, *request); });
  command.add_option("--group", *request->mutable_group(),
                     "Only the upstreams of this group");
}

}  // namespace

void AddCacheCommands(CLI::App& root, Action* chosen) {
  CommandGroup purge(
      root, "purge",
      "Delete cached content, so that the next pull asks the upstream", chosen);
  AddPurgeUpstream(purge);
  AddPurgeRegistry(purge);
  AddPurgeEntry(purge);
  AddRefresh(root, chosen);
  AddStats(root, chosen);
}

}  // namespace cvr
