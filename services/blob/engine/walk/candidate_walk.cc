#include "services/blob/engine/walk/candidate_walk.h"

#include <utility>

#include "services/blob/engine/walk/upstream_failures.h"

namespace cvr {

CandidateWalk::CandidateWalk(bool by_digest, absl::Status unknown)
    : by_digest_(by_digest), status_(std::move(unknown)) {}

CandidateWalk::Action CandidateWalk::OnFailure(const absl::Status& failure,
                                               const FailurePolicy& policy,
                                               bool has_copy) {
  const FailureContext context = {by_digest_, has_copy};
  const Action action = ActionOn(failure, policy, context);
  if (action == Action::kStop) {
    status_ = StoppedBy(failure, context);
  } else if (action == Action::kNext) {
    NoteFailure(failure, status_);
  }
  return action;
}

}  // namespace cvr
