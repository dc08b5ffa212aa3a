#ifndef SERVICES_UPSTREAM_AUTH_REALM_TRUST_H_
#define SERVICES_UPSTREAM_AUTH_REALM_TRUST_H_

#include <string>
#include <vector>

#include "services/upstream/http/url.h"

namespace cvr {

// Whether an upstream's credentials may be shown to the token service that it
// names: whoever controls its answers could name any. True when `realm` is
// https, or the upstream itself is http, and one of these holds:
//   * its host is the upstream's;
//   * its host is in `trusted_hosts` (`host` or `host:port`);
//   * both are in one registrable domain: their last two labels are the same
//     and are not a suffix under which strangers register. Known such suffixes
//     are refused, and so is every country's second level of up to three
//     letters (co.uk, com.au): when in doubt, no. Addresses have no domain.
// auth.docker.io for registry-1.docker.io follows from the last. Pure.
bool IsTrustedRealm(const Url& upstream, const Url& realm,
                    const std::vector<std::string>& trusted_hosts);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_AUTH_REALM_TRUST_H_
