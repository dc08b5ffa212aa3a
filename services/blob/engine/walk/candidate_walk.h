#ifndef SERVICES_BLOB_ENGINE_WALK_CANDIDATE_WALK_H_
#define SERVICES_BLOB_ENGINE_WALK_CANDIDATE_WALK_H_

#include "absl/status/status.h"
#include "services/policy/failure_policy.h"

namespace cvr {

// What a pull makes of the failures of its candidates, one after the other.
//
// Manifests, lists, downloads and probes ask their candidates in different
// ways, but a failure has to mean the same for all of them. This class asks the
// table of upstream_failures.h what follows from each failure, remembers the
// failure that tells the client most, and has the status that the pull ends
// with. It neither asks an upstream nor loads a copy: the caller does.
//
// Used by one thread, for one pull.
class CandidateWalk {
 public:
  using Action = FailurePolicy::Action;

  // `by_digest`: the content is asked for by its digest. `unknown` is the
  // NOT_FOUND of a pull whose candidates all say that they do not have the
  // content.
  CandidateWalk(bool by_digest, absl::Status unknown);

  // The next candidate, with this policy, has failed. `has_copy`: a copy of
  // what it has is at hand and may be served in place of it. Returns how the
  // pull goes on:
  //   kNext        with the next candidate; with status() after the last one
  //   kStop        not at all: it ends with status()
  //   kServeStale  with the copy; never without `has_copy`
  // Not to be called again after kStop.
  Action OnFailure(const absl::Status& failure, const FailurePolicy& policy,
                   bool has_copy = false);

  // What the pull ends with, if it gets nothing from any further candidate:
  // after kStop, StoppedBy() of the last failure; else the first failure that
  // tells more than that the content is not there (see NoteFailure()); else
  // `unknown`. Never OK.
  const absl::Status& status() const { return status_; }

 private:
  const bool by_digest_;
  absl::Status status_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_CANDIDATE_WALK_H_
