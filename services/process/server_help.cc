#include <algorithm>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/process/server_flags.h"

namespace cvr {
namespace {

constexpr size_t kColumns = 80;

constexpr absl::string_view kServing = "Serving";
constexpr absl::string_view kStorage = "Storage";
constexpr absl::string_view kUpstreams = "Upstreams";
constexpr absl::string_view kAccess = "Access";
constexpr absl::string_view kTls = "TLS";
constexpr absl::string_view kLogging = "Logging";
constexpr absl::string_view kOther = "Other";

constexpr absl::string_view kTopics[] = {
    kServing, kStorage, kUpstreams, kAccess, kTls, kLogging, kOther};

struct Row {
  absl::string_view flag;  // Its name, or with `*` how it begins.
  absl::string_view topic;
};

// The first row that fits counts.
constexpr Row kRows[] = {
    {"bootstrap_anonymous_pull", kAccess},
    {"upstreams_per_registry_max", kUpstreams},
    {"registries_per_group_max", kServing},
    {"http_*", kServing},
    {"grpc_*", kServing},
    {"metadata_address", kServing},
    {"blob_address", kServing},
    {"blob_addresses", kServing},
    {"root_registry", kServing},
    {"external_url", kServing},
    {"instance_name", kServing},
    {"fetch_timeout", kServing},
    {"drain_timeout", kServing},
    {"outage_*", kServing},
    {"ready_file", kServing},
    {"data_dir", kStorage},
    {"create*", kStorage},
    {"max_bytes", kStorage},
    {"min_free_bytes", kStorage},
    {"low_watermark_percent", kStorage},
    {"garbage_*", kStorage},
    {"reconcile_*", kStorage},
    {"cleanup_*", kStorage},
    {"entries_per_upstream_max", kStorage},
    {"secret_key_file", kStorage},
    {"bootstrap_*", kUpstreams},
    {"upstream*", kUpstreams},
    {"allow_private_upstreams", kUpstreams},
    {"fetch*", kUpstreams},
    {"detour_bytes", kUpstreams},
    {"probe_overlap_delay", kUpstreams},
    {"refresh_*", kUpstreams},
    {"login_*", kAccess},
    {"requests_per_second_max", kAccess},
    {"trusted_proxies", kAccess},
    {"token_*", kAccess},
    {"signing_key_*", kAccess},
    {"tls_*", kTls},
    {"rpc_*", kTls},
    {"peer_secrets_dir", kTls},
    {"insecure_plaintext", kTls},
    {"log_*", kLogging},
    {"audit_*", kLogging},
    {"allow_core_dumps", kLogging},
};

bool Fits(const Row& row, absl::string_view flag) {
  return absl::EndsWith(row.flag, "*")
             ? absl::StartsWith(flag, row.flag.substr(0, row.flag.size() - 1))
             : flag == row.flag;
}

// `text` in lines of at most kColumns, each begun with `indent` spaces.
std::string Wrapped(absl::string_view text, size_t indent) {
  std::string wrapped;
  std::string line;
  const auto flush = [&] {
    if (line.empty()) return;
    absl::StrAppend(&wrapped, std::string(indent, ' '), line, "\n");
    line.clear();
  };
  for (const absl::string_view word :
       absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (indent + line.size() + 1 + word.size() > kColumns) flush();
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  flush();
  return wrapped;
}

std::string Entry(const absl::CommandLineFlag& flag) {
  const std::string value = flag.DefaultValue();
  return absl::StrCat("  --", flag.Name(),
                      value.empty() ? "" : absl::StrCat("=", value), "\n",
                      Wrapped(flag.Help(), 6));
}

constexpr char kGeneral[] =
    "General\n"
    "  --help, -h\n"
    "      Print this and exit.\n"
    "  --version\n"
    "      Print the version and exit.\n"
    "  --flagfile=FILE\n"
    "      Read flags from a file, one on each line; # begins a comment.\n"
    "\n"
    "Flags may be written with dashes or underscores: --http-address is\n"
    "--http_address. Shown is what holds unless a flag says otherwise.\n"
    "Durations have a unit, such as 5s, 90m or 7d; sizes may have one, such "
    "as\n"
    "10G or 512MiB (powers of 1024) or 10GB (of 1000).\n";

}  // namespace

absl::string_view TopicOfFlag(absl::string_view flag) {
  for (const Row& row : kRows) {
    if (Fits(row, flag)) return row.topic;
  }
  return kOther;
}

std::string ServerHelp(absl::string_view name, absl::string_view usage) {
  std::vector<const absl::CommandLineFlag*> flags;
  for (const auto& [unused, flag] : absl::GetAllFlags()) {
    const std::string file = flag->Filename();
    if (absl::StrContains(file, "services/") ||
        absl::StrContains(file, "gateway/")) {
      flags.push_back(flag);
    }
  }
  absl::c_sort(flags, [](const auto* a, const auto* b) {
    return a->Name() < b->Name();
  });
  std::string help = absl::StrCat(Wrapped(usage, 0), "\nUsage: ", name,
                                  " [--FLAG=VALUE]...\n");
  for (const absl::string_view topic : kTopics) {
    std::string entries;
    for (const auto* const flag : flags) {
      if (TopicOfFlag(flag->Name()) == topic) entries += Entry(*flag);
    }
    if (!entries.empty()) absl::StrAppend(&help, "\n", topic, "\n", entries);
  }
  return absl::StrCat(help, "\n", kGeneral);
}

}  // namespace cvr
