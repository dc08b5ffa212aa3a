#include "services/metadata/api/probe_target.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/utf8.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/resources/validation.h"

namespace cvr {
namespace {

constexpr char kPasswordBytes[] = "upstream.credentials.basic.password_bytes";
constexpr char kPassword[] = "upstream.credentials.basic.password";
constexpr char kUsername[] = "upstream.credentials.basic.username";

bool IsSameUrl(const UpstreamAccess& stored, const std::string& url) {
  return !stored.url.empty() && UpstreamUrlError(url).empty() &&
         NormalizedUpstreamUrl(url) == NormalizedUpstreamUrl(stored.url);
}

// Which of what is tried is not the caller's: validated when it was stored, and
// in no message beside what callers send.
struct Stored {
  bool password = false;
  bool client_key = false;
};

absl::Status SetCredentials(const UpstreamAccess& stored,
                            const v1::BasicCredentials& given, bool is_same_url,
                            UpstreamAccess& tried, Stored& uses) {
  if (!given.password().empty() && !given.password_bytes().empty()) {
    return errors::FieldInvalid(kPasswordBytes,
                                "must not be set beside password");
  }
  const std::string& password = given.password_bytes().empty()
                                    ? given.password()
                                    : given.password_bytes();
  const bool is_silent = given.username().empty() && password.empty();
  const bool is_stored_name =
      password.empty() && given.username() == stored.username;
  if (is_same_url && (is_silent || is_stored_name)) {
    uses.password = true;
    tried.username = stored.username;
    tried.password = stored.password;
    return absl::OkStatus();
  }
  if (given.username().empty() != password.empty()) {
    return errors::FieldInvalid(
        password.empty() ? kPassword : kUsername,
        password.empty() ? "must be set: the stored password is for the "
                           "stored URL and user name only"
                         : "must be set when the password is");
  }
  tried.username = given.username();
  tried.password = password;
  return absl::OkStatus();
}

void SetTls(const UpstreamAccess& stored, const v1::Upstream& changes,
            bool is_same_url, UpstreamAccess& tried, Stored& uses) {
  uses.client_key = is_same_url;
  if (!changes.has_tls()) {
    tried.tls = stored.tls;
    if (!is_same_url) {
      tried.tls.client_certificate_pem.clear();
      tried.tls.client_key_pem.clear();
    }
    return;
  }
  const v1::TlsSettings& given = changes.tls();
  tried.tls = {given.ca_bundle_pem(), given.client_certificate_pem(),
               given.client_key_pem(), given.insecure_skip_verify()};
  const bool is_stored_certificate =
      tried.tls.client_certificate_pem == stored.tls.client_certificate_pem;
  uses.client_key =
      is_same_url && is_stored_certificate && given.client_key_pem().empty();
  if (uses.client_key) {
    tried.tls.client_key_pem = stored.tls.client_key_pem;
  }
}

void SetRealms(const UpstreamAccess& stored, const v1::Upstream& changes,
               UpstreamAccess& tried) {
  if (changes.trusted_token_realms().empty()) {
    tried.trusted_token_realms = stored.trusted_token_realms;
  } else {
    tried.trusted_token_realms.assign(changes.trusted_token_realms().begin(),
                                      changes.trusted_token_realms().end());
  }
}

// As an upstream that somebody creates, to be held against its rules.
v1::Upstream ResourceOf(const UpstreamAccess& tried, const Stored& uses) {
  v1::Upstream upstream;
  upstream.set_group(tried.group);
  upstream.set_name(tried.name);
  upstream.set_url(tried.url);
  if (!uses.password && !tried.username.empty()) {
    v1::BasicCredentials& basic =
        *upstream.mutable_credentials()->mutable_basic();
    basic.set_username(tried.username);
    if (IsUtf8(tried.password)) {
      basic.set_password(tried.password);
    } else {
      basic.set_password_bytes(tried.password);
    }
  }
  v1::TlsSettings& tls = *upstream.mutable_tls();
  tls.set_ca_bundle_pem(tried.tls.ca_bundle_pem);
  if (!uses.client_key) {
    tls.set_client_certificate_pem(tried.tls.client_certificate_pem);
    tls.set_client_key_pem(tried.tls.client_key_pem);
  }
  tls.set_insecure_skip_verify(tried.tls.insecure_skip_verify);
  for (const std::string& realm : tried.trusted_token_realms) {
    upstream.add_trusted_token_realms(realm);
  }
  return upstream;
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
                                           const v1::Upstream& changes) {
  UpstreamAccess tried;
  tried.id = stored.id;
  tried.group = stored.group.empty() ? changes.group() : stored.group;
  tried.name = stored.name.empty() ? "upstream" : stored.name;
  tried.url = changes.url().empty() ? stored.url : changes.url();
  const bool is_same_url = IsSameUrl(stored, tried.url);
  Stored uses;
  RETURN_IF_ERROR(SetCredentials(stored, changes.credentials().basic(),
                                 is_same_url, tried, uses));
  SetTls(stored, changes, is_same_url, tried, uses);
  SetRealms(stored, changes, tried);
  RETURN_IF_ERROR(OfUpstream(Validate(ResourceOf(tried, uses))));
  return tried;
}

}  // namespace cvr
