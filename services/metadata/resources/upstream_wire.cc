#include "services/metadata/resources/upstream_wire.h"

#include "services/common/content_wire.h"
#include "services/policy/upstream_password.h"

namespace cvr {
namespace {

void LimitsTo(const UpstreamLimits& from, v1::UpstreamLimits& message) {
  message.set_concurrent_requests(from.concurrent_requests);
  message.set_failures_to_open(from.failures_to_open);
  *message.mutable_open_ttl() = ToWire(from.open_ttl);
  message.set_rate_reserve_percent(from.rate_reserve_percent);
}

}  // namespace

UpstreamLimits LimitsOf(const v1::UpstreamLimits& message) {
  UpstreamLimits found;
  if (message.has_concurrent_requests()) {
    found.concurrent_requests = message.concurrent_requests();
  }
  if (message.has_failures_to_open()) {
    found.failures_to_open = message.failures_to_open();
  }
  if (message.has_open_ttl()) found.open_ttl = FromWire(message.open_ttl());
  if (message.has_rate_reserve_percent()) {
    found.rate_reserve_percent = message.rate_reserve_percent();
  }
  return found;
}

UpstreamAccess ToAccess(const v1::Upstream& upstream) {
  UpstreamAccess access;
  access.id = upstream.id();
  access.version = absl::ToUnixNanos(FromWire(upstream.update_time()));
  access.group = upstream.group();
  access.name = upstream.name();
  access.url = upstream.url();
  access.username = upstream.credentials().basic().username();
  access.password = PasswordOf(upstream);
  access.tls = {
      upstream.tls().ca_bundle_pem(), upstream.tls().client_certificate_pem(),
      upstream.tls().client_key_pem(), upstream.tls().insecure_skip_verify()};
  access.trusted_token_realms.assign(upstream.trusted_token_realms().begin(),
                                     upstream.trusted_token_realms().end());
  access.limits = LimitsOf(upstream.limits());
  return access;
}

v1::Upstream FromAccess(const UpstreamAccess& access) {
  v1::Upstream upstream;
  upstream.set_id(access.id);
  *upstream.mutable_update_time() = ToWire(absl::FromUnixNanos(access.version));
  upstream.set_group(access.group);
  upstream.set_name(access.name);
  upstream.set_url(access.url);
  auto* const tls = upstream.mutable_tls();
  tls->set_ca_bundle_pem(access.tls.ca_bundle_pem);
  tls->set_client_certificate_pem(access.tls.client_certificate_pem);
  tls->set_insecure_skip_verify(access.tls.insecure_skip_verify);
  for (const auto& realm : access.trusted_token_realms) {
    upstream.add_trusted_token_realms(realm);
  }
  LimitsTo(access.limits, *upstream.mutable_limits());
  return upstream;
}

}  // namespace cvr
