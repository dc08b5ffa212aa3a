#include "services/blob/engine/walk/stale_copy_policy.h"

#include "services/blob/engine/walk/upstream_failures.h"
#include "services/common/errors.h"

namespace cvr {

using Action = FailurePolicy::Action;

bool StaleCopyPolicy::IsBudgetToBeSaved(const ContentRef& content,
                                        const Candidate& candidate) const {
  return health_ != nullptr && !content.is_addressed_by_digest() &&
         candidate.failure_policy.rate_limited.cached == Action::kServeStale &&
         MayBeServedStale(candidate) &&
         health_->IsSavingBudget(candidate.upstream_id,
                                 candidate.rate_reserve_percent);
}

void StaleCopyPolicy::NoteAnswer(const ContentRef& content,
                                 const Candidate& candidate,
                                 const absl::Status& answer,
                                 absl::FunctionRef<bool()> has_copy) const {
  if (answer.ok()) return;
  const bool is_refusal = absl::IsPermissionDenied(answer) || IsHidden(answer);
  const FailureContext context = {content.is_addressed_by_digest(),
                                  is_refusal && has_copy()};
  if (ActionOn(answer, candidate.failure_policy, context) ==
      Action::kServeStale) {
    return;
  }
  RecordAnswer(metadata_, candidate.epoch(), content, answer);
}

}  // namespace cvr
