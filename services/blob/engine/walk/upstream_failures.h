#ifndef SERVICES_BLOB_ENGINE_WALK_UPSTREAM_FAILURES_H_
#define SERVICES_BLOB_ENGINE_WALK_UPSTREAM_FAILURES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/content.h"
#include "services/metadata/api/cache_recorder.h"
#include "services/metadata/api/resolver.h"
#include "services/policy/failure_policy.h"

namespace cvr {

// What it means for a pull when an upstream does not supply the content: the
// table of ActionOn(), with the failure policy of the upstream.

// Where a pull stands when that happens; the columns of the table.
struct FailureContext {
  // The content is addressed by digest, so every response can be verified.
  bool by_digest = false;
  // There is a copy, and it may be served still.
  bool has_copy = false;
};

// How a pull goes on after `failure`, an error of UpstreamClient. kServeStale
// only when there is a copy. NOT_FOUND: kNext, unless it IsHidden();
// DEADLINE_EXCEEDED and CANCELLED: kStop, since the client has stopped waiting.
FailurePolicy::Action ActionOn(const absl::Status& failure,
                               const FailurePolicy& policy,
                               const FailureContext& context);

// Whether a cached copy may be served in place of what the upstream fails to
// supply. Not after the upstream has said that it does not have the content.
bool MayHaveStandIn(const absl::Status& failure);

// What a pull that ends with `failure` (kStop) tells its client: where the
// policy has decided, with the option of `cvr upstream update` that changes it.
// What is hidden is PERMISSION_DENIED (UPSTREAM_REFUSED) then.
absl::Status StoppedBy(const absl::Status& failure,
                       const FailureContext& context);

// After all candidates have failed, the first failure that tells more than that
// the content is not there is told: any other error before NOT_FOUND, and what
// IsHidden() before what is merely absent. `decisive` is that of those so far.
void NoteFailure(const absl::Status& failure, absl::Status& decisive);

// Whether there is a copy that the upstream has delivered, and the time that it
// may be served for without confirmation had not passed when the plan was made.
bool MayBeServedStale(const Candidate& candidate);

// What an upstream that is not asked again is taken to answer: `unknown` for
// kNotFound, and for kHidden, where it IsHidden(); PERMISSION_DENIED
// (UPSTREAM_REFUSED) for kRefused. OK for kNone.
absl::Status KnownAnswer(int64_t upstream_id, NegativeAnswer negative_answer,
                         const absl::Status& unknown);

// Tells the metadata service of `answer`, if it is one that is remembered: the
// upstream does not have the content, or refuses it. An address that the
// deployment does not allow is not the upstream's word. Failure is logged only.
void RecordAnswer(CacheRecorder& metadata, const UpstreamEpoch& upstream,
                  const ContentRef& content, const absl::Status& answer);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_UPSTREAM_FAILURES_H_
