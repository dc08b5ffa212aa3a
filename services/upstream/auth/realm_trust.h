#ifndef SERVICES_UPSTREAM_AUTH_REALM_TRUST_H_
#define SERVICES_UPSTREAM_AUTH_REALM_TRUST_H_

#include <string>
#include <vector>

#include "services/upstream/http/url.h"

namespace cvr {

// Decides whether an upstream's credentials may be sent to the token service
// (`realm`) that its 401 response names. Without this check, whoever controls
// the response could name their own host and collect the password.
//
// A realm is trusted if it uses https (or the upstream itself uses http) and:
//   * its host is the upstream's host, or
//   * its host is in `trusted_hosts` (`host` or `host:port`), or
//   * both hosts are in the same registrable domain, for example
//     auth.docker.io for registry-1.docker.io: their last two labels are the
//     same and are not a suffix under which anyone can register. Known suffixes
//     of that kind (github.io) are refused, and so is every second level of up
//     to three letters below a country (co.uk, com.au); in doubt the answer is
//     no. IP addresses have no domain.
// If a realm is not trusted, ask the token service anonymously instead. Pure.
bool IsTrustedRealm(const Url& upstream, const Url& realm,
                    const std::vector<std::string>& trusted_hosts);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_AUTH_REALM_TRUST_H_
