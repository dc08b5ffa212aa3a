#include "gateway/registry/bearer_challenge.h"

#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/network/host.h"

namespace cvr {
namespace {

// Of a repository, so that nothing else gets into our header.
bool IsNameText(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' ||
           c == '/';
  });
}

}  // namespace

std::string ScopeOf(absl::string_view target) {
  absl::string_view path = target.substr(0, target.find('?'));
  const size_t begin = path.find("/v2/");
  if (begin == path.npos) return "";
  path.remove_prefix(begin + 4);
  if (path == "_catalog" || absl::EndsWith(path, "/_catalog")) {
    return "registry:catalog:*";
  }
  // `manifests/<reference>` and so on: always two.
  std::vector<absl::string_view> segments = absl::StrSplit(path, '/');
  if (segments.size() < 3) return "";
  segments.resize(segments.size() - 2);
  const std::string name = absl::StrJoin(segments, "/");
  if (!IsNameText(name)) return "";
  return absl::StrCat("repository:", name, ":pull");
}

std::string BearerChallenge(const HttpRequest& request,
                            absl::string_view external_url,
                            absl::string_view own_url,
                            absl::string_view service,
                            absl::string_view error) {
  std::string origin(external_url);
  if (origin.empty()) {
    const std::string host = request.fields.Get("Host").value_or("");
    origin = std::string(own_url);
    if (IsHostAndPort(host)) {
      origin = absl::StrCat(own_url.substr(0, own_url.find("//")), "//", host);
    }
  }
  std::string challenge = absl::StrCat("Bearer realm=\"", origin, kTokenPath,
                                       "\",service=\"", service, "\"");
  const std::string scope = ScopeOf(request.target);
  if (!scope.empty()) absl::StrAppend(&challenge, ",scope=\"", scope, "\"");
  if (!error.empty()) absl::StrAppend(&challenge, ",error=\"", error, "\"");
  return challenge;
}

}  // namespace cvr
