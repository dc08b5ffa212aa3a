#include "services/metadata/resolution/pull_decision.h"

#include <algorithm>
#include <utility>

#include "services/common/status_macros.h"
#include "services/policy/failure_policy.h"

namespace cvr {
namespace {

using Kind = RouteVerdict::Kind;

// Whether an upstream that stands like this lets lower ones answer for a tag:
// it is known not to have it, or its refusal is to be passed over.
bool Yields(const Candidate& candidate) {
  return candidate.negative_answer != NegativeAnswer::kNone &&
         !EndsPull(candidate, /*by_digest=*/false);
}

absl::StatusOr<RouteVerdict> Judge(const CandidateReader& reader,
                                   const UpstreamRoute& route,
                                   absl::string_view source_namespace) {
  if (route.disabled) return RouteVerdict{&route, Kind::kDisabled};
  if (!route.StandsFor(source_namespace)) {
    return RouteVerdict{&route, Kind::kOtherNamespace};
  }
  ASSIGN_OR_RETURN(auto why, reader.WhyExcluded(route));
  if (why) return RouteVerdict{&route, Kind::kExcluded, *std::move(why)};
  ASSIGN_OR_RETURN(auto known, reader.Read(route));
  return RouteVerdict{&route, Kind::kCandidate, {}, std::move(known)};
}

// A digest proves itself, whoever has it. A tag of an upstream counts only when
// no upstream before may have that tag, or a lower one would shadow a higher
// one.
std::optional<size_t> FindHit(const PullDecision& decision,
                              const ContentRef& content) {
  if (IsList(content)) return std::nullopt;
  for (const size_t index : decision.order) {
    const Candidate& candidate = decision.candidate(index);
    if (CandidateReader::IsServedUnasked(candidate)) return index;
    if (!content.is_addressed_by_digest() && !Yields(candidate)) break;
  }
  return std::nullopt;
}

}  // namespace

bool IsList(const ContentRef& content) {
  return content.kind == ContentKind::kTags ||
         content.kind == ContentKind::kReferrers;
}

bool EndsPull(const Candidate& candidate, bool by_digest) {
  constexpr auto kNext = FailurePolicy::Action::kNext;
  const FailurePolicy& policy = candidate.failure_policy;
  switch (candidate.negative_answer) {
    case NegativeAnswer::kNone:
    case NegativeAnswer::kNotFound:
      return false;
    case NegativeAnswer::kRefused:
      return policy.WithoutCopy(&FailurePolicy::refused, by_digest) != kNext;
    case NegativeAnswer::kHidden:
      return policy.WithoutCopy(&FailurePolicy::hidden, by_digest) != kNext;
  }
  return false;
}

absl::StatusOr<PullDecision> DecidePull(const ReadTransaction& transaction,
                                        const Routes& routes,
                                        const ContentRef& content,
                                        absl::string_view source_namespace,
                                        absl::Time now) {
  const CandidateReader reader(transaction, content, now);
  const bool by_digest = content.is_addressed_by_digest();
  PullDecision decision;
  for (const UpstreamRoute& route : routes) {
    ASSIGN_OR_RETURN(auto verdict, Judge(reader, route, source_namespace));
    if (verdict.kind == Kind::kCandidate) {
      decision.order.push_back(decision.verdicts.size());
    }
    decision.verdicts.push_back(std::move(verdict));
  }
  decision.hit = FindHit(decision, content);
  auto& order = decision.order;
  if (by_digest) {
    std::stable_partition(order.begin(), order.end(), [&](size_t index) {
      return decision.candidate(index).reachable;
    });
  }
  const auto end = std::find_if(order.begin(), order.end(), [&](size_t index) {
    return EndsPull(decision.candidate(index), by_digest);
  });
  if (end != order.end()) decision.end = *end;
  return decision;
}

}  // namespace cvr
