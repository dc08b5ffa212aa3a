#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/duration.pb.h"
#include "tools/cvr/client/former_names.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

// 0 and `never` meant for ever, and `always` that the upstream is always asked.
std::string TtlOfValidity(const std::string& validity) {
  if (validity == "always") return "0";
  if (validity == "never") return "forever";
  const auto duration = ParseDuration(validity);
  const bool is_zero =
      duration.ok() && duration->seconds() == 0 && duration->nanos() == 0;
  return is_zero ? "forever" : validity;
}

// The same after the pattern: `v*=0`.
std::string OverrideOfValidity(const std::string& word) {
  const size_t sign = word.rfind('=');
  if (sign == std::string::npos) return word;
  return absl::StrCat(word.substr(0, sign + 1),
                      TtlOfValidity(word.substr(sign + 1)));
}

// `none` meant no limit, which is the default.
std::string StaleTtlOfMaxStale(const std::string& word) {
  return word == "none" ? "default" : word;
}

// The kinds are called as their fields now.
std::string NegativeTtlOfAbsence(const std::string& word) {
  for (const char* const kind : {"manifest=", "blob="}) {
    if (absl::StartsWith(word, kind)) {
      return absl::StrReplaceAll(word, {{"=", "-not-found="}});
    }
  }
  return word;
}

// 0 meant the default.
std::string DefaultOfZero(const std::string& number) {
  return number == "0" ? "default" : number;
}

// `field : "part"`.
std::string Contains(const char* field, const std::string& part) {
  return absl::StrCat(
      field, " : \"",
      absl::StrReplaceAll(part, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

// A list took a part of the name, or of the path.
std::string FilterOfName(const std::string& part) {
  return Contains("name", part);
}
std::string FilterOfPath(const std::string& part) {
  return Contains("relative_path", part);
}

std::string DaysOfNumber(const std::string& days) {
  return absl::StrCat(days, "d");
}

std::string ScopeNow(const std::string& scope) {
  if (scope == "read_virtual_registry") return "read";
  if (scope == "write_virtual_registry") return "manage";
  return scope;
}

using Options = std::vector<RenamedOption>;

Options ForEveryCommand() {
  return {
      {"--tls_ca_file", "--tls-ca-file"},
      {"--tls_certificate_file", "--tls-certificate-file"},
      {"--tls_key_file", "--tls-key-file"},
      {"--insecure_plaintext", "--insecure-plaintext", false},
      {"--blob_server", "", true, nullptr, "every service is at --server now"}};
}

Options ForLists() { return {{"--name", "--filter", true, FilterOfName}}; }

// How an upstream is reached.
Options ForUpstreamAccess() {
  return {{"--token-realm", "--trusted-token-realm"},
          {"--ca-file", "--ca-bundle-file"},
          {"--client-cert-file", "--client-certificate-file"}};
}

Options ForUpstreams() {
  Options options = ForUpstreamAccess();
  for (const RenamedOption& option : Options{
           {"--cache-validity", "--tag-ttl", true, TtlOfValidity},
           {"--max-stale", "--stale-ttl", true, StaleTtlOfMaxStale},
           {"--tag-validity", "--tag-ttl-override", true, OverrideOfValidity},
           {"--tags-validity", "--tag-list-ttl"},
           {"--referrers-validity", "--referrers-ttl"},
           {"--absence-ttl", "--negative-ttl", true, NegativeTtlOfAbsence},
           {"--on-denied", "--on-refused"},
           {"--open-for", "--open-ttl"},
           {"--rate-reserve", "--rate-reserve-percent", true, DefaultOfZero},
           {"--concurrent-requests", "--concurrent-requests", true,
            DefaultOfZero},
           {"--failures-to-open", "--failures-to-open", true, DefaultOfZero},
       }) {
    options.push_back(option);
  }
  return options;
}

Options ForCleanup() {
  static constexpr char kWhy[] = "no notification was ever sent";
  return {{"--enable", "--enabled", false},
          {"--disable", "--no-enabled", false},
          {"--keep-days", "--keep-after-last-pull", true, DaysOfNumber},
          {"--cadence-days", "--run-interval", true, DaysOfNumber},
          {"--notify-on-success", "", false, nullptr, kWhy},
          {"--no-notify-on-success", "", false, nullptr, kWhy},
          {"--notify-on-failure", "", false, nullptr, kWhy},
          {"--no-notify-on-failure", "", false, nullptr, kWhy}};
}

}  // namespace

const std::vector<FormerNames>& AllFormerNames() {
  static const auto* const all = new std::vector<FormerNames>{
      {"", {}, ForEveryCommand()},
      {"registry list", {}, ForLists()},
      {"upstream list", {}, ForLists()},
      {"upstream create", {}, ForUpstreams()},
      {"upstream update", {}, ForUpstreams()},
      {"upstream test", {}, ForUpstreamAccess()},
      {"attachment create", {"upstream attach"}, {}},
      {"attachment delete", {"upstream detach"}, {}},
      {"attachment move", {"upstream move"}, {}},
      {"attachment get", {"upstream attachment", "upstream place"}, {}},
      {"explain",
       {},
       {{"--namespace", "--source-namespace"},
        {"--blob", "--kind=blob", false}}},
      {"token create",
       {},
       {{"--scope", "--scope", true, ScopeNow},
        {"--registry", "--registry-id"},
        {"--expires", "--expire-time"}}},
      {"audit list",
       {},
       {{"--since", "--start-time"},
        {"--until", "--end-time"},
        {"--max", "--page-size"}}},
      {"entry list", {}, {{"--path", "--filter", true, FilterOfPath}}},
      {"cache stats", {"stats"}, {}},
      {"cleanup update", {"cleanup set"}, ForCleanup()},
      {"fetch list", {"downloads"}, {}},
      {"fetch cancel", {"downloads cancel"}, {}},
      {"refresh tag", {"refresh ID"}, {}},
      {"secret rotate", {"secret rotate-key"}, {}},
  };
  return *all;
}

}  // namespace cvr
