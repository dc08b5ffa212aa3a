#include "services/upstream/curl_transport.h"

#include <curl/curl.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/upstream/curl_transfer.h"

namespace cvr {
namespace {

// A connection that idles longer is as good as closed by its server.
constexpr long kIdleConnectionSeconds = 60;
constexpr long kReceiveBufferBytes = 256 * 1024;

void InitCurlOnce() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
}

curl_blob BlobOf(const std::string& bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
}

// What a connection depends on. Secrets enter as a hash.
std::string KeyOf(const HttpRequest& request, const std::string& proxy) {
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

// `tls` must outlive the transfer.
void SetTls(CURL* handle, const TlsAccess& tls) {
  // The bundle takes the place of the system's file; its directory stays.
  curl_easy_setopt(handle, CURLOPT_CAPATH,
                   curl_version_info(CURLVERSION_NOW)->capath);
  if (!tls.ca_bundle_pem.empty()) {
    curl_blob bundle = BlobOf(tls.ca_bundle_pem);
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &bundle);
  }
  if (!tls.client_certificate_pem.empty()) {
    curl_blob certificate = BlobOf(tls.client_certificate_pem);
    curl_blob key = BlobOf(tls.client_key_pem);
    curl_easy_setopt(handle, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(handle, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(handle, CURLOPT_SSLKEYTYPE, "PEM");
    curl_easy_setopt(handle, CURLOPT_SSLKEY_BLOB, &key);
  }
  const long verify = tls.insecure_skip_verify ? 0 : 1;
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, verify);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, verify * 2);
}

// Nothing that libcurl would do on its own: redirects, decoding, cookies,
// credentials from files. `proxy` empty = none.
void SetRequest(CURL* handle, const HttpRequest& request,
                const std::string& proxy) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.text().c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(handle, CURLOPT_PROXY, proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION,
                   static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, kIdleConnectionSeconds);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  if (request.method == HttpRequest::Method::kHead) {
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

absl::Status CurlTransport::Perform(const HttpRequest& request,
                                    HttpReceiver& receiver) {
  const std::string host = request.url.host_and_port();
  const std::string proxy = options_.proxies.ProxyFor(request.url);
  if (!policy_.AllowsHost(request.url.host())) {
    return AddressDenied(host);
  }
  const std::string key = KeyOf(request, proxy);
  CurlHandle handle = handles_.Take(key);
  if (handle == nullptr) {
    return errors::UpstreamUnavailable(host, "out of memory");
  }
  SetRequest(handle.get(), request, proxy);
  SetTls(handle.get(), request.tls);
  curl_easy_setopt(handle.get(), CURLOPT_USERAGENT,
                   options_.user_agent.c_str());
  curl_easy_setopt(
      handle.get(), CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options_.connect_timeout)));
  absl::Status status;
  {
    CurlTransfer transfer(handle.get(), request,
                          {options_.head_timeout, options_.stall_timeout,
                           options_.stall_bytes_min},
                          proxy.empty() ? &policy_ : nullptr, receiver);
    status = transfer.Run();
  }
  handles_.Return(key, std::move(handle));
  return status;
}

}  // namespace cvr
