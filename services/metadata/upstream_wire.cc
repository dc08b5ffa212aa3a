#include "services/metadata/upstream_wire.h"

namespace cvr {

UpstreamAccess ToAccess(const v1::Upstream& upstream) {
  UpstreamAccess access;
  access.id = upstream.id();
  access.name = upstream.name();
  access.url = upstream.url();
  access.username = upstream.username();
  access.password = upstream.password();
  access.tls = {
      upstream.tls().ca_bundle_pem(), upstream.tls().client_certificate_pem(),
      upstream.tls().client_key_pem(), upstream.tls().insecure_skip_verify()};
  access.trusted_token_realms.assign(upstream.trusted_token_realms().begin(),
                                     upstream.trusted_token_realms().end());
  return access;
}

v1::Upstream FromAccess(const UpstreamAccess& access) {
  v1::Upstream upstream;
  upstream.set_id(access.id);
  upstream.set_name(access.name);
  upstream.set_url(access.url);
  upstream.set_username(access.username);
  upstream.set_password(access.password);
  auto* const tls = upstream.mutable_tls();
  tls->set_ca_bundle_pem(access.tls.ca_bundle_pem);
  tls->set_client_certificate_pem(access.tls.client_certificate_pem);
  tls->set_client_key_pem(access.tls.client_key_pem);
  tls->set_insecure_skip_verify(access.tls.insecure_skip_verify);
  for (const auto& realm : access.trusted_token_realms) {
    upstream.add_trusted_token_realms(realm);
  }
  return upstream;
}

}  // namespace cvr
