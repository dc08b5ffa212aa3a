#ifndef SERVICES_UPSTREAM_GATE_REGISTRY_GUARD_H_
#define SERVICES_UPSTREAM_GATE_REGISTRY_GUARD_H_

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/auth/authorization_cache.h"
#include "services/upstream/auth/challenge.h"
#include "services/upstream/auth/token_client.h"
#include "services/upstream/http/hop_runner.h"
#include "services/upstream/http/url.h"

namespace cvr {

// Authenticates one request to a registry.
//
// The upstream's own origin gets what the cache has for (upstream, credentials,
// scope), and after a challenge what that asks for: a bearer token if it offers
// that, else the credentials themselves (Basic). The token service is shown the
// credentials only if IsTrustedRealm() says so, and is asked anonymously
// otherwise. Every other origin, a redirect's, is only ever sent anonymous
// tokens made for it. The client certificate and the permission to skip
// verification are for the upstream's own host; its CA bundle is for all.
// Not thread-safe; lives for one request. What it is made of must outlive it.
class RegistryGuard : public HopGuard {
 public:
  RegistryGuard(TokenClient* tokens, AuthorizationCache* cache,
                const Clock* clock, const UpstreamAccess& access,
                const Url& upstream, std::string scope,
                std::stop_token cancel = {});

  std::string AuthorizationFor(const Url& url) override;
  absl::StatusOr<std::optional<std::string>> OnChallenge(
      const Url& url, const HttpHead& head) override;
  bool ForgetRejected(const Url& url, const HttpHead& head) override;
  TlsAccess TlsFor(const Url& url) override;

  // Whether a token service has refused us: the request ended with that.
  bool was_refused_token() const { return was_refused_token_; }

  // What 401 or 403 from `url` means by what has been tried: `refusal`, which
  // says it in general, or that the content is not there for us, which is
  // `unknown` with a reason why, and IsHidden().
  //
  // A registry answers the same 401 for what is private and for what does not
  // exist (Docker Hub, Quay, GHCR's token service), others 403. With an
  // anonymous token and no credentials that would do better, both mean: it has
  // nothing for us. So does a token that our credentials were granted: they are
  // good, and the content is not for us. Without such a proof, as with Basic,
  // the credentials may be what is refused.
  absl::Status Explain(const Url& url, int status, const absl::Status& refusal,
                       const absl::Status& unknown) const;

 private:
  bool IsOwn(const Url& url) const { return url.SameOrigin(upstream_); }
  bool has_credentials() const { return !access_.username.empty(); }
  absl::StatusOr<std::optional<std::string>> AnswerBearer(
      const Url& url, const Challenge& challenge);
  // The upstream's own tokens are cached and shared, others are not.
  absl::StatusOr<std::string> Exchange(const Url& url,
                                       const TokenRequest& request);
  std::optional<std::string> AnswerBasic(const Url& url);

  TokenClient* const tokens_;
  AuthorizationCache* const cache_;
  const Clock* const clock_;
  const UpstreamAccess& access_;
  const Url upstream_;
  const std::string scope_;
  const std::string cache_key_;
  const std::stop_token cancel_;

  // Whether the upstream was last shown a token.
  bool has_shown_token() const;

  bool is_remembered_ = false;  // What was last used at the upstream.
  std::string rejected_;        // What was remembered, and is no good.
  bool was_forbidden_ = false;  // It was answered 403, which knows it.
  // By origin: what was last used there.
  std::map<std::string, std::string> used_;
  bool was_anonymous_exchange_ = false;
  bool was_refused_token_ = false;
  std::string untrusted_realm_;  // Host that did not get the credentials.
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_REGISTRY_GUARD_H_
