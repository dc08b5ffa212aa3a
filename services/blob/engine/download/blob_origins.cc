#include "services/blob/engine/download/blob_origins.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "services/blob/engine/walk/possession.h"

namespace cvr {
namespace {

BlobOrigin OriginOf(const FetchRequest& request, const Candidate& candidate) {
  return {.upstream_id = candidate.upstream_id,
          .repository = candidate.ContentOf(request.content).repository,
          .recorded = candidate.cached.has_value(),
          .negative_answer = candidate.negative_answer,
          .failure_policy = candidate.failure_policy,
          .identity = IdentityOf(candidate),
          .public_identity = candidate.public_identity,
          .cache_epoch = candidate.cache_epoch,
          .upstream_version = candidate.upstream_version,
          .group = request.plan.group};
}

bool HasNegativeAnswer(const Candidate& candidate) {
  return candidate.negative_answer != NegativeAnswer::kNone;
}

// Whether it is known to have the blob already.
bool IsEntitled(const Candidate& candidate) {
  const bool is_recorded = candidate.cached && candidate.cached->fresh;
  return !HasNegativeAnswer(candidate) && (candidate.reachable || is_recorded);
}

BlobOrigin UnaskedOrigin(const FetchRequest& request,
                         const Candidate& candidate) {
  BlobOrigin origin = OriginOf(request, candidate);
  origin.confirmed = false;
  return origin;
}

// Whether bytes of that origin may be served in the candidate's name.
bool SharesWith(const Candidate& candidate, const BlobOrigin& origin) {
  return !HasNegativeAnswer(candidate) &&
         SharesWith(candidate, origin.identity);
}

bool SharesWithAny(const Candidate& candidate, const Download& download) {
  return absl::c_any_of(download.origins(), [&](const BlobOrigin& origin) {
    return !HasNegativeAnswer(origin) && SharesWith(candidate, origin);
  });
}

}  // namespace

std::vector<BlobOrigin> OriginsOf(const FetchRequest& request) {
  std::vector<BlobOrigin> origins;
  for (const Candidate& candidate : request.plan.candidates) {
    origins.push_back(OriginOf(request, candidate));
  }
  return origins;
}

bool HasNegativeAnswer(const BlobOrigin& origin) {
  return origin.negative_answer != NegativeAnswer::kNone;
}

std::optional<BlobOrigin> EntitledOrigin(const FetchRequest& request) {
  for (const Candidate& candidate : request.plan.candidates) {
    if (!IsEntitled(candidate) || !candidate.possessed) continue;
    return UnaskedOrigin(request, candidate);
  }
  return std::nullopt;
}

bool AllPossess(const FetchRequest& request) {
  return absl::c_all_of(request.plan.candidates, [](const Candidate& one) {
    return one.possessed || HasNegativeAnswer(one);
  });
}

bool MayJoin(const FetchRequest& request, const Download& download) {
  return absl::c_all_of(download.origins(), [&](const BlobOrigin& origin) {
    return HasNegativeAnswer(origin) ||
           absl::c_any_of(request.plan.candidates, [&](const Candidate& one) {
             return SharesWith(one, origin);
           });
  });
}

bool IsOfSame(const BlobOrigin& origin, const Download& download) {
  return absl::c_any_of(download.origins(), [&](const BlobOrigin& one) {
    return one.identity == origin.identity ||
           one.identity == origin.public_identity;
  });
}

std::optional<BlobOrigin> EntitledOrigin(const FetchRequest& request,
                                         const Download& download) {
  for (const Candidate& candidate : request.plan.candidates) {
    if (!IsEntitled(candidate) || !SharesWithAny(candidate, download)) continue;
    return UnaskedOrigin(request, candidate);
  }
  return std::nullopt;
}

bool IsSameWalk(const std::vector<BlobOrigin>& a,
                const std::vector<BlobOrigin>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const BlobOrigin& one, const BlobOrigin& other) {
                      return one == other &&
                             one.negative_answer == other.negative_answer;
                    });
}

std::optional<BlobOrigin> ConfirmedOrigin(
    const std::vector<BlobOrigin>& origins, const Download& download) {
  for (const BlobOrigin& origin : origins) {
    if (!HasNegativeAnswer(origin) && download.IsConfirmedBy(origin))
      return origin;
  }
  return std::nullopt;
}

}  // namespace cvr
