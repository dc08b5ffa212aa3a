#include "gateway/access/access_control.h"

#include <utility>

#include "gateway/access/token_scope.h"
#include "gateway/registry/bearer_challenge.h"
#include "gateway/registry/http_error.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Where clients find out how to log in.
bool IsApiVersionTarget(absl::string_view target) {
  const absl::string_view path = target.substr(0, target.find('?'));
  return path == "/v2" || path == "/v2/";
}

// Whoever owns a token without that scope gets none that opens anything, so a
// challenge would send its client round in circles: the resolver says why not,
// and gives what everybody gets.
bool MayEverPull(const Caller& caller) {
  return caller.is_anonymous() || caller.is_admin || caller.may_pull;
}

absl::Status TooMany(absl::Duration delay) {
  return WithRetryAfter(
      absl::ResourceExhaustedError(
          "rate limit exceeded; retry after the time in Retry-After"),
      delay);
}

}  // namespace

bool IsTokenTarget(absl::string_view target) {
  return target.substr(0, target.find('?')) == kTokenPath;
}

AccessControl::AccessControl(const Options& options, const Clock& clock)
    : options_(options),
      authenticator_(*options.auth, options.authenticator, clock),
      tokens_(authenticator_, options.routes),
      requests_(options.requests, clock) {}

HttpReply AccessControl::Handle(const HttpRequest& request,
                                absl::string_view own_url, Handler handler) {
  const std::string client = ClientAddressOf(request);
  const absl::Status throttled = Throttle(request, client);
  if (!throttled.ok()) return AccessErrorReply(throttled);
  if (IsTokenTarget(request.target)) return tokens_.Handle(request, client);

  const auto login = authenticator_.Authenticate(request, client);
  HttpReply reply;
  absl::string_view error;
  if (!login.ok()) {
    reply = AccessErrorReply(login.status());
    error = "invalid_token";
  } else if (IsApiVersionTarget(request.target) &&
             !request.fields.Get("Authorization")) {
    reply = AccessErrorReply(errors::Unauthenticated());
  } else {
    const auto parsed = ParseFor(request, *login);
    // What cannot be parsed gets nothing anyway.
    if (parsed.ok() && login->access && MayEverPull(login->caller) &&
        !Opens(*login->access, parsed->route)) {
      reply = AccessErrorReply(errors::Unauthenticated(
          "the token was not issued for this: ask for one with the scope that "
          "WWW-Authenticate names"));
      error = "insufficient_scope";
    } else {
      reply = handler(login->caller, parsed);
    }
  }
  if (reply.status == 401) {
    reply.fields.Add("WWW-Authenticate",
                     BearerChallenge(request, options_.external_url, own_url,
                                     authenticator_.service(), error));
  }
  return reply;
}

absl::StatusOr<ParsedTarget> AccessControl::ParseFor(const HttpRequest& request,
                                                     const Login& login) const {
  auto parsed = ParseTarget(request.target, options_.routes);
  if (!absl::IsUnavailable(parsed.status()) || !login.access) return parsed;
  RouteOptions routes = options_.routes;
  // What it was not issued for stays unknown, whether it exists or not.
  routes.locate =
      [&](absl::string_view path) -> absl::StatusOr<LocatedRegistry> {
    auto found = LocateIn(*login.access, path);
    if (!found.ok()) return parsed.status();
    return found;
  };
  return ParseTarget(request.target, routes);
}

absl::Status AccessControl::AdmitHead(const HttpRequest& request) {
  return Throttle(request, ClientAddressOf(request));
}

absl::StatusOr<std::string> AccessControl::Admit(const HttpRequest& request,
                                                 const std::string& secret) {
  const std::string client = ClientAddressOf(request);
  RETURN_IF_ERROR(Throttle(request, client));
  RETURN_IF_ERROR(authenticator_.AuthenticateSecret(secret, client).status());
  return options_.trusted_proxies.AddressOf(
      request.client, request.fields.Get("X-Forwarded-For"));
}

std::string AccessControl::ClientAddressOf(const HttpRequest& request) const {
  return options_.trusted_proxies.ClientAddressOf(
      request.client, request.fields.Get("X-Forwarded-For"));
}

absl::Status AccessControl::Throttle(const HttpRequest& request,
                                     absl::string_view client) {
  if (request.head_admitted) return absl::OkStatus();
  {
    MutexLock lock(&mutex_);
    if (waiting_ >= options_.waiting_max) {
      const absl::Duration delay = requests_.Take(client, absl::ZeroDuration());
      return delay > absl::ZeroDuration() ? TooMany(delay) : absl::OkStatus();
    }
    ++waiting_;
  }
  const absl::Duration delay = requests_.Take(client, options_.wait_max);
  const bool wait = delay > absl::ZeroDuration() && delay <= options_.wait_max;
  if (wait) sleeper_.Sleep(delay);
  MutexLock lock(&mutex_);
  --waiting_;
  return delay > options_.wait_max ? TooMany(delay) : absl::OkStatus();
}

}  // namespace cvr
