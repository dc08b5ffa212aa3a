#ifndef TESTS_SUPPORT_UPSTREAM_HTTP2_PROXY_H_
#define TESTS_SUPPORT_UPSTREAM_HTTP2_PROXY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/support/child_process.h"
#include "tests/support/test_authority.h"

namespace cvr::testing {

// A server that offers HTTP/2 over TLS, on loopback and a free port, and passes
// every request on to another server: nghttpx, as a child process. Not
// thread-safe.
class Http2Proxy {
 public:
  struct Options {
    int backend_port = 0;           // Of a plain HTTP server on 127.0.0.1.
    CertificateAndKey certificate;  // Shown to clients.
    std::string client_ca_pem;      // Empty = clients need no certificate.
  };

  // Waits until it serves.
  // Errors: NOT_FOUND without nghttpx; UNAVAILABLE with its log when it ends.
  static absl::StatusOr<std::unique_ptr<Http2Proxy>> Start(
      const Options& options);

  ~Http2Proxy();
  Http2Proxy(const Http2Proxy&) = delete;
  Http2Proxy& operator=(const Http2Proxy&) = delete;

  // `https://127.0.0.1:41234`, without a trailing slash.
  std::string url() const;

  // Ends it, and returns its log of requests: a line each, such as
  // `h2 GET /v2/ 200`.
  std::string Stop();

 private:
  Http2Proxy() = default;

  ScratchDirectory directory_;
  int reserved_ = -1;  // A socket that keeps the port for us.
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_HTTP2_PROXY_H_
