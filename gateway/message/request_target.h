#ifndef GATEWAY_MESSAGE_REQUEST_TARGET_H_
#define GATEWAY_MESSAGE_REQUEST_TARGET_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// The target of a request line, in one form whatever form the client chose.
struct RequestTarget {
  // The path and, after a `?`, the query, as sent: not percent-decoded. Begins
  // with `/`; `*` when an OPTIONS request is about the whole server.
  std::string path_and_query;
  // HOST[:PORT] of an absolute-form target, in place of the Host field (RFC
  // 9112, section 3.2.2); empty for the other forms.
  std::string authority;
};

// Reads a target by RFC 9112, section 3.2: `/path?query`; the same after
// `http://HOST[:PORT]` or `https://HOST[:PORT]`, where the path may be missing;
// `*` for OPTIONS alone. The only place that knows these forms: everything
// behind it sees `path_and_query`. Absent for everything else, such as another
// scheme, user information before the host, a fragment, or CONNECT's form.
std::optional<RequestTarget> ParseRequestTarget(absl::string_view method,
                                                absl::string_view target);

// Whether `text` may stand in a Host field: empty, or a host with an optional
// port, by the grammar of RFC 3986, section 3.2, without user information.
bool IsHostField(absl::string_view text);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_REQUEST_TARGET_H_
