#ifndef GATEWAY_ACCESS_TOKEN_SCOPE_H_
#define GATEWAY_ACCESS_TOKEN_SCOPE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gateway/message/form.h"
#include "gateway/registry/route.h"
#include "services/access/token_access.h"

// Scopes of Docker's token specification: `repository:<name>:pull`, where
// <name> is the part of the repository's URLs after `/v2/`, and
// `registry:catalog:*`. A token is issued for a registry's id, however the
// scope names the registry: it stays valid when the registry is renamed, and is
// not valid for another registry that gets the old name. All functions are
// pure, except that they call `locate` of their options.
namespace cvr {

// Parses the `scope` parameters of a token request; each may contain several
// scopes, separated by spaces. Ignored are scopes of other types, actions other
// than `pull` and `*`, invalid names, and scopes beyond
// limits::kTokenAccessMax. A name of no registry results in kNoRegistry, to
// which nobody has access.
// Errors: those of ParseTarget() that are of `options.locate`.
absl::StatusOr<std::vector<TokenAccess>> ParseScopes(
    const Form& form, const RouteOptions& options);

// The scope text for `access`.
std::string ScopeFor(const TokenAccess& access);

// The access that a token must give for a request of this route; nothing for
// `/v2/` itself and for paths that are not below it.
std::optional<TokenAccess> AccessNeededBy(const Route& route);

// Whether a token with `access` permits a request of this route.
bool Opens(absl::Span<const TokenAccess> access, const Route& route);

// Finds the registry whose name `path` begins with in a token's `access`, which
// has the results of Resolver::Locate() from when the token was issued. For use
// while the metadata service is unavailable: the token is short-lived, so the
// result is not old, and its owner may know it. Errors: NOT_FOUND.
absl::StatusOr<LocatedRegistry> LocateIn(absl::Span<const TokenAccess> access,
                                         absl::string_view path);

}  // namespace cvr

#endif  // GATEWAY_ACCESS_TOKEN_SCOPE_H_
