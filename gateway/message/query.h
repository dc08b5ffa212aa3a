#ifndef GATEWAY_MESSAGE_QUERY_H_
#define GATEWAY_MESSAGE_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// What clients write after the `?`. All pure. Errors are INVALID_ARGUMENT.
namespace cvr {

// The value of the parameter `name`, percent-decoded; absent when there is none
// or it is empty. A `+` stands for itself, as RFC 3986 has it: media types hold
// some, and nothing here holds spaces. Errors: broken encoding, more than
// visible ASCII, several values that differ (FIELD_INVALID).
absl::StatusOr<std::optional<std::string>> QueryValue(absl::string_view query,
                                                      absl::string_view name);

// The host that `ns` names, with a port if it has one, as sent; empty when
// there is none. Errors: what is no host (NAME_INVALID).
absl::StatusOr<std::string> SourceNamespaceOf(absl::string_view query);

// Which part of a list is wanted: distribution-spec, "Listing Tags".
struct PageRequest {
  // At most so many; absent = the client does not care.
  std::optional<uint64_t> n;
  // Only what comes after this; it need not exist. Empty = from the start.
  std::string last;
};

// Errors: an `n` that is no whole number (FIELD_INVALID). One that is too large
// for any list is taken for the largest number.
absl::StatusOr<PageRequest> ParsePageRequest(absl::string_view query);

// The value of a Link field that leads to what follows `page.last`: a relative
// reference to `path`, which needs no encoding, with `page` and, unless it is
// empty, the source namespace.
std::string NextPageLink(absl::string_view path, const PageRequest& page,
                         absl::string_view source_namespace);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_QUERY_H_
