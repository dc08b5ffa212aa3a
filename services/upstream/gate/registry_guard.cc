#include "services/upstream/gate/registry_guard.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/upstream/auth/realm_trust.h"

namespace cvr {
namespace {

constexpr absl::string_view kBearer = "Bearer ";

// Basic credentials do not expire; this is when to look again whether the
// upstream would rather have a token.
constexpr absl::Duration kBasicUse = absl::Hours(1);

std::string CacheKey(const UpstreamAccess& access, const std::string& scope) {
  const std::string credentials = absl::StrCat(
      access.username.size(), ":", access.username, access.password);
  return absl::StrCat(access.id, "\n", access.url, "\n",
                      Digest::OfBytes(credentials).hex(), "\n", scope);
}

std::vector<Challenge> ChallengesIn(const HttpHead& head) {
  std::vector<Challenge> challenges;
  for (const absl::string_view value : head.fields.GetAll("WWW-Authenticate")) {
    for (Challenge& challenge : ParseChallenges(value)) {
      challenges.push_back(std::move(challenge));
    }
  }
  return challenges;
}

const Challenge* Find(const std::vector<Challenge>& challenges,
                      absl::string_view scheme) {
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == scheme) return &challenge;
  }
  return nullptr;
}

}  // namespace

RegistryGuard::RegistryGuard(TokenClient* tokens, AuthorizationCache* cache,
                             const Clock* clock, const UpstreamAccess& access,
                             const Url& upstream, std::string scope,
                             std::stop_token cancel)
    : tokens_(tokens),
      cache_(cache),
      clock_(clock),
      access_(access),
      upstream_(upstream),
      scope_(std::move(scope)),
      cache_key_(CacheKey(access, scope_)),
      cancel_(std::move(cancel)) {}

std::string RegistryGuard::AuthorizationFor(const Url& url) {
  std::string& used = used_[url.origin()];
  if (used.empty() && IsOwn(url)) {
    used = cache_->Find(cache_key_);
    is_remembered_ = !used.empty();
  }
  return used;
}

// Credentials that are refused stay the same, so only a token is given up.
bool RegistryGuard::ForgetRejected(const Url& url, const HttpHead& head) {
  if (!IsOwn(url) || !is_remembered_ || !has_shown_token()) return false;
  is_remembered_ = false;
  rejected_ = std::exchange(used_[url.origin()], "");
  was_forbidden_ =
      head.status == 403 && !cache_->IsAnonymous(cache_key_, rejected_);
  cache_->Forget(cache_key_, rejected_);
  return true;
}

bool RegistryGuard::has_shown_token() const {
  const auto used = used_.find(upstream_.origin());
  return used != used_.end() && absl::StartsWith(used->second, kBearer);
}

absl::StatusOr<std::optional<std::string>> RegistryGuard::OnChallenge(
    const Url& url, const HttpHead& head) {
  const std::vector<Challenge> challenges = ChallengesIn(head);
  std::optional<std::string> answer;
  if (const Challenge* const bearer = Find(challenges, "bearer")) {
    ASSIGN_OR_RETURN(answer, AnswerBearer(url, *bearer));
  } else if (Find(challenges, "basic") != nullptr) {
    answer = AnswerBasic(url);
  }
  if (answer) used_[url.origin()] = *answer;
  return answer;
}

absl::StatusOr<std::optional<std::string>> RegistryGuard::AnswerBearer(
    const Url& url, const Challenge& challenge) {
  const std::string where = challenge.Parameter("realm");
  // A relative one is the registry's own.
  const absl::StatusOr<Url> realm =
      (IsOwn(url) ? upstream_ : url).Resolve(where);
  if (where.empty() || !realm.ok()) {
    return errors::UpstreamInvalid(
        url.host_and_port(), "the WWW-Authenticate header has no valid realm");
  }
  std::string scope = challenge.Parameter("scope");
  if (scope.empty() && IsOwn(url)) scope = scope_;
  TokenRequest request = {*realm,
                          challenge.Parameter("service"),
                          scope,
                          "",
                          [this](const Url& hop) { return TlsFor(hop); },
                          cancel_};
  if (IsOwn(url) && has_credentials()) {
    if (IsTrustedRealm(upstream_, *realm, access_.trusted_token_realms)) {
      request.authorization = BasicAuthorization(access_);
    } else {
      untrusted_realm_ = realm->host_and_port();
    }
  }
  was_anonymous_exchange_ = request.authorization.empty();
  absl::StatusOr<std::string> value = Exchange(url, request);
  if (!value.ok()) {
    was_refused_token_ = ReasonOf(value.status()) == Reason::kUpstreamRefused;
    return value.status();
  }
  return std::optional<std::string>(*std::move(value));
}

absl::StatusOr<std::string> RegistryGuard::Exchange(
    const Url& url, const TokenRequest& request) {
  const auto fetch = [&] { return tokens_->Fetch(request); };
  if (IsOwn(url)) {
    const std::string& used = used_[url.origin()];
    return cache_->Renew(cache_key_, used.empty() ? rejected_ : used, fetch,
                         cancel_);
  }
  ASSIGN_OR_RETURN(Authorization granted, fetch());
  return std::move(granted.value);
}

std::optional<std::string> RegistryGuard::AnswerBasic(const Url& url) {
  const std::string basic = BasicAuthorization(access_);
  const std::string& used = used_[url.origin()];
  if (!IsOwn(url) || basic.empty() || basic == used) return std::nullopt;
  const auto value = cache_->Renew(cache_key_, used, [&] {
    return Authorization{basic, clock_->SteadyNow() + kBasicUse};
  });
  return *value;
}

TlsAccess RegistryGuard::TlsFor(const Url& url) {
  if (url.host() == upstream_.host()) return access_.tls;
  TlsAccess tls;
  tls.ca_bundle_pem = access_.tls.ca_bundle_pem;
  return tls;
}

absl::Status RegistryGuard::Explain(const Url& url, int status,
                                    const absl::Status& refusal,
                                    const absl::Status& unknown) const {
  if (!untrusted_realm_.empty()) {
    return Annotate(
        refusal,
        absl::StrCat("the credentials were not sent to the token service ",
                     untrusted_realm_,
                     ", because it is not trusted; to allow it, run `cvr "
                     "upstream update ID --token-realm HOST`"));
  }
  // Without a token it may be 403 again, rather than a challenge.
  const bool had_token = has_shown_token() ||
                         (has_credentials() && was_forbidden_ && status == 403);
  const bool is_own_word = IsOwn(url) && had_token && !was_refused_token_;
  const auto hidden = [&](absl::string_view why) {
    return AsHidden(Annotate(
        unknown, absl::StrCat("upstream ", url.host_and_port(), " ", why)));
  };
  if (has_credentials()) {
    const auto used = used_.find(upstream_.origin());
    const bool is_proof =
        used == used_.end() || !cache_->IsAnonymous(cache_key_, used->second);
    if (!is_own_word || !is_proof) return refusal;
    return hidden(absl::StrCat("granted a token and answered ", status,
                               " all the same, so it has nothing there for "
                               "these credentials"));
  }
  const bool is_nothing_for_us =
      is_own_word || (was_anonymous_exchange_ && status == 401);
  if (!is_nothing_for_us) return refusal;
  return hidden(absl::StrCat("answered ", status,
                             ", so it has nothing there for who shows no "
                             "credentials, and there are none"));
}

}  // namespace cvr
