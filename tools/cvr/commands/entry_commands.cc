#include "tools/cvr/commands/entry_commands.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/deletion.h"

namespace cvr {
namespace {

using Stub = v1::CacheEntryService::Stub;

std::string AsTable(const std::vector<v1::CacheEntry>& entries) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"UPSTREAM", TextTable::Align::kRight},
                   {"PATH"},
                   {"MEDIA TYPE"},
                   {"SIZE", TextTable::Align::kRight},
                   {"PULLS", TextTable::Align::kRight},
                   {"CHECKED"}});
  for (const v1::CacheEntry& entry : entries) {
    table.AddRow({absl::StrCat(entry.id()), absl::StrCat(entry.upstream_id()),
                  entry.relative_path(), entry.media_type(),
                  SizeText(entry.size_bytes()),
                  absl::StrCat(entry.pull_count()),
                  TimeText(entry.last_check_time())});
  }
  return table.ToString();
}

std::string AsFields(const v1::CacheEntry& entry) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(entry.id()));
  fields.Add("upstream", absl::StrCat(entry.upstream_id()));
  fields.Add("path", entry.relative_path());
  fields.Add("digest", entry.digest());
  fields.Add("media type", entry.media_type());
  fields.Add("size", SizeText(entry.size_bytes()));
  fields.Add("state", EnumText(entry.state()));
  fields.Add("upstream etag", entry.upstream_etag());
  fields.Add("checked", TimeText(entry.last_check_time()));
  fields.Add("pulls", absl::StrCat(entry.pull_count()));
  fields.Add("last pulled", TimeText(entry.last_pull_time()));
  fields.Add("created", TimeText(entry.create_time()));
  fields.Add("updated", TimeText(entry.update_time()));
  return fields.ToString();
}

struct EntryListOptions {
  std::string upstream;
  std::optional<std::string> group;
  ListOptions list;
};

absl::Status List(Session& session, const EntryListOptions& options) {
  v1::ListCacheEntriesRequest request;
  if (!options.upstream.empty()) {
    SetResource("upstream", options.upstream, options.group, request);
  }
  request.set_filter(options.list.Filter());
  request.set_order_by(options.list.order_by);
  ASSIGN_OR_RETURN(const auto found,
                   session.server.List(
                       &Stub::ListCacheEntries,
                       &v1::ListCacheEntriesResponse::cache_entries, request));
  session.output.PrintList(found, AsTable);
  return absl::OkStatus();
}

void AddList(CommandGroup& entries) {
  const auto options = std::make_shared<EntryListOptions>();
  CLI::App& command = entries.Add(
      "list", "List cache entries",
      [options](Session& session) { return List(session, *options); });
  AddResourceName(command, "--upstream", options->upstream,
                  "Only entries of this upstream");
  AddGroupOfName(command, options->group);
  AddListOptions(command, options->list, "relative_path, digest, media_type",
                 "id or 'create_time desc'");
}

absl::StatusOr<v1::CacheEntry> Get(Session& session, int64_t id) {
  v1::GetCacheEntryRequest request;
  request.set_id(id);
  return session.server.Call(&Stub::GetCacheEntry, request);
}

void AddGet(CommandGroup& entries) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = entries.Add(
      "get", "Show a cache entry", [id](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const v1::CacheEntry entry, Get(session, *id));
        session.output.PrintObject(entry, AsFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the cache entry")->required();
}

std::string ExpiredText(const v1::ExpireCacheEntryResponse& response) {
  return AsFields(response.cache_entry());
}

void AddExpire(CommandGroup& entries) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = entries.Add(
      "expire",
      "Mark a cache entry so that the next pull asks the upstream; the cached "
      "content is kept for when the upstream is down",
      [id](Session& session) -> absl::Status {
        v1::ExpireCacheEntryRequest request;
        request.set_id(*id);
        ASSIGN_OR_RETURN(const v1::ExpireCacheEntryResponse response,
                         session.server.Call(&Stub::ExpireCacheEntry, request));
        session.output.PrintObject(response, ExpiredText);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the cache entry")->required();
}

struct EntryDeleteOptions {
  std::vector<int64_t> ids;
  bool allow_missing = true;
};

// What one call may delete.
constexpr size_t kBatchMax = 1000;

absl::Status DeleteOfUpstream(Session& session, int64_t upstream_id,
                              const std::vector<int64_t>& ids) {
  for (size_t begin = 0; begin < ids.size(); begin += kBatchMax) {
    const size_t end = std::min(begin + kBatchMax, ids.size());
    v1::BatchDeleteCacheEntriesRequest request;
    request.set_upstream_id(upstream_id);
    request.mutable_ids()->Add(ids.begin() + static_cast<ptrdiff_t>(begin),
                               ids.begin() + static_cast<ptrdiff_t>(end));
    ASSIGN_OR_RETURN(
        const v1::BatchDeleteCacheEntriesResponse response,
        session.server.Call(&Stub::BatchDeleteCacheEntries, request));
    session.output.PrintNote(
        absl::StrCat("upstream ", upstream_id,
                     ": cache entries deleted: ", response.deleted_count()));
  }
  return absl::OkStatus();
}

// Deletes none when one cannot be found that must exist.
absl::Status DeleteMany(Session& session, const EntryDeleteOptions& options) {
  std::map<int64_t, std::vector<int64_t>> by_upstream;
  for (const int64_t id : options.ids) {
    const auto entry = Get(session, id);
    if (entry.ok()) {
      by_upstream[entry->upstream_id()].push_back(id);
    } else if (options.allow_missing && absl::IsNotFound(entry.status())) {
      session.output.PrintNote(
          absl::StrCat("there is no cache entry ", id, ": nothing to delete"));
    } else {
      return entry.status();
    }
  }
  for (const auto& [upstream_id, ids] : by_upstream) {
    RETURN_IF_ERROR(DeleteOfUpstream(session, upstream_id, ids));
  }
  return absl::OkStatus();
}

absl::Status Delete(Session& session, const EntryDeleteOptions& options) {
  if (options.ids.size() > 1) return DeleteMany(session, options);
  const int64_t id = options.ids.front();
  v1::GetCacheEntryRequest get;
  get.set_id(id);
  v1::DeleteCacheEntryRequest request;
  request.set_id(id);
  request.set_allow_missing(options.allow_missing);
  return DeleteOne(session, &Stub::GetCacheEntry, get, &Stub::DeleteCacheEntry,
                   request, absl::StrCat("cache entry ", id));
}

void AddDelete(CommandGroup& entries) {
  const auto options = std::make_shared<EntryDeleteOptions>();
  CLI::App& command = entries.Add(
      "delete", "Delete cache entries, so that the next pull asks the upstream",
      [options](Session& session) { return Delete(session, *options); });
  AddIds(command, "ID", options->ids, "IDs of the cache entries")->required();
  AddAllowMissing(command, options->allow_missing);
}

}  // namespace

void AddEntryCommands(CLI::App& root, Action* chosen) {
  CommandGroup entries(root, "entry",
                       "Manage cache entries (cached manifests and blobs)",
                       chosen);
  AddList(entries);
  AddGet(entries);
  AddExpire(entries);
  AddDelete(entries);
}

}  // namespace cvr
