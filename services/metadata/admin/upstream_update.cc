#include "services/metadata/admin/upstream_update.h"

#include <string>

#include "absl/strings/match.h"
#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/metadata/resources/update_mask.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/secrets/upstream_secrets.h"
#include "services/policy/upstream_password.h"

namespace cvr {
namespace {

// Whether the caller gives a login, and not a part of one.
bool GivesCredentials(const UpdateMask& mask, const v1::Upstream& given) {
  return mask.Names("credentials.basic.username") &&
         mask.Names("credentials.basic.password") &&
         !given.credentials().basic().password().empty();
}

bool GivesClientKey(const UpdateMask& mask, const v1::Upstream& given) {
  return mask.Names("tls.client_key_pem") &&
         !given.tls().client_key_pem().empty();
}

// A caller that names both halves of a login and gives neither removes it.
void DropEmptiedCredentials(const google::protobuf::FieldMask& paths,
                            v1::Upstream& after) {
  const v1::BasicCredentials& login = after.credentials().basic();
  if (!login.username().empty() || !login.password().empty()) return;
  for (const std::string& path : paths.paths()) {
    if (absl::StartsWith(path, "credentials.basic.")) after.clear_credentials();
  }
}

bool HasSameSecrets(const v1::Upstream& a, const v1::Upstream& b) {
  return SecretsOf(a).SerializeAsString() == SecretsOf(b).SerializeAsString();
}

// Credentials are for the host they were given for: whoever may only edit must
// not be able to send them elsewhere.
void DropCredentialsOfOtherUrl(const v1::Upstream& before,
                               bool gives_credentials, v1::Upstream& after) {
  if (NormalizedUpstreamUrl(before.url()) ==
          NormalizedUpstreamUrl(after.url()) ||
      gives_credentials) {
    return;
  }
  after.clear_credentials();
}

}  // namespace

absl::StatusOr<v1::Upstream> Updated(const v1::Upstream& before,
                                     const v1::UpdateUpstreamRequest& request,
                                     absl::Time now) {
  v1::Upstream given = request.upstream();
  google::protobuf::FieldMask paths = request.update_mask();
  RETURN_IF_ERROR(GatherPassword(given, &paths));
  ASSIGN_OR_RETURN(const UpdateMask mask, UpdateMask::Resolve(paths, given));
  v1::Upstream after = before;
  RETURN_IF_ERROR(mask.Apply(given, after));
  DropEmptiedCredentials(paths, after);
  const bool gives_credentials = GivesCredentials(mask, given);
  DropCredentialsOfOtherUrl(before, gives_credentials, after);
  RETURN_IF_ERROR(Validate(after));
  if (gives_credentials || GivesClientKey(mask, given) ||
      !HasSameSecrets(before, after)) {
    *after.mutable_credentials_update_time() = ToWire(now);
  }
  return after;
}

}  // namespace cvr
