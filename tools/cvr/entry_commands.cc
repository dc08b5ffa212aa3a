#include "tools/cvr/entry_commands.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "protos/cvr/v1/cache_entry_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/cli_options.h"
#include "tools/cvr/table.h"
#include "tools/cvr/text.h"

namespace cvr {
namespace {

using Stub = v1::CacheEntryService::Stub;

std::string AsTable(const std::vector<v1::CacheEntry>& entries) {
  Table table({{"ID", Table::Align::kRight},
               {"UPSTREAM", Table::Align::kRight},
               {"PATH"},
               {"MEDIA TYPE"},
               {"SIZE", Table::Align::kRight},
               {"DOWNLOADS", Table::Align::kRight},
               {"CHECKED"}});
  for (const v1::CacheEntry& entry : entries) {
    table.AddRow({absl::StrCat(entry.id()), absl::StrCat(entry.upstream_id()),
                  entry.relative_path(), entry.media_type(),
                  SizeText(entry.size()), absl::StrCat(entry.downloads_count()),
                  TimeText(entry.upstream_checked_at())});
  }
  return table.ToString();
}

// `PENDING_DELETION` -> `pending deletion`.
std::string StatusText(const v1::CacheEntry& entry) {
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(v1::CacheEntry::Status_Name(entry.status())),
      {{"_", " "}});
}

std::string AsFields(const v1::CacheEntry& entry) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(entry.id()));
  fields.Add("upstream", absl::StrCat(entry.upstream_id()));
  fields.Add("path", entry.relative_path());
  fields.Add("digest", entry.digest());
  fields.Add("media type", entry.media_type());
  fields.Add("size", SizeText(entry.size()));
  fields.Add("status", StatusText(entry));
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
      "list", "List what is cached",
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
  AddId(command, "--upstream", options->upstream_id, "Only this upstream's");
  command.add_option("--path", options->path,
                     "Only those whose path contains this");
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
  AddId(command, "ID", *id, "Of the cache entry")->required();
}

void AddDelete(CommandGroup& entries) {
  const auto ids = std::make_shared<std::vector<int64_t>>();
  CLI::App& command = entries.Add(
      "delete", "Delete cache entries: the next pull asks the upstream",
      [ids](Session& session) -> absl::Status {
        for (const int64_t id : *ids) {
          v1::DeleteCacheEntryRequest request;
          request.set_id(id);
          RETURN_IF_ERROR(
              session.server.Call(&Stub::DeleteCacheEntry, request).status());
          session.output.PrintNote(
              absl::StrCat("cache entry ", id, " is deleted"));
        }
        return absl::OkStatus();
      });
  AddIds(command, "ID", *ids, "Of the cache entries")->required();
}

}  // namespace

void AddEntryCommands(CLI::App& root, Action* chosen) {
  CommandGroup entries(root, "entry",
                       "Cache entries are the manifests and blobs in the cache",
                       chosen);
  AddList(entries);
  AddGet(entries);
  AddDelete(entries);
}

}  // namespace cvr
