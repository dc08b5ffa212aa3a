#include "services/metadata/secrets/upstream_secrets.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/upstream_conversion.h"
#include "services/process/sensitive_fields.h"

namespace cvr {
namespace {

std::string ContextOf(const stored::UpstreamResource& upstream) {
  return absl::StrCat("upstream ", upstream.id());
}

}  // namespace

stored::Secrets SecretsOf(const v1::Upstream& upstream) {
  stored::Secrets secrets;
  secrets.set_username(upstream.credentials().basic().username());
  secrets.set_password(upstream.credentials().basic().password());
  secrets.set_client_key_pem(upstream.tls().client_key_pem());
  return secrets;
}

stored::Upstream SealUpstream(const SecretBox& box,
                              const v1::Upstream& upstream) {
  stored::Upstream row;
  *row.mutable_upstream() = ToStored(upstream);
  const stored::Secrets secrets = SecretsOf(upstream);
  if (secrets.ByteSizeLong() > 0) {
    row.set_sealed_secrets(
        box.Seal(secrets.SerializeAsString(), ContextOf(row.upstream())));
  }
  return row;
}

absl::StatusOr<stored::Secrets> OpenSecrets(const SecretBox& box,
                                            const stored::Upstream& row) {
  stored::Secrets secrets;
  if (row.sealed_secrets().empty()) return secrets;
  ASSIGN_OR_RETURN(const auto bytes,
                   box.Open(row.sealed_secrets(), ContextOf(row.upstream())));
  if (!secrets.ParseFromString(bytes)) {
    return absl::DataLossError("corrupt stored secret");
  }
  return secrets;
}

absl::Status OpenCredentials(const SecretBox& box, const stored::Upstream& row,
                             UpstreamAccess& access) {
  ASSIGN_OR_RETURN(const auto secrets, OpenSecrets(box, row));
  access.username = secrets.username();
  access.password = secrets.password();
  access.tls.client_key_pem = secrets.client_key_pem();
  return absl::OkStatus();
}

absl::StatusOr<v1::Upstream> OpenUpstream(const SecretBox& box,
                                          const stored::Upstream& row) {
  v1::Upstream upstream = ToApi(row.upstream());
  ASSIGN_OR_RETURN(const auto secrets, OpenSecrets(box, row));
  if (!secrets.username().empty() || !secrets.password().empty()) {
    v1::BasicCredentials& basic =
        *upstream.mutable_credentials()->mutable_basic();
    basic.set_username(secrets.username());
    basic.set_password(secrets.password());
  }
  if (!secrets.client_key_pem().empty()) {
    upstream.mutable_tls()->set_client_key_pem(secrets.client_key_pem());
  }
  return upstream;
}

absl::Status ResealUpstream(const SecretBox& box, stored::Upstream& row) {
  const std::string context = ContextOf(row.upstream());
  ASSIGN_OR_RETURN(const auto bytes, box.Open(row.sealed_secrets(), context));
  row.set_sealed_secrets(box.Seal(bytes, context));
  return absl::OkStatus();
}

v1::Upstream RedactedUpstream(const stored::Secrets& secrets,
                              v1::Upstream upstream) {
  upstream.clear_credentials();
  ClearSensitive(upstream);
  upstream.set_username(secrets.username());
  upstream.set_has_password(!secrets.password().empty());
  if (upstream.has_tls() || !secrets.client_key_pem().empty()) {
    upstream.mutable_tls()->set_has_client_key(
        !secrets.client_key_pem().empty());
  }
  return upstream;
}

}  // namespace cvr
