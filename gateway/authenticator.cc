#include "gateway/authenticator.h"

#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "gateway/authorization_field.h"
#include "services/common/caller_claims.h"
#include "services/common/errors.h"
#include "services/common/json_web_token.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr char kNotGood[] = "the credentials are not good";

}  // namespace

Authenticator::Authenticator(AuthClient& client, const Options& options,
                             const Clock& clock)
    : client_(client),
      options_(options),
      clock_(clock),
      secrets_(options.cached_max),
      tokens_(options.cached_max),
      failures_(options.failures, clock),
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
  RETURN_IF_ERROR(CheckFailures(client));
  const auto caller = client_.Authenticate(secret);
  NoteOutcome(caller.status(), client);
  RETURN_IF_ERROR(caller.status());
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
  if (!secret.empty()) RETURN_IF_ERROR(CheckFailures(client));
  auto issued = client_.IssueToken(secret, options_.service, wanted);
  NoteOutcome(issued.status(), client);
  return issued;
}

absl::Status Authenticator::CheckFailures(absl::string_view client) {
  const absl::Duration delay = failures_.Delay(client);
  if (delay == absl::ZeroDuration()) return absl::OkStatus();
  return WithRetryAfter(
      absl::ResourceExhaustedError("too many wrong credentials"), delay);
}

void Authenticator::NoteOutcome(const absl::Status& status,
                                absl::string_view client) {
  if (absl::IsUnauthenticated(status)) {
    failures_.Take(client, absl::ZeroDuration());
  }
}

}  // namespace cvr
