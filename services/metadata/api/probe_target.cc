#include "services/metadata/api/probe_target.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/resources/upstream_wire.h"
#include "services/metadata/resources/validation.h"
#include "services/policy/upstream_password.h"

namespace cvr {
namespace {

bool IsSameUrl(const UpstreamAccess& stored, const std::string& url) {
  return !stored.url.empty() && UpstreamUrlError(url).empty() &&
         NormalizedUpstreamUrl(url) == NormalizedUpstreamUrl(stored.url);
}

void SetCredentials(const UpstreamAccess& stored, const v1::Upstream& changes,
                    bool is_same_url, v1::Upstream& tried) {
  const bool is_silent =
      changes.username().empty() && changes.password().empty();
  const bool is_stored_name =
      changes.password().empty() && changes.username() == stored.username;
  if (is_same_url && (is_silent || is_stored_name)) {
    tried.set_username(stored.username);
    tried.set_password(stored.password);
  } else {
    tried.set_username(changes.username());
    tried.set_password(changes.password());
  }
}

void SetTls(const UpstreamAccess& stored, const v1::Upstream& changes,
            bool is_same_url, v1::Upstream& tried) {
  v1::TlsSettings& tls = *tried.mutable_tls();
  tls = changes.has_tls() ? changes.tls() : FromAccess(stored).tls();
  const bool is_stored_certificate =
      tls.client_certificate_pem() == stored.tls.client_certificate_pem;
  if (is_same_url && is_stored_certificate && tls.client_key_pem().empty()) {
    tls.set_client_key_pem(stored.tls.client_key_pem);
  }
  if (!is_same_url && !changes.has_tls()) {
    tls.clear_client_certificate_pem();
    tls.clear_client_key_pem();
  }
}

// Names the fields as they are named in the request.
absl::Status OfUpstream(const absl::Status& wrong) {
  std::vector<FieldViolation> violations = FieldViolationsOf(wrong);
  for (FieldViolation& violation : violations) {
    violation.field = absl::StrCat("upstream.", violation.field);
  }
  return violations.empty() ? absl::OkStatus()
                            : errors::FieldsInvalid(std::move(violations));
}

}  // namespace

absl::StatusOr<UpstreamAccess> ProbeTarget(const UpstreamAccess& stored,
                                           const v1::Upstream& given) {
  v1::Upstream changes = given;
  RETURN_IF_ERROR(OfUpstream(GatherPassword(changes)));
  v1::Upstream tried;
  tried.set_id(stored.id);
  tried.set_name(stored.name.empty() ? "upstream" : stored.name);
  tried.set_url(changes.url().empty() ? stored.url : changes.url());
  const bool is_same_url = IsSameUrl(stored, tried.url());
  SetCredentials(stored, changes, is_same_url, tried);
  SetTls(stored, changes, is_same_url, tried);
  *tried.mutable_trusted_token_realms() =
      changes.trusted_token_realms().empty()
          ? FromAccess(stored).trusted_token_realms()
          : changes.trusted_token_realms();
  RETURN_IF_ERROR(OfUpstream(Validate(tried)));
  return ToAccess(tried);
}

}  // namespace cvr
