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

// Scopes of Docker's token specification: `repository:<name>:pull`, where the
// name is what stands after `/v2/` in the repository's URLs, and
// `registry:catalog:*`. A token is for a registry, however the scope names it:
// it goes on being good when the registry gets another name, and is not for the
// one that gets the old name. All pure, but for the `locate` of their options.
namespace cvr {

// What the pairs `scope` of a login ask for: several pairs, several scopes in
// each, separated by spaces. What asks for nothing that there is here is left
// out: other types, actions other than `pull` and `*`, and what can be no name.
// So is what comes after limits::kTokenAccessMax. Names of no registry ask for
// kNoRegistry, which nobody may have.
// Errors: those of ParseTarget() that are of `options.locate`.
absl::StatusOr<std::vector<TokenAccess>> ParseScopes(
    const Form& form, const RouteOptions& options);

// The scope that asks for `access`.
std::string ScopeFor(const TokenAccess& access);

// What a token must open for a request of this route; nothing for `/v2/` and
// for what is not under it.
std::optional<TokenAccess> AccessNeededBy(const Route& route);

// Whether a token that opens `access` is good for a request of this route.
bool Opens(absl::Span<const TokenAccess> access, const Route& route);

// What Resolver::Locate() answered when the token was issued that opens
// `access`, about the name that it was asked for by: `path` begins with that
// name. For when the metadata service cannot be asked: the token is not much
// older than that answer, and its owner may know it. Errors: NOT_FOUND.
absl::StatusOr<LocatedRegistry> LocateIn(absl::Span<const TokenAccess> access,
                                         absl::string_view path);

}  // namespace cvr

#endif  // GATEWAY_ACCESS_TOKEN_SCOPE_H_
