#ifndef SERVICES_BLOB_ENGINE_WALK_STALE_COPY_POLICY_H_
#define SERVICES_BLOB_ENGINE_WALK_STALE_COPY_POLICY_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "services/common/content.h"
#include "services/metadata/api/pull_metadata.h"
#include "services/metadata/api/resolver.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

// What a candidate's stale copy changes about asking its upstream: before, the
// copy may make the request needless; after, it may keep a refusal from being
// recorded. The same for manifests and for lists. Loads no copy and asks no
// upstream: the caller does. Thread-safe.
class StaleCopyPolicy {
 public:
  // `health` may be null: no upstream is to be spared. Both must outlive it.
  StaleCopyPolicy(PullMetadata& metadata, UpstreamHealth* health)
      : metadata_(metadata), health_(health) {}

  // Whether the copy is to be served without asking, because the budget of the
  // upstream is nearly spent and its policy is to serve copies then: an
  // upstream that is about to limit us is treated as if it did. Never for what
  // is addressed by digest. The plan alone says so: whether the bytes of the
  // copy are there is for the caller to find out. Needs no credentials.
  bool IsBudgetToBeSaved(const ContentRef& content,
                         const Candidate& candidate) const;

  // Records what the upstream has answered, as RecordAnswer() does. But to
  // record a refusal is to drop the copy, so it is not recorded where the
  // policy is to serve the copy all the same. `has_copy` says whether the bytes
  // of a copy are there that may be served; it is called for refusals only.
  void NoteAnswer(const ContentRef& content, const Candidate& candidate,
                  const absl::Status& answer,
                  absl::FunctionRef<bool()> has_copy) const;

 private:
  PullMetadata& metadata_;
  UpstreamHealth* const health_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_STALE_COPY_POLICY_H_
