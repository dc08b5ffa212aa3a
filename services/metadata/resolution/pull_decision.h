#ifndef SERVICES_METADATA_RESOLUTION_PULL_DECISION_H_
#define SERVICES_METADATA_RESOLUTION_PULL_DECISION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/content.h"
#include "services/metadata/resolution/candidate_reader.h"
#include "services/metadata/resolution/upstream_route.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// How one upstream of a registry stands to a pull.
struct RouteVerdict {
  enum class Kind {
    kDisabled,
    kOtherNamespace,  // It does not stand for the source namespace.
    kExcluded,        // Its rules exclude the content.
    kCandidate,       // It may supply the content, or has denied it.
  };

  const UpstreamRoute* route = nullptr;  // Never null.
  Kind kind = Kind::kCandidate;
  std::string why_excluded = {};      // Of kExcluded, for people.
  CandidateReader::Known known = {};  // Of kCandidate.
};

// What a pull of one content gets from one registry, by what is recorded. This
// is the one place where that is decided: LocalResolver turns a decision into a
// plan, and Explainer tells it, so that the two cannot disagree.
struct PullDecision {
  // One for each upstream of the registry, by position.
  std::vector<RouteVerdict> verdicts;
  // The candidates in the order in which they are asked, as indexes of
  // `verdicts`: by position, but for a digest those that are known to reach it
  // come first.
  std::vector<size_t> order;
  // The candidate whose cache entry answers the pull without a request. Never
  // for a list, which is made of the lists of all candidates.
  std::optional<size_t> hit;
  // The candidate at which a pull ends that got nothing before: its refusal is
  // known, and its policy is to stop. Those after it in `order` are not asked.
  std::optional<size_t> end;

  const Candidate& candidate(size_t index) const {
    return verdicts[index].known.candidate;
  }
};

// Whether the content is made of what all upstreams have: tags or referrers.
bool IsList(const ContentRef& content);

// Whether the known refusal of a candidate ends the pull. `by_digest` as in
// ContentRef::is_addressed_by_digest().
bool EndsPull(const Candidate& candidate, bool by_digest);

// Decides. An empty `source_namespace` means all upstreams. `routes` must
// outlive the decision. Errors: those of tables.h.
absl::StatusOr<PullDecision> DecidePull(const ReadTransaction& transaction,
                                        const Routes& routes,
                                        const ContentRef& content,
                                        absl::string_view source_namespace,
                                        absl::Time now);

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_PULL_DECISION_H_
