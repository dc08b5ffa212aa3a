#include "services/upstream/http/curl/connection_probe.h"

#include <curl/curl.h>

#include "services/upstream/http/address_policy.h"
#include "services/upstream/http/curl/address_guard.h"
#include "services/upstream/http/curl/curl_handle_pool.h"
#include "services/upstream/http/curl/curl_tls.h"

namespace cvr {
namespace {

using Failure = ConnectionTrace::Failure;

constexpr char kForbidden[] =
    "blocked: private or reserved IP address (see --allow_private_upstreams)";

// Not 0 ends the connection: the process stops.
int OnProgress(void* options, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const CurlTransport::Options*>(options)
      ->stop.stop_requested();
}

absl::Duration TimeOf(CURL* handle, CURLINFO what) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle, what, &microseconds);
  return absl::Microseconds(microseconds);
}

Failure FailureOf(CURLcode code, const AddressGuard& guard) {
  switch (code) {
    case CURLE_OK:
      return Failure::kNone;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure::kDns;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
      return Failure::kTls;
    default:
      return guard.has_refused() ? Failure::kAddressForbidden
                                 : Failure::kConnect;
  }
}

void SetConnection(CURL* handle, const Url& url, const std::string& proxy,
                   const CurlTransport::Options& options, char* error) {
  curl_easy_setopt(handle, CURLOPT_URL, url.text().c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(
      handle, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)));
}

// Times are from the start, and zero for what was not reached.
void FillTimes(CURL* handle, ConnectionTrace& trace) {
  const absl::Duration dns = TimeOf(handle, CURLINFO_NAMELOOKUP_TIME_T);
  const absl::Duration connect = TimeOf(handle, CURLINFO_CONNECT_TIME_T);
  const absl::Duration tls = TimeOf(handle, CURLINFO_APPCONNECT_TIME_T);
  trace.dns = dns;
  if (connect > dns) trace.connect = connect - dns;
  if (tls > connect) trace.tls = tls - connect;
}

}  // namespace

ConnectionTrace ProbeConnection(const Url& url, const TlsAccess& tls,
                                const CurlTransport::Options& options) {
  ConnectionTrace trace;
  const AddressPolicy policy(options.allow_private_addresses);
  const std::string proxy = options.proxies.ProxyFor(url);
  trace.through_proxy = !proxy.empty();
  if (!policy.AllowsHost(url.host())) {
    trace.failure = Failure::kAddressForbidden;
    trace.detail = kForbidden;
    return trace;
  }
  const CurlHandle handle(curl_easy_init());
  if (handle == nullptr) {
    trace.failure = Failure::kConnect;
    trace.detail = "out of memory";
    return trace;
  }
  char error[CURL_ERROR_SIZE] = "";
  // The address of a proxy is not ours to judge.
  AddressGuard guard(trace.through_proxy ? nullptr : &policy);
  SetConnection(handle.get(), url, proxy, options, error);
  SetCurlTls(handle.get(), tls);
  guard.Watch(handle.get());
  curl_easy_setopt(handle.get(), CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle.get(), CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(handle.get(), CURLOPT_XFERINFODATA,
                   const_cast<CurlTransport::Options*>(&options));
  const CURLcode code = curl_easy_perform(handle.get());
  trace.failure = FailureOf(code, guard);
  if (trace.failure == Failure::kAddressForbidden) {
    trace.detail = kForbidden;
  } else if (code != CURLE_OK) {
    trace.detail = error[0] != 0 ? error : curl_easy_strerror(code);
  }
  const char* address = nullptr;
  curl_easy_getinfo(handle.get(), CURLINFO_PRIMARY_IP, &address);
  if (code == CURLE_OK && address != nullptr) trace.address = address;
  FillTimes(handle.get(), trace);
  return trace;
}

}  // namespace cvr
