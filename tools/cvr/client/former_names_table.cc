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

// A list took a part of the name.
std::string FilterOfName(const std::string& part) {
  return absl::StrCat(
      "name : \"", absl::StrReplaceAll(part, {{"\\", "\\\\"}, {"\"", "\\\""}}),
      "\"");
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
  };
  return *all;
}

}  // namespace cvr
