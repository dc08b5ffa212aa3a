#ifndef SERVICES_BLOB_ENGINE_WALK_POSSESSION_H_
#define SERVICES_BLOB_ENGINE_WALK_POSSESSION_H_

#include <cstdint>

#include "absl/types/span.h"
#include "services/common/digest.h"
#include "services/metadata/api/possession_source.h"
#include "services/metadata/api/resolver.h"
#include "services/policy/upstream_access.h"

// Which stored bytes may be served in the name of which upstream: those that
// were delivered under one identity, in the name of the upstreams that share
// the identity, and of no others. DESIGN.md, "Whose bytes".
namespace cvr {

// As whom the upstream is asked. Where the metadata service does not say, a
// number below 0 that the upstream has for itself.
int64_t IdentityOf(const Candidate& candidate);
int64_t IdentityOf(const UpstreamAccess& access);

// Whether what was delivered to `identity` counts as delivered to `candidate`.
bool SharesWith(const Candidate& candidate, int64_t identity);

// The upstream is reached otherwise than when the plan was made: what the plan
// says of bytes is not about this access. Errors: UNAVAILABLE.
absl::Status CheckIdentity(const UpstreamAccess& access, int64_t planned);

// Asks the metadata service which of the candidates possess `digest` by now:
// somebody may have been delivered it since the plan was made. Sets `possessed`
// of those. Who cannot be asked possesses nothing new.
void LearnPossession(PossessionSource& metadata, const Digest& digest,
                     absl::Span<Candidate> candidates);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_POSSESSION_H_
