#include "gateway/message/query.h"

#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/message/url_text.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// How much of a client's text an error repeats.
constexpr size_t kEchoBytesMax = 128;

// RFC 1035, section 2.3.4.
constexpr size_t kHostCharsMax = 253;

bool IsHostName(absl::string_view host) {
  if (host.empty() || host.size() > kHostCharsMax) return false;
  return absl::c_all_of(absl::StrSplit(host, '.'), [](absl::string_view label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           absl::c_all_of(label, [](char c) {
             return absl::ascii_isalnum(c) || c == '-' || c == '_';
           });
  });
}

// `[::1]`, as far as its characters go: nobody dials it.
bool IsAddressLiteral(absl::string_view host) {
  return host.size() > 2 && host.size() <= kHostCharsMax &&
         host.front() == '[' && host.back() == ']' &&
         absl::c_all_of(host.substr(1, host.size() - 2), [](char c) {
           return absl::ascii_isxdigit(c) || c == ':' || c == '.';
         });
}

bool IsPort(absl::string_view text) {
  int port = 0;
  return absl::c_all_of(text, absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, &port) && port > 0 && port <= 65535;
}

}  // namespace

bool IsAuthority(absl::string_view text) {
  const size_t colon = text.rfind(':');
  const size_t bracket = text.rfind(']');
  const bool has_port = colon != absl::string_view::npos &&
                        (bracket == absl::string_view::npos || colon > bracket);
  if (has_port && !IsPort(text.substr(colon + 1))) return false;
  const absl::string_view host = has_port ? text.substr(0, colon) : text;
  return IsHostName(host) || IsAddressLiteral(host);
}

absl::StatusOr<std::optional<std::string>> QueryValue(absl::string_view query,
                                                      absl::string_view name) {
  std::optional<std::string> found;
  for (const absl::string_view parameter : absl::StrSplit(query, '&')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(parameter, absl::MaxSplits('=', 1));
    if (DecodeSegment(parts.first) != name) continue;
    auto value = DecodeSegment(parts.second);
    if (!value) {
      return errors::FieldInvalid(
          name, "is not a valid query parameter (invalid percent-encoding)");
    }
    if (value->empty()) continue;
    if (found && *found != *value) {
      return errors::FieldInvalid(name, "must not be repeated");
    }
    found = std::move(value);
  }
  return found;
}

absl::StatusOr<std::string> SourceNamespaceOf(absl::string_view query) {
  auto value = QueryValue(query, "ns");
  if (!value.ok()) {
    return WithReason(std::move(value).status(), Reason::kNameInvalid);
  }
  std::string host = value->value_or("");
  if (host.empty() || IsAuthority(host)) return host;
  return WithReason(
      absl::InvalidArgumentError(
          absl::StrCat("query parameter ns must be a registry host name, not '",
                       Printable(host, kEchoBytesMax), "'")),
      Reason::kNameInvalid);
}

absl::StatusOr<PageRequest> ParsePageRequest(absl::string_view query) {
  PageRequest page;
  ASSIGN_OR_RETURN(const auto n, QueryValue(query, "n"));
  ASSIGN_OR_RETURN(const auto last, QueryValue(query, "last"));
  page.last = last.value_or("");
  if (!n) return page;
  if (!absl::c_all_of(*n, absl::ascii_isdigit)) {
    return errors::FieldInvalid("n", "must be a non-negative integer");
  }
  uint64_t value = 0;
  page.n = absl::SimpleAtoi(*n, &value) ? value
                                        : std::numeric_limits<uint64_t>::max();
  return page;
}

std::string NextPageLink(absl::string_view path, const PageRequest& page,
                         absl::string_view source_namespace) {
  std::string link = absl::StrCat("<", path, "?");
  if (page.n) absl::StrAppend(&link, "n=", *page.n, "&");
  absl::StrAppend(&link, "last=", EncodeQueryValue(page.last));
  if (!source_namespace.empty()) {
    absl::StrAppend(&link, "&ns=", EncodeQueryValue(source_namespace));
  }
  return absl::StrCat(link, ">; rel=\"next\"");
}

}  // namespace cvr
