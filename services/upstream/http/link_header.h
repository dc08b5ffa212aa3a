#ifndef SERVICES_UPSTREAM_HTTP_LINK_HEADER_H_
#define SERVICES_UPSTREAM_HTTP_LINK_HEADER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// `Link` header fields: RFC 8288, as far as lists of registries need it.
namespace cvr {

// A link of this page; those that say where else they belong (`anchor`) are
// left out. A value type.
struct Link {
  std::string target;                  // Not empty; may be relative.
  std::vector<std::string> relations;  // Lower case: `next`.
};

// The links of one header field, in order. Reads whatever comes: targets may
// lack their brackets, parameters their quotes; what cannot be told is skipped.
std::vector<Link> ParseLinks(absl::string_view value);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_LINK_HEADER_H_
