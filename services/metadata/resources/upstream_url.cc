#include "services/metadata/resources/upstream_url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/limits.h"
#include "services/network/host.h"
#include "services/network/percent_encoding.h"

namespace cvr {
namespace {

struct Parts {
  std::string scheme;
  absl::string_view authority;
  absl::string_view path;
};

Parts Split(absl::string_view url) {
  Parts parts;
  const size_t colon = url.find("://");
  if (colon == absl::string_view::npos) return parts;
  parts.scheme = absl::AsciiStrToLower(url.substr(0, colon));
  url.remove_prefix(colon + 3);
  const size_t end = url.find_first_of("/?#");
  parts.authority = url.substr(0, end);
  if (end != absl::string_view::npos) parts.path = url.substr(end);
  return parts;
}

bool IsPath(absl::string_view path) {
  for (const char c : path) {
    if (!absl::ascii_isalnum(c) &&
        !absl::StrContains("-._~!$&'()*+,;=:@/%", c)) {
      return false;
    }
  }
  if (!PercentDecode(path)) return false;
  for (const absl::string_view segment : absl::StrSplit(path, '/')) {
    if (segment == "." || segment == "..") return false;
  }
  return true;
}

}  // namespace

std::string UpstreamUrlError(absl::string_view url) {
  if (url.empty()) return "must be set";
  if (url.size() > limits::kUrlCharsMax) {
    return absl::StrCat("must have at most ", limits::kUrlCharsMax,
                        " characters");
  }
  const Parts parts = Split(url);
  if (parts.scheme != "http" && parts.scheme != "https") {
    return "must start with http:// or https://";
  }
  if (absl::StrContains(parts.authority, '@')) {
    return "must not contain credentials; use the fields username and password";
  }
  if (!IsHostAndPort(parts.authority)) return "must have a host";
  if (absl::StrContains(url, '?')) return "must not have a query string";
  if (absl::StrContains(url, '#')) return "must not have a fragment";
  if (!IsPath(parts.path))
    return "has a character in the path that is not allowed in a URL";
  return "";
}

std::string NormalizedUpstreamUrl(absl::string_view url) {
  const Parts parts = Split(url);
  std::string host = absl::AsciiStrToLower(parts.authority);
  absl::string_view shortened = host;
  // Not of a bare IPv6 address: there the brackets end the host.
  absl::ConsumeSuffix(&shortened, parts.scheme == "http" ? ":80" : ":443");
  absl::string_view path = absl::StripSuffix(parts.path, "/");
  path = absl::StripSuffix(path, "/v2");
  return absl::StrCat(parts.scheme, "://", shortened, path);
}

std::string UpstreamHost(absl::string_view url) {
  const auto authority = SplitAuthority(Split(url).authority);
  return authority ? absl::AsciiStrToLower(authority->host) : "";
}

}  // namespace cvr
