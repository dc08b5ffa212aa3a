#include "gateway/gateway_flags.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/http/client_address.h"
#include "gateway/transport/tls_acceptor.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/network/host.h"
#include "services/process/byte_size.h"
#include "services/process/local_address.h"
#include "services/rpc/credentials/plaintext.h"
#include "services/rpc/listen_check.h"
#include "services/rpc/plaintext_flag.h"
#include "services/rpc/tls/certificate.h"
#include "spdlog/spdlog.h"

ABSL_FLAG(std::string, http_address, "127.0.0.1:8080",
          "Address that the HTTP(S) server listens on: host:port, [IPv6]:port, "
          "or :port for all interfaces. Port 0 lets the system choose a free "
          "port; --ready_file then contains it. Without TLS, only loopback "
          "addresses are allowed unless --insecure_plaintext is set.");
ABSL_FLAG(
    std::string, tls_certificate_file, "",
    "PEM file with the server certificate followed by its intermediate CA "
    "certificates. Setting it enables HTTPS. Send SIGHUP to reload it.");
ABSL_FLAG(std::string, tls_key_file, "",
          "PEM file with the private key for --tls_certificate_file. The key "
          "must not be encrypted with a passphrase.");
ABSL_FLAG(int64_t, root_registry, 0,
          "ID of the virtual registry that is also served at the root of the "
          "host, so that clients can pull HOST/IMAGE instead of "
          "HOST/virtual_registries/containers/ID/IMAGE. Needed for Docker's "
          "registry-mirrors, which does not allow a path. 0 = no registry at "
          "the root.");
ABSL_FLAG(
    int, http_threads_max, 1024,
    "Maximum number of concurrent requests, each with one thread from its "
    "start to the last byte of its response. Idle connections use no thread.");
ABSL_FLAG(int, http_share_max, 0,
          "Maximum number of concurrent requests per registry; per client IP "
          "address, half of it. As many further requests wait up to 10 s for a "
          "thread and then get 503; requests above that get 429. 0 = a quarter "
          "of --http_threads_max.");
ABSL_FLAG(
    int, http_connections_max, 4096,
    "Maximum number of open connections, at least twice --http_threads_max. "
    "Above it, each new connection closes the one that has been idle longest.");
ABSL_FLAG(int, http_connections_per_client_max, 256,
          "Maximum number of open connections per client IP address (IPv6: per "
          "/64 network). Above it, the client's connection that has been idle "
          "longest is closed. Does not apply to --trusted_proxies.");
ABSL_FLAG(absl::Duration, http_idle_timeout, absl::Seconds(75),
          "How long an idle keep-alive connection stays open.");
ABSL_FLAG(absl::Duration, http_write_timeout, absl::Seconds(60),
          "Write timeout: the connection is closed if the client reads no "
          "bytes for this long. It is also the period over which "
          "--http_send_rate_min is averaged.");
ABSL_FLAG(cvr::ByteSize, http_send_rate_min, cvr::ByteSize(1024),
          "Minimum rate at which a client must read its response, in bytes per "
          "second, averaged over --http_write_timeout of waiting for the "
          "client. Slower connections are closed. 0 = no minimum.");
ABSL_FLAG(absl::Duration, fetch_timeout, absl::Seconds(60),
          "Maximum time a pull waits for the first response from the "
          "upstreams. It does not limit a transfer that has started; for that, "
          "see --upstream_stall_timeout.");
ABSL_FLAG(absl::Duration, drain_timeout, absl::Seconds(30),
          "Graceful shutdown: how long responses in progress may continue "
          "after SIGTERM.");
ABSL_FLAG(
    std::string, external_url, "",
    "Public URL of this gateway, as https://HOST[:PORT]. Clients are sent to "
    "/jwt/auth at this URL to get a token. If empty, it is built from the Host "
    "header of each request, with https if --tls_certificate_file is set.");
ABSL_FLAG(std::string, token_service, "",
          "Audience (\"service\") of the bearer tokens that this gateway "
          "issues. Gateways with the same value accept each other's tokens. If "
          "empty: the host of --external_url, or container-virtual-registry if "
          "that is empty too.");
ABSL_FLAG(double, login_failures_per_minute, 30,
          "Rate limit for failed logins per minute, counted for each client IP "
          "address and for each invalid secret. A burst of the same size is "
          "allowed. Invalid credentials above it get 429 instead of 401; valid "
          "credentials are still accepted. 0 = no limit.");
ABSL_FLAG(double, requests_per_second_max, 0,
          "Rate limit for requests, per client IP address and second. A burst "
          "of ten times this number is allowed. Requests above it are delayed "
          "for up to 2 s and then get 429. 0 = no limit.");
ABSL_FLAG(std::string, trusted_proxies, "",
          "Comma-separated networks of trusted reverse proxies, for example "
          "10.0.0.0/8,::1/128. For requests from these networks, the client IP "
          "address (for rate limits and the audit log) is taken from "
          "X-Forwarded-For.");

namespace cvr {
namespace {

constexpr char kDefaultService[] = "container-virtual-registry";

absl::Status BadFlag(absl::string_view flag, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " ", problem));
}

