#include "services/blob/engine/walk/possession.h"

#include <algorithm>
#include <vector>

#include "absl/algorithm/container.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "spdlog/spdlog.h"

namespace cvr {

int64_t IdentityOf(const Candidate& candidate) {
  return candidate.identity != 0 ? candidate.identity : -candidate.upstream_id;
}

int64_t IdentityOf(const UpstreamAccess& access) {
  return access.identity != 0 ? access.identity : -access.id;
}

bool SharesWith(const Candidate& candidate, int64_t identity) {
  return identity == IdentityOf(candidate) ||
         (identity != 0 && identity == candidate.public_identity);
}

absl::Status CheckIdentity(const UpstreamAccess& access, int64_t planned) {
  if (IdentityOf(access) == planned) return absl::OkStatus();
  return errors::UpstreamUnavailable(
      access.name, "its URL or credentials changed during the pull; retry");
}

void LearnPossession(PossessionSource& metadata, const Digest& digest,
                     absl::Span<Candidate> candidates) {
  std::vector<int64_t> identities;
  const auto add = [&](int64_t identity) {
    if (identity == 0 || absl::c_linear_search(identities, identity)) return;
    if (identities.size() < limits::kIdentitiesAskedMax) {
      identities.push_back(identity);
    }
  };
  for (const Candidate& candidate : candidates) {
    if (candidate.possessed ||
        candidate.negative_answer != NegativeAnswer::kNone)
      continue;
    add(IdentityOf(candidate));
    add(candidate.public_identity);
  }
  if (identities.empty()) return;
  const auto found = metadata.FindPossessing(digest, identities);
  if (!found.ok()) {
    spdlog::warn("who has {}: {}", digest.ToString(),
                 found.status().ToString());
    return;
  }
  for (Candidate& candidate : candidates) {
    if (candidate.negative_answer != NegativeAnswer::kNone) continue;
    candidate.possessed =
        candidate.possessed || absl::c_any_of(*found, [&](int64_t identity) {
          return SharesWith(candidate, identity);
        });
  }
}

}  // namespace cvr
