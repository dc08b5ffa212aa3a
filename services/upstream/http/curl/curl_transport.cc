#include "services/upstream/http/curl/curl_transport.h"

#include <curl/curl.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/upstream/http/curl/curl_tls.h"
#include "services/upstream/http/curl/curl_transfer.h"

namespace cvr {
namespace {

// A connection that idles longer is as good as closed by its server.
constexpr long kIdleConnectionSeconds = 60;
constexpr long kReceiveBufferBytes = 256 * 1024;

void InitCurlOnce() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
}

// What a connection depends on. Secrets enter as a hash.
std::string KeyOf(const HttpCall& request, const std::string& proxy) {
  const TlsAccess& tls = request.tls;
  std::string setup;
  for (const std::string& part :
       {proxy, tls.ca_bundle_pem, tls.client_certificate_pem,
        tls.client_key_pem}) {
    absl::StrAppend(&setup, part.size(), ":", part);
  }
  return absl::StrCat(request.url.origin(), " ", Digest::OfBytes(setup).hex(),
                      tls.insecure_skip_verify ? " insecure" : "");
}

// Nothing that libcurl would do on its own: redirects, decoding, cookies,
// credentials from files. `proxy` empty = none.
void SetRequest(CURL* handle, const HttpCall& request,
                const std::string& proxy) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.text().c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(handle, CURLOPT_PROXY, proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // A call that is cancelled does not wait for the resolver's thread.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION,
                   static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, kIdleConnectionSeconds);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  if (request.method == HttpCall::Method::kHead) {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  }
}

}  // namespace

CurlTransport::CurlTransport(Options options)
    : options_(std::move(options)),
      policy_(options_.allow_private_addresses),
      handles_(options_.idle_handles_max) {
  InitCurlOnce();
}

absl::Status CurlTransport::Perform(const HttpCall& request,
                                    HttpReceiver& receiver) {
  const std::string host = request.url.host_and_port();
  const std::string proxy = options_.proxies.ProxyFor(request.url);
  if (!proxy.empty() && !policy_.AllowsHost(request.url.host())) {
    return AddressDenied(host);
  }
  const std::string key = KeyOf(request, proxy);
  std::unique_ptr<CurlSession> session = handles_.Take(key);
  if (session == nullptr) {
    return errors::UpstreamUnavailable(host, "out of memory");
  }
  CURL* const handle = session->easy();
  SetRequest(handle, request, proxy);
  SetCurlTls(handle, request.tls);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(
      handle, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options_.connect_timeout)));
  absl::Status status;
  {
    CurlTransfer transfer(*session, request,
                          {options_.head_timeout, options_.stall_timeout,
                           options_.stall_bytes_min, options_.stop},
                          proxy.empty() ? &policy_ : nullptr, receiver);
    status = transfer.Run();
  }
  handles_.Return(key, std::move(session));
  return status;
}

}  // namespace cvr