// Both go into a header of ours, in quotes.
absl::Status FillOrigin(AccessControl::Options& access) {
  const std::string flag = absl::GetFlag(FLAGS_external_url);
  const absl::string_view url = absl::StripSuffix(flag, "/");
  absl::string_view host = url;
  if (!url.empty() && ((!absl::ConsumePrefix(&host, "https://") &&
                        !absl::ConsumePrefix(&host, "http://")) ||
                       !IsHostAndPort(host))) {
    return BadFlag("external_url", "must be http(s)://HOST[:PORT]");
  }
  std::string service = absl::GetFlag(FLAGS_token_service);
  if (service.empty()) service = std::string(host);
  if (service.empty()) service = kDefaultService;
  if (!absl::c_all_of(service, [](char c) {
        return absl::ascii_isgraph(c) && c != '"' && c != '\\';
      })) {
    return BadFlag("token_service", "must be visible ASCII without quotes");
  }
  access.external_url = std::string(url);
  access.authenticator.service = service;
  return absl::OkStatus();
}

absl::StatusOr<AccessControl::Options> AccessFromFlags(TokenAuthority& auth) {
  AccessControl::Options access;
  access.auth = &auth;
  RETURN_IF_ERROR(FillOrigin(access));
  ASSIGN_OR_RETURN(access.trusted_proxies,
                   TrustedProxies::Parse(absl::GetFlag(FLAGS_trusted_proxies)));
  const double failures = absl::GetFlag(FLAGS_login_failures_per_minute);
  access.authenticator.failures = {failures / 60, std::max(1.0, failures)};
  const double requests = absl::GetFlag(FLAGS_requests_per_second_max);
  access.requests = {requests, std::max(1.0, 10 * requests)};
  return access;
}

absl::StatusOr<std::shared_ptr<TlsAcceptor>> TlsFromFlags() {
  const CertificateFiles files = {absl::GetFlag(FLAGS_tls_certificate_file),
                                  absl::GetFlag(FLAGS_tls_key_file)};
  if (files.certificate.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        "--tls_certificate_file and --tls_key_file must be set together");
  }
  if (!files.key.empty()) {
    auto acceptor = TlsAcceptor::Open(files);
    if (acceptor.ok()) return acceptor;
    return Annotate(acceptor.status(),
                    "--tls_certificate_file=" + files.certificate);
  }
  RETURN_IF_ERROR(CheckPlaintext(
      absl::GetFlag(FLAGS_http_address), InsecurePlaintextFromFlag(),
      "set --tls_certificate_file and --tls_key_file to enable TLS"));
  return nullptr;
}

}  // namespace

absl::StatusOr<Gateway::Options> GatewayOptionsFromFlags(TokenAuthority& auth) {
  Gateway::Options options;
  options.http.address = absl::GetFlag(FLAGS_http_address);
  options.root_registry_id = RootRegistryFromFlags();
  RequestScheduler::Options& requests = options.http.requests;
  requests.threads_max = std::max(1, absl::GetFlag(FLAGS_http_threads_max));
  requests.queue_max = std::max(0, absl::GetFlag(FLAGS_http_share_max));
  options.http.connections_max =
      std::max(1, absl::GetFlag(FLAGS_http_connections_max));
  options.http.connections_per_client_max =
      std::max(1, absl::GetFlag(FLAGS_http_connections_per_client_max));
  options.http.idle_timeout = absl::GetFlag(FLAGS_http_idle_timeout);
  options.http.send_pace.window = absl::GetFlag(FLAGS_http_write_timeout);
  options.http.send_pace.bytes_per_second =
      absl::GetFlag(FLAGS_http_send_rate_min).bytes;
  options.fetch_timeout = absl::GetFlag(FLAGS_fetch_timeout);
  ASSIGN_OR_RETURN(options.http.tls, TlsFromFlags());
  ASSIGN_OR_RETURN(options.access, AccessFromFlags(auth));
  return options;
}

absl::Status CheckGatewayFlags() {
  if (absl::GetFlag(FLAGS_root_registry) < 0) {
    return BadFlag("root_registry", "must not be negative");
  }
  RETURN_IF_ERROR(
      CheckCanListen("http_address", absl::GetFlag(FLAGS_http_address)));
  AccessControl::Options access;
  RETURN_IF_ERROR(FillOrigin(access));
  RETURN_IF_ERROR(
      TrustedProxies::Parse(absl::GetFlag(FLAGS_trusted_proxies)).status());
  // Plain text that is insisted on has nothing to check, and a warning to log.
  if (!absl::GetFlag(FLAGS_tls_certificate_file).empty() ||
      !absl::GetFlag(FLAGS_tls_key_file).empty() ||
      !InsecurePlaintextFromFlag()) {
    RETURN_IF_ERROR(TlsFromFlags().status());
  }
  return absl::OkStatus();
}

bool IsHttpLocal() {
  return IsLocalAddress(absl::GetFlag(FLAGS_http_address)) &&
         absl::GetFlag(FLAGS_external_url).empty() &&
         absl::GetFlag(FLAGS_trusted_proxies).empty();
}

int64_t RootRegistryFromFlags() {
  return std::max<int64_t>(0, absl::GetFlag(FLAGS_root_registry));
}

std::string ExternalUrlFromFlags() { return absl::GetFlag(FLAGS_external_url); }

void ReloadOnHangup(const Gateway::Options& options, StopSignal& stop) {
  if (!options.http.tls) return;
  stop.OnHangup([tls = options.http.tls] {
    const absl::Status status = tls->Reload();
    if (status.ok()) {
      spdlog::info("TLS certificate reloaded: {}", tls->Describe());
    } else {
      spdlog::error(
          "TLS certificate not reloaded, the previous one stays in use: {}",
          std::string(status.message()));
    }
  });
}

std::string CertificatePathFromFlags() {
  return absl::GetFlag(FLAGS_tls_certificate_file);
}

absl::Duration DrainTimeoutFromFlags() {
  return absl::GetFlag(FLAGS_drain_timeout);
}

}  // namespace cvr
