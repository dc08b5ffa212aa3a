#include "gateway/access/authenticator.h"

#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "gateway/message/authorization_field.h"
#include "services/access/caller_claims.h"
#include "services/access/json_web_token.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr char kNotGood[] = "invalid credentials";

absl::Status TooManyFailures(absl::string_view message, absl::Duration delay) {
  return WithRetryAfter(absl::ResourceExhaustedError(message), delay);
}

}  // namespace

Authenticator::Authenticator(TokenAuthority& client, const Options& options,
                             const Clock& clock)
    : authority_(client),
      options_(options),
      clock_(clock),
      secrets_(options.cached_max),
      tokens_(options.cached_max),
      refused_(options.cached_max),
      proven_(options.cached_max),
      client_failures_(options.failures, clock),
      secret_failures_(options.failures, clock),
      proofs_(options.proofs, clock),
      trust_(client, options.trust) {}

absl::StatusOr<Login> Authenticator::Authenticate(const HttpRequest& request,
                                                  absl::string_view client) {
  const ShownCredential shown =
      ParseAuthorization(request.fields.Get("Authorization"));
  switch (shown.kind) {
    case ShownCredential::Kind::kNone:
      return Login();
    case ShownCredential::Kind::kSecret: {
      ASSIGN_OR_RETURN(Caller caller, AuthenticateSecret(shown.value, client));
      return Login{std::move(caller)};
    }
    case ShownCredential::Kind::kJwt:
      return LoginOfJwt(shown.value);
    case ShownCredential::Kind::kUnknown:
      break;
  }
  return errors::Unauthenticated(kNotGood);
}

absl::StatusOr<Caller> Authenticator::AuthenticateSecret(
    const std::string& secret, absl::string_view client) {
  const absl::Time now = clock_.SteadyNow();
  if (const auto known = secrets_.Find(secret, now)) return known->caller;
  RETURN_IF_ERROR(CheckMayAsk(secret, client));
  const auto caller = authority_.Authenticate(secret);
  RETURN_IF_ERROR(Noted(caller.status(), secret, client));
  secrets_.Put(secret, {*caller}, now + options_.secret_lifetime);
  return caller;
}

absl::StatusOr<Login> Authenticator::LoginOfJwt(const std::string& token) {
  // Signed tokens expire by the wall clock.
  const absl::Time now = clock_.Now();
  auto known = tokens_.Find(token, now);
  if (!known) {
    ASSIGN_OR_RETURN(const std::string text, Verify(token));
    ASSIGN_OR_RETURN(CallerClaims claims,
                     ParseCallerClaims(text, options_.service, now));
    known = Login{std::move(claims.caller), std::move(claims.access)};
    tokens_.Put(token, *known, claims.expires_at);
  }
  ASSIGN_OR_RETURN(const auto trust, trust_.Get());
  if (absl::c_linear_search(trust->revoked_token_ids, known->caller.token_id)) {
    return errors::Unauthenticated(kNotGood);
  }
  return *known;
}

absl::StatusOr<std::string> Authenticator::Verify(const std::string& token) {
  ASSIGN_OR_RETURN(auto trust, trust_.Get());
  auto claims = VerifyJwt(token, trust->keys);
  if (claims.ok()) return claims;
  trust_.Renew();
  ASSIGN_OR_RETURN(trust, trust_.Get());
  return VerifyJwt(token, trust->keys);
}

absl::StatusOr<IssuedToken> Authenticator::IssueToken(
    absl::string_view secret, absl::string_view client,
    absl::Span<const TokenAccess> wanted) {
  if (secret.empty()) {
    return authority_.IssueToken(secret, options_.service, wanted);
  }
  RETURN_IF_ERROR(CheckMayAsk(secret, client));
  auto issued = authority_.IssueToken(secret, options_.service, wanted);
  RETURN_IF_ERROR(Noted(issued.status(), secret, client));
  return issued;
}

absl::Status Authenticator::CheckMayAsk(absl::string_view secret,
                                        absl::string_view client) {
  const absl::Time now = clock_.SteadyNow();
  if (refused_.Find(secret, now)) return Refusal(secret, client);
  const bool has_failed_too_often =
      client_failures_.Delay(client) > absl::ZeroDuration();
  if (!has_failed_too_often || proven_.Find(secret, now)) {
    return absl::OkStatus();
  }
  const absl::Duration delay = proofs_.Take(client, absl::ZeroDuration());
  if (delay == absl::ZeroDuration()) return absl::OkStatus();
  return TooManyFailures(
      "too many wrong secrets from this address; until there are fewer, only "
      "those known here are looked at",
      delay);
}

absl::Status Authenticator::Noted(const absl::Status& status,
                                  absl::string_view secret,
                                  absl::string_view client) {
  const absl::Time now = clock_.SteadyNow();
  if (status.ok()) proven_.Put(secret, {}, now + options_.proven_lifetime);
  if (!absl::IsUnauthenticated(status)) return status;
  refused_.Put(secret, {}, now + options_.refusal_lifetime);
  proven_.Put(secret, {}, now);
  const absl::Status refusal = Refusal(secret, client);
  client_failures_.Take(client, absl::ZeroDuration());
  return absl::IsUnauthenticated(refusal) ? status : refusal;
}

absl::Status Authenticator::Refusal(absl::string_view secret,
                                    absl::string_view client) {
  absl::Duration delay = secret_failures_.Take(
      Digest::OfBytes(secret).ToString(), absl::ZeroDuration());
  if (delay > absl::ZeroDuration()) {
    return TooManyFailures(
        "this secret is not good, and was shown too often; other secrets from "
        "this address are not concerned",
        delay);
  }
  delay = client_failures_.Delay(client);
  if (delay == absl::ZeroDuration()) return errors::Unauthenticated(kNotGood);
  return TooManyFailures(
      "this secret is not good, and too many such were shown from this "
      "address; good ones are not concerned",
      delay);
}

}  // namespace cvr
