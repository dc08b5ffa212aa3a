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

// Whether the stored credentials are meant, and may be sent there.
bool UsesStoredPassword(const UpstreamAccess& stored,
                        const v1::Upstream& changes, bool is_same_url) {
  const bool is_silent =
      changes.username().empty() && changes.password().empty();
  const bool is_stored_name =
      changes.password().empty() && changes.username() == stored.username;
  return is_same_url && (is_silent || is_stored_name);
}

// The settings to try, and whether the stored client certificate and its key
// are to be added: they are not in it then.
v1::TlsSettings TlsToTry(const UpstreamAccess& stored,
                         const v1::Upstream& changes, bool is_same_url,
                         bool& uses_stored_key) {
  v1::TlsSettings tls =
      changes.has_tls() ? changes.tls() : FromAccess(stored).tls();
  const bool is_stored_certificate =
      tls.client_certificate_pem() == stored.tls.client_certificate_pem;
  uses_stored_key =
      is_same_url && is_stored_certificate && tls.client_key_pem().empty();
  if (uses_stored_key || (!is_same_url && !changes.has_tls())) {
    tls.clear_client_certificate_pem();
  }
  return tls;
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
  const bool uses_stored_password =
      UsesStoredPassword(stored, changes, is_same_url);
  if (!uses_stored_password) {
    tried.set_username(changes.username());
    tried.set_password(changes.password());
  }
  bool uses_stored_key = false;
  *tried.mutable_tls() =
      TlsToTry(stored, changes, is_same_url, uses_stored_key);
  *tried.mutable_trusted_token_realms() =
      changes.trusted_token_realms().empty()
          ? FromAccess(stored).trusted_token_realms()
          : changes.trusted_token_realms();
  RETURN_IF_ERROR(OfUpstream(Validate(tried)));
  UpstreamAccess access = ToAccess(tried);
  // Validated when they were stored; only now beside what callers sent.
  if (uses_stored_password) {
    access.username = stored.username;
    access.password = stored.password;
  }
  if (uses_stored_key) {
    access.tls.client_certificate_pem = stored.tls.client_certificate_pem;
    access.tls.client_key_pem = stored.tls.client_key_pem;
  }
  return access;
}

}  // namespace cvr
