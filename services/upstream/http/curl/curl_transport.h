#ifndef SERVICES_UPSTREAM_HTTP_CURL_CURL_TRANSPORT_H_
#define SERVICES_UPSTREAM_HTTP_CURL_CURL_TRANSPORT_H_

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/time/time.h"
#include "services/policy/transfer_limits.h"
#include "services/upstream/http/address_policy.h"
#include "services/upstream/http/curl/curl_handle_pool.h"
#include "services/upstream/http/http_transport.h"
#include "services/upstream/http/proxy_settings.h"

namespace cvr {

// HTTP/1.1, and HTTP/2 over TLS when the server offers it, by libcurl.
//
// The address policy holds for every address that is connected to, after its
// resolution, so a name that changes its address is of no use. Through a proxy
// it is the proxy that resolves and connects: there only a host that is written
// as an address, or `localhost`, can be checked; the proxy's own address is the
// operator's choice and is not.
class CurlTransport : public HttpTransport {
 public:
  struct Options {
    bool allow_private_addresses = false;
    ProxySettings proxies = ProxySettings::FromEnvironment();
    std::string user_agent;
    absl::Duration connect_timeout = absl::Seconds(10);  // DNS and TLS too.
    // From the request to the end of the answer's head.
    absl::Duration head_timeout = absl::Seconds(30);
    // A body with less than stall_bytes_min in so long is given up; time that
    // its receiver takes does not count.
    absl::Duration stall_timeout = absl::Seconds(30);
    uint64_t stall_bytes_min = 30 * limits::kDownloadBytesPerSecondMin;
    // Ends every call at once, now and later, with UNAVAILABLE: the process
    // stops.
    std::stop_token stop = {};
    size_t idle_handles_max = 64;
  };

  explicit CurlTransport(Options options);

  absl::Status Perform(const HttpCall& request,
                       HttpReceiver& receiver) override;

 private:
  const Options options_;
  const AddressPolicy policy_;
  CurlHandlePool handles_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_CURL_CURL_TRANSPORT_H_
