#include "tools/cvr/commands/cache_commands.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/operation_wait.h"

namespace cvr {
namespace {

using Stub = v1::CacheService::Stub;

struct PurgeOptions {
  std::string upstream;
  std::string registry;
  std::optional<std::string> group;
  bool include_shared = false;
  bool validate_only = false;
  bool no_wait = false;
  std::string request_id;
};

absl::StatusOr<v1::Operation> StartPurge(Session& session,
                                         const PurgeOptions& options) {
  if (!options.upstream.empty()) {
    v1::PurgeUpstreamCacheRequest request;
    SetResource("upstream", options.upstream, options.group, request);
    request.set_validate_only(options.validate_only);
    request.set_request_id(options.request_id);
    return session.server.Call(&Stub::PurgeUpstreamCache, request);
  }
  if (options.registry.empty()) {
    return absl::InvalidArgumentError(
        "give --upstream or --registry (see cvr cache purge --help)");
  }
  v1::PurgeRegistryCacheRequest request;
  SetResource("registry", options.registry, options.group, request);
  request.set_include_shared(options.include_shared);
  request.set_validate_only(options.validate_only);
  request.set_request_id(options.request_id);
  return session.server.Call(&Stub::PurgeRegistryCache, request);
}

absl::Status Purge(Session& session, const PurgeOptions& options) {
  ASSIGN_OR_RETURN(const v1::Operation operation, StartPurge(session, options));
  const char* const done = options.validate_only ? "would be purged" : "purged";
  return FinishOperation<v1::PurgeCacheResponse>(
      session, operation, options.no_wait,
      [done](const v1::PurgeCacheResponse& response) {
        return absl::StrCat("cache entries ", done, ": ",
                            response.entry_count(),
                            "; bytes: ", SizeText(response.size_bytes()), "\n");
      });
}

void AddPurgeOptions(CLI::App& command, PurgeOptions& options) {
  command.add_flag("--validate-only", options.validate_only,
                   "Show what would be purged, without purging it");
  AddNoWait(command, options.no_wait);
  AddRequestId(command, options.request_id);
}

CLI::Option* AddIncludeShared(CLI::App& command, PurgeOptions& options) {
  return command.add_flag(
      "--include-shared", options.include_shared,
      "With --registry: also purge upstreams that other registries use");
}

void AddPurge(CommandGroup& cache) {
  const auto options = std::make_shared<PurgeOptions>();
  CLI::App& command = cache.Add(
      "purge",
      "Delete cached content of an upstream or a registry, so that the next "
      "pull asks the upstream",
      [options](Session& session) { return Purge(session, *options); });
  CLI::Option* const upstream = AddResourceName(
      command, "--upstream", options->upstream,
      "Upstream to purge, in all registries that it is attached to");
  CLI::Option* const registry =
      AddResourceName(command, "--registry", options->registry,
                      "Registry whose upstreams are purged")
          ->excludes(upstream);
  AddGroupOfName(command, options->group);
  AddIncludeShared(command, *options)->needs(registry);
  AddPurgeOptions(command, *options);
}

// What `cvr cache purge` was called: `cvr purge upstream ID`.
void AddFormerPurge(CLI::App& root, Action* chosen) {
  CLI::App& purge = *root.add_subcommand("purge", "Former name of cache purge")
                         ->group("")
                         ->require_subcommand(1);
  for (const bool is_upstream : {true, false}) {
    const std::string what = is_upstream ? "upstream" : "registry";
    const auto options = std::make_shared<PurgeOptions>();
    CLI::App& command = AddCommand(
        purge, what, absl::StrCat("Former name of cache purge --", what),
        chosen, [options, what](Session& session) {
          session.environment.err << "cvr: note: cvr purge " << what
                                  << " is now cvr cache purge --" << what
                                  << "\n";
          return Purge(session, *options);
        });
    command.group("");
    AddResourceName(command, "ID",
                    is_upstream ? options->upstream : options->registry, what)
        ->required();
    if (!is_upstream) AddIncludeShared(command, *options);
    AddPurgeOptions(command, *options);
  }
}

std::string StatsText(const v1::GetCacheStatsResponse& stats) {
  TextTable table({{"UPSTREAM", TextTable::Align::kRight},
                   {"GROUP"},
                   {"NAME"},
                   {"ENTRIES", TextTable::Align::kRight},
                   {"SIZE", TextTable::Align::kRight},
                   {"PULLS", TextTable::Align::kRight}});
  int64_t entry_count = 0;
  int64_t size_bytes = 0;
  int64_t pull_count = 0;
  for (const v1::UpstreamCacheStats& upstream : stats.upstreams()) {
    table.AddRow(
        {absl::StrCat(upstream.upstream_id()), upstream.group(),
         upstream.upstream_name(), absl::StrCat(upstream.entry_count()),
         SizeText(upstream.size_bytes()), absl::StrCat(upstream.pull_count())});
    entry_count += upstream.entry_count();
    size_bytes += upstream.size_bytes();
    pull_count += upstream.pull_count();
  }
  FieldTable sums;
  sums.Add("registries", absl::StrCat(stats.registry_count()));
  sums.Add("upstreams", absl::StrCat(stats.upstreams_size()));
  sums.Add("cache entries", absl::StrCat(entry_count));
  sums.Add("entries size", SizeText(size_bytes));
  sums.Add("pulls", absl::StrCat(pull_count));
  return absl::StrCat(table.ToString(), "\n", sums.ToString());
}

void AddStats(CommandGroup& cache) {
  const auto request = std::make_shared<v1::GetCacheStatsRequest>();
  request->set_group(kAllGroups);
  CLI::App& command = cache.Add(
      "stats", "Show how much is cached of each upstream",
      [request](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const v1::GetCacheStatsResponse stats,
                         session.server.Call(&Stub::GetCacheStats, *request));
        session.output.PrintObject(stats, StatsText);
        return absl::OkStatus();
      });
  command.add_option("--group", *request->mutable_group(),
                     "Only the upstreams of this group (default: all groups)");
}

}  // namespace

void AddCacheCommands(CLI::App& root, Action* chosen) {
  CommandGroup cache(root, "cache", "Purge caches and show how much is cached",
                     chosen);
  AddPurge(cache);
  AddStats(cache);
  AddFormerPurge(root, chosen);
}

}  // namespace cvr
