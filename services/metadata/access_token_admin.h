#ifndef SERVICES_METADATA_ACCESS_TOKEN_ADMIN_H_
#define SERVICES_METADATA_ACCESS_TOKEN_ADMIN_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "protos/cvr/v1/access_token_service.pb.h"
#include "services/common/caller.h"
#include "services/common/clock.h"
#include "services/metadata/metadata_store.h"

namespace cvr {

// What AccessTokenService promises, without the wire, and who a secret belongs
// to. Thread-safe.
class AccessTokenAdmin {
 public:
  // Both must outlive it.
  AccessTokenAdmin(MetadataStore& store, const Clock& clock)
      : store_(store), clock_(clock) {}

  absl::StatusOr<v1::AccessToken> Create(
      const v1::CreateAccessTokenRequest& request);
  absl::StatusOr<v1::ListAccessTokensResponse> List(
      const v1::ListAccessTokensRequest& request) const;
  absl::Status Revoke(const v1::RevokeAccessTokenRequest& request);

  // To be called before any revocation: told of each, once it holds.
  void SetOnRevoked(absl::AnyInvocable<void(int64_t id) const> on_revoked) {
    on_revoked_ = std::move(on_revoked);
  }

  // Whose secret it is. Errors: UNAUTHENTICATED when it is nobody's, revoked or
  // expired; those of MetadataStore.
  absl::StatusOr<Caller> Authenticate(absl::string_view secret);

  // Whether the token with that id is good still.
  absl::StatusOr<bool> IsGood(int64_t id) const;

  // Whether any token was ever made.
  absl::StatusOr<bool> HasAny() const;

 private:
  absl::Status CheckReferences(const ReadTransaction& transaction,
                               const v1::AccessToken& token) const;
  bool HasExpired(const v1::AccessToken& token) const;
  void NoteUse(const v1::AccessToken& token);

  MetadataStore& store_;
  const Clock& clock_;
  absl::AnyInvocable<void(int64_t id) const> on_revoked_;  // Set before use.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ACCESS_TOKEN_ADMIN_H_
