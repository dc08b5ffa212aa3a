#ifndef SERVICES_METADATA_RESOURCES_UPSTREAM_URL_H_
#define SERVICES_METADATA_RESOURCES_UPSTREAM_URL_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// What is wrong with `url` as the address of a registry (RFC 3986; the rules
// of Upstream.url), as a description for people; empty when nothing is.
std::string UpstreamUrlError(absl::string_view url);

// `url` without what makes no difference: case of scheme and host, a trailing
// `/` or `/v2`, the scheme's own port. Only of valid URLs.
std::string NormalizedUpstreamUrl(absl::string_view url);

// Its host in lower case, without brackets and port. Only of valid URLs.
std::string UpstreamHost(absl::string_view url);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_UPSTREAM_URL_H_
