#include "services/metadata/api/grpc_token_authority.h"

#include <string>
#include <utility>

#include "services/access/caller_wire.h"
#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/metadata/api/token_access_wire.h"
#include "services/rpc/unary_call.h"

namespace cvr {

using Stub = internal::v1::AuthService::Stub;

GrpcTokenAuthority::GrpcTokenAuthority(std::shared_ptr<grpc::Channel> channel,
                                       const Options& options)
    : stub_(internal::v1::AuthService::NewStub(std::move(channel))),
      options_(options) {}

absl::StatusOr<Caller> GrpcTokenAuthority::Authenticate(
    absl::string_view secret) {
  internal::v1::AuthenticateRequest request;
  request.set_secret(std::string(secret));
  internal::v1::AuthenticateResponse response;
  RETURN_IF_ERROR(UnaryCall(*stub_, &Stub::Authenticate, options_.deadline,
                            request, response));
  return FromWire(response.caller());
}

absl::StatusOr<IssuedToken> GrpcTokenAuthority::IssueToken(
    absl::string_view secret, absl::string_view audience,
    absl::Span<const TokenAccess> wanted) {
  internal::v1::IssueTokenRequest request;
  request.set_secret(std::string(secret));
  request.set_audience(std::string(audience));
  *request.mutable_access() = ToWire(wanted);
  internal::v1::IssueTokenResponse response;
  RETURN_IF_ERROR(UnaryCall(*stub_, &Stub::IssueToken, options_.deadline,
                            request, response));
  return IssuedToken{response.token(), FromWire(response.issue_time()),
                     FromWire(response.lifetime()),
                     FromWire(response.access())};
}

absl::StatusOr<Trust> GrpcTokenAuthority::GetTrust(uint64_t known_version,
                                                   absl::Duration max_wait) {
  internal::v1::GetTrustRequest request;
  request.set_known_version(known_version);
  *request.mutable_max_wait() = ToWire(max_wait);
  internal::v1::GetTrustResponse response;
  RETURN_IF_ERROR(UnaryCall(*stub_, &Stub::GetTrust,
                            options_.deadline + max_wait, request, response));
  Trust trust;
  trust.version = response.version();
  for (const auto& key : response.keys()) {
    trust.keys[key.id()] = key.public_key_pem();
  }
  trust.revoked_token_ids.assign(response.revoked_token_ids().begin(),
                                 response.revoked_token_ids().end());
  return trust;
}

}  // namespace cvr
