#include "tools/cvr/commands/entry_commands.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/size_option.h"
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
                   {"DOWNLOADS", TextTable::Align::kRight},
                   {"CHECKED"}});
  for (const v1::CacheEntry& entry : entries) {
    table.AddRow({absl::StrCat(entry.id()), absl::StrCat(entry.upstream_id()),
                  entry.relative_path(), entry.media_type(),
                  SizeText(entry.size()), absl::StrCat(entry.downloads_count()),
                  TimeText(entry.upstream_checked_at())});
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
  fields.Add("size", SizeText(entry.size()));
  fields.Add("status", EnumText(entry.status()));
  fields.Add("upstream etag", entry.upstream_etag());
  fields.Add("checked", TimeText(entry.upstream_checked_at()));
  fields.Add("downloads", absl::StrCat(entry.downloads_count()));
  fields.Add("downloaded", TimeText(entry.downloaded_at()));
  fields.Add("created", TimeText(entry.create_time()));
  fields.Add("updated", TimeText(entry.update_time()));
  return fields.ToString();
}

struct ListOptions {
  int64_t upstream_id = 0;
  std::string path;
};

void AddList(CommandGroup& entries) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App& command = entries.Add(
      "list", "List cache entries",
      [options](Session& session) -> absl::Status {
        v1::ListCacheEntriesRequest request;
        request.set_upstream_id(options->upstream_id);
        request.set_path_contains(options->path);
        ASSIGN_OR_RETURN(
            const auto found,
            session.server.List(&Stub::ListCacheEntries,
                                &v1::ListCacheEntriesResponse::cache_entries,
                                request));
        session.output.PrintList(found, AsTable);
        return absl::OkStatus();
      });
  AddId(command, "--upstream", options->upstream_id,
        "Only entries of the upstream with this ID");
  command.add_option("--path", options->path,
                     "Only entries whose path contains this text");
}

void AddGet(CommandGroup& entries) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = entries.Add(
      "get", "Show a cache entry", [id](Session& session) -> absl::Status {
        v1::GetCacheEntryRequest request;
        request.set_id(*id);
        ASSIGN_OR_RETURN(const v1::CacheEntry entry,
                         session.server.Call(&Stub::GetCacheEntry, request));
        session.output.PrintObject(entry, AsFields);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id, "ID of the cache entry")->required();
}

void AddCreate(CommandGroup& entries) {
  const auto request = std::make_shared<v1::CreateCacheEntryRequest>();
  const auto entry = request->mutable_cache_entry();
  const auto upstream_id = std::make_shared<int64_t>(0);
  const auto size = std::make_shared<int64_t>(0);
  CLI::App& command = entries.Add(
      "create", "Create a cache entry for a path of an upstream",
      [request, upstream_id, size](Session& session) -> absl::Status {
        request->mutable_cache_entry()->set_upstream_id(*upstream_id);
        request->mutable_cache_entry()->set_size(*size);
        ASSIGN_OR_RETURN(
            const v1::CacheEntry created,
            session.server.Call(&Stub::CreateCacheEntry, *request));
        session.output.PrintObject(created, AsFields);
        return absl::OkStatus();
      });
  AddId(command, "--upstream", *upstream_id, "ID of the upstream")->required();
  command
      .add_option("--path", *entry->mutable_relative_path(),
                  "Path, for example /library/alpine/manifests/3.20")
      ->required();
  command
      .add_option("--digest", *entry->mutable_digest(),
                  "Digest of the content (sha256:...)")
      ->required();
  command
      .add_option("--media-type", *entry->mutable_media_type(),
                  "Media type of the content")
      ->required();
  command.add_option("--size", *size, "Of it, such as 528 or 10MiB")
      ->transform(SizeInBytes())
      ->type_name("SIZE")
      ->required();
  command.add_option("--upstream-etag", *entry->mutable_upstream_etag(),
                     "ETag header of the upstream, without quotes");
}

struct UpdateOptions {
  int64_t id = 0;
  std::optional<std::string> checked;
  std::optional<std::string> media_type;
};

absl::Status Update(Session& session, const UpdateOptions& options) {
  v1::UpdateCacheEntryRequest request;
  v1::CacheEntry& entry = *request.mutable_cache_entry();
  entry.set_id(options.id);
  if (options.checked) {
    ASSIGN_OR_RETURN(*entry.mutable_upstream_checked_at(),
                     ParseTimeBefore(*options.checked, absl::Now()));
    request.mutable_update_mask()->add_paths("upstream_checked_at");
  }
  if (options.media_type) {
    entry.set_media_type(*options.media_type);
    request.mutable_update_mask()->add_paths("media_type");
  }
  if (request.update_mask().paths().empty()) {
    return absl::InvalidArgumentError(
        "no changes given (see cvr entry update --help)");
  }
  ASSIGN_OR_RETURN(const v1::CacheEntry updated,
                   session.server.Call(&Stub::UpdateCacheEntry, request));
  session.output.PrintObject(updated, AsFields);
  return absl::OkStatus();
}

void AddUpdate(CommandGroup& entries) {
  const auto options = std::make_shared<UpdateOptions>();
  CLI::App& command = entries.Add(
      "update",
      "Change a cache entry; options that are not given keep their values",
      [options](Session& session) { return Update(session, *options); });
  AddId(command, "ID", options->id, "ID of the cache entry")->required();
  command
      .add_option("--checked", options->checked,
                  "Time of the last revalidation: an age (48h) or a timestamp. "
                  "An old value makes the next pull revalidate the tag")
      ->type_name("WHEN");
  command.add_option("--media-type", options->media_type,
                     "Media type of the content");
}

void AddDelete(CommandGroup& entries) {
  const auto ids = std::make_shared<std::vector<int64_t>>();
  CLI::App& command = entries.Add(
      "delete", "Delete cache entries, so that the next pull asks the upstream",
      [ids](Session& session) -> absl::Status {
        for (const int64_t id : *ids) {
          v1::GetCacheEntryRequest get;
          get.set_id(id);
          v1::DeleteCacheEntryRequest request;
          request.set_id(id);
          RETURN_IF_ERROR(DeleteOne(session, &Stub::GetCacheEntry, get,
                                    &Stub::DeleteCacheEntry, request,
                                    absl::StrCat("cache entry ", id)));
        }
        return absl::OkStatus();
      });
  AddIds(command, "ID", *ids, "IDs of the cache entries")->required();
}

}  // namespace

void AddEntryCommands(CLI::App& root, Action* chosen) {
  CommandGroup entries(root, "entry",
                       "Manage cache entries (cached manifests and blobs)",
                       chosen);
  AddCreate(entries);
  AddList(entries);
  AddGet(entries);
  AddUpdate(entries);
  AddDelete(entries);
}

}  // namespace cvr
