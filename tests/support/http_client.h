#ifndef TESTS_SUPPORT_HTTP_CLIENT_H_
#define TESTS_SUPPORT_HTTP_CLIENT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace cvr::testing {

struct HttpResponse {
  // 0 when none came; `error` then says why.
  int status = 0;
  // Names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
  // Why the transfer did not end well: a body short of its Content-Length, say.
  // Empty when it did.
  std::string error;

  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

// One request on a connection of its own. `target` is sent as it is.
// `address` is host:port; with `ca_file`, PEM of the authority to believe, by
// HTTPS.
HttpResponse HttpRequest(const std::string& method, const std::string& address,
                         const std::string& target,
                         const std::vector<std::string>& headers = {},
                         const std::string& ca_file = "");

inline HttpResponse HttpGet(const std::string& address,
                            const std::string& target,
                            const std::vector<std::string>& headers = {},
                            const std::string& ca_file = "") {
  return HttpRequest("GET", address, target, headers, ca_file);
}

struct HttpOptions {
  std::vector<std::string> headers = {};
  std::string body = {};
  // Empty = any; 127.0.0.2, say, is another client's.
  std::string source_address = {};
  // Of the whole: a hang becomes an error.
  absl::Duration timeout = absl::Minutes(1);
};

// The same, for clients that are not to be confused with others or that must
// not wait for ever.
HttpResponse HttpSend(const std::string& method, const std::string& address,
                      const std::string& target, const HttpOptions& options);

// Reads at least `body_bytes` of the body, then breaks the connection. The
// number of bytes read.
size_t HttpGetAndLeave(const std::string& address, const std::string& target,
                       size_t body_bytes);

// GETs and hashes the body instead of keeping it: its `sha256:...`, or what
// went wrong.
std::string HttpGetDigest(const std::string& address,
                          const std::string& target);

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_HTTP_CLIENT_H_
