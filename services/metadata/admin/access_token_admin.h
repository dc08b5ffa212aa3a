#ifndef SERVICES_METADATA_ADMIN_ACCESS_TOKEN_ADMIN_H_
#define SERVICES_METADATA_ADMIN_ACCESS_TOKEN_ADMIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cvr/v1/access_token_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_access_token.pb.h"

namespace cvr {

// What AccessTokenService promises, without the wire, and who a secret belongs
// to. Thread-safe.
class AccessTokenAdmin {
 public:
  // Whose a secret is, and until when it is good.
  struct Owner {
    Caller caller;
    absl::Time expires_at;  // InfiniteFuture() = never.
  };

  // `store` and `clock` must outlive it. `issued_lifetime` is how long
  // short-lived tokens live that are issued for access tokens.
  AccessTokenAdmin(MetadataStore& store, const Clock& clock,
                   absl::Duration issued_lifetime)
      : store_(store), clock_(clock), issued_lifetime_(issued_lifetime) {}

  absl::StatusOr<v1::CreateAccessTokenResponse> Create(
      const v1::CreateAccessTokenRequest& request);
  absl::StatusOr<v1::AccessToken> Get(
      const v1::GetAccessTokenRequest& request) const;
  absl::StatusOr<v1::ListAccessTokensResponse> List(
      const v1::ListAccessTokensRequest& request) const;
  absl::StatusOr<v1::RevokeAccessTokenResponse> Revoke(
      const v1::RevokeAccessTokenRequest& request);
  // The access token of `caller`. Errors: UNAUTHENTICATED when it has none, or
  // not any more.
  absl::StatusOr<v1::GetCallerResponse> GetCaller(
      const v1::GetCallerRequest& request, const Caller& caller) const;

  // As a part of a larger change: revokes tokens of a group among the next
  // limits::kRowsPerTransaction / 4 after `start_after`, an id that this
  // function left there, or 0. Returns whether there may be more.
  absl::StatusOr<bool> RevokeSomeOfGroupIn(WriteTransaction& transaction,
                                           absl::string_view group,
                                           int64_t& start_after);

  // Removes a deleted registry from the tokens that are restricted to it and
  // others, and revokes the tokens that name no other registry, since they
  // would give access to the whole group. Call it until it succeeds. In
  // transactions of bounded size; tokens that do not name it cost no write.
  absl::Status ForgetRegistry(int64_t registry_id);

  // The ids, in order, of tokens that were revoked so recently that bearer
  // tokens issued for them may not have expired yet. They are stored, so a
  // restart does not lose them.
  absl::StatusOr<std::vector<int64_t>> Revoked() const;

  // The owner of the secret. Errors: UNAUTHENTICATED if it is unknown, revoked
  // or expired; those of MetadataStore.
  absl::StatusOr<Caller> Authenticate(absl::string_view secret);
  // The same, and until when. Errors: as above.
  absl::StatusOr<Owner> FindOwner(absl::string_view secret);

  // Whether the token with that id is still valid.
  absl::StatusOr<bool> IsGood(int64_t id) const;

  // Whether any token was ever made.
  absl::StatusOr<bool> HasAny() const;

 private:
  absl::Status CheckReferences(const ReadTransaction& transaction,
                               const v1::AccessToken& token) const;
  bool HasExpired(const stored::AccessTokenResource& token) const;
  void NoteUse(const stored::AccessTokenResource& token);
  void RevokeIn(WriteTransaction& transaction,
                const stored::AccessToken& row) const;
  absl::Status ForgetRegistryIn(WriteTransaction& transaction,
                                int64_t registry_id, int64_t token_id) const;
  absl::Time RevocationsNow() const;
  absl::Status ForgetOldRevocations(WriteTransaction& transaction) const;

  MetadataStore& store_;
  const Clock& clock_;
  const absl::Duration issued_lifetime_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_ACCESS_TOKEN_ADMIN_H_
