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
#include "services/network/host.h"
#include "services/network/percent_encoding.h"

namespace cvr {
namespace {

// How much of a client's text an error repeats.
constexpr size_t kEchoBytesMax = 128;

}  // namespace

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
  if (host.empty() || IsHostAndPort(host)) return host;
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
  absl::StrAppend(&link, "last=", PercentEncode(page.last));
  if (!source_namespace.empty()) {
    absl::StrAppend(&link, "&ns=", PercentEncode(source_namespace));
  }
  return absl::StrCat(link, ">; rel=\"next\"");
}

}  // namespace cvr
