#ifndef SERVICES_UPSTREAM_HTTP_CURL_CONNECTION_PROBE_H_
#define SERVICES_UPSTREAM_HTTP_CURL_CONNECTION_PROBE_H_

#include <string>

#include "absl/time/time.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/http/curl/curl_transport.h"
#include "services/upstream/http/url.h"

namespace cvr {

// How far connecting got, and how long each part took.
struct ConnectionTrace {
  enum class Failure {
    kNone,
    kAddressForbidden,
    kDns,
    kConnect,
    kTls,
    kTimeout,
  };

  Failure failure = Failure::kNone;
  // For people. Never names a forbidden address.
  std::string detail;
  // That was connected to; a proxy's when there is one.
  std::string address;
  bool through_proxy = false;
  // Zero for what was not reached.
  absl::Duration dns;
  absl::Duration connect;
  absl::Duration tls;
};

// Connects to where `url` points, TLS included, by the rules of CurlTransport,
// on a connection of its own, and sends no request. Blocks at most for
// `options.connect_timeout` or so.
ConnectionTrace ProbeConnection(const Url& url, const TlsAccess& tls,
                                const CurlTransport::Options& options);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_CURL_CONNECTION_PROBE_H_
