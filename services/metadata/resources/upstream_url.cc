#include "services/metadata/resources/upstream_url.h"

#include <arpa/inet.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/limits.h"

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

bool IsPort(absl::string_view text) {
  int port = 0;
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return text.size() <= 5 && absl::SimpleAtoi(text, &port) && port >= 1 &&
         port <= 65535;
}

bool IsIpV6(absl::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// RFC 1123, section 2.1; underscores too, which internal names do have.
bool IsDnsName(absl::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (const absl::string_view label : absl::StrSplit(text, '.')) {
    if (label.empty() || label.size() > 63) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    for (const char c : label) {
      if (!absl::ascii_isalnum(c) && c != '-' && c != '_') return false;
    }
  }
  return true;
}

bool IsPath(absl::string_view path) {
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%') {
      if (i + 2 >= path.size() || !absl::ascii_isxdigit(path[i + 1]) ||
          !absl::ascii_isxdigit(path[i + 2])) {
        return false;
      }
      continue;
    }
    if (!absl::ascii_isalnum(c) && !absl::StrContains("-._~!$&'()*+,;=:@/", c))
      return false;
  }
  for (const absl::string_view segment : absl::StrSplit(path, '/')) {
    if (segment == "." || segment == "..") return false;
  }
  return true;
}

}  // namespace

bool IsHostAndPort(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "[")) {
    const size_t end = text.find(']');
    if (end == absl::string_view::npos || !IsIpV6(text.substr(0, end))) {
      return false;
    }
    text.remove_prefix(end + 1);
    return text.empty() || (absl::ConsumePrefix(&text, ":") && IsPort(text));
  }
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos) return IsDnsName(text);
  return IsDnsName(text.substr(0, colon)) && IsPort(text.substr(colon + 1));
}

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
  const absl::string_view authority = Split(url).authority;
  // The colons of an IPv6 address are in brackets.
  const size_t bracket = authority.find(']');
  const size_t port =
      authority.find(':', bracket == absl::string_view::npos ? 0 : bracket);
  return absl::AsciiStrToLower(authority.substr(0, port));
}

}  // namespace cvr
