#ifndef SERVICES_METADATA_SECRETS_UPSTREAM_SECRETS_H_
#define SERVICES_METADATA_SECRETS_UPSTREAM_SECRETS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/upstream.pb.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/stored_upstream.pb.h"
#include "services/policy/upstream_access.h"

namespace cvr {

// What of an upstream is sealed in its row. `upstream` is as GatherPassword()
// or OpenUpstream() leaves it.
stored::Secrets SecretsOf(const v1::Upstream& upstream);

// The form to store: username, password and client key sealed. `upstream` must
// have its id.
stored::Upstream SealUpstream(const SecretBox& box,
                              const v1::Upstream& upstream);

// What is sealed in `row`; empty when nothing is. Errors: DATA_LOSS.
absl::StatusOr<stored::Secrets> OpenSecrets(const SecretBox& box,
                                            const stored::Upstream& row);

// Fills the credentials of `access` with them. Errors: DATA_LOSS.
absl::Status OpenCredentials(const SecretBox& box, const stored::Upstream& row,
                             UpstreamAccess& access);

// The whole upstream, secrets included: only to change it as a caller asks and
// to seal it again, never to send it, since `credentials.basic.password` may be
// no UTF-8. Errors: DATA_LOSS.
absl::StatusOr<v1::Upstream> OpenUpstream(const SecretBox& box,
                                          const stored::Upstream& row);

// Seals what is sealed in `row` anew, with the newest key. Errors: DATA_LOSS.
absl::Status ResealUpstream(const SecretBox& box, stored::Upstream& row);

// `upstream` as it is answered: without its sensitive fields and its
// credentials, which are input only, and with what is told of `secrets`, those
// of its row: the username, and whether there are a password and a client key.
v1::Upstream RedactedUpstream(const stored::Secrets& secrets,
                              v1::Upstream upstream);

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_UPSTREAM_SECRETS_H_
