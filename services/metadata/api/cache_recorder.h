#ifndef SERVICES_METADATA_API_CACHE_RECORDER_H_
#define SERVICES_METADATA_API_CACHE_RECORDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/content.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// What an upstream's path was found to hold.
struct CacheRecord {
  int64_t upstream_id = 0;
  ContentRef content;
  Descriptor target;
  // Without quotes; empty when the upstream sent none.
  std::string upstream_etag;
  // What a manifest names: children, config, layers.
  std::vector<Digest> references;
  bool counts_as_pull = false;
  // False = the upstream was not asked, it is only believed to have it.
  bool confirmed = true;
  // The identity (see Candidate) that the target's bytes were delivered to,
  // all of them and verified; 0 = this record proves nothing of bytes.
  int64_t delivered_to = 0;
  // Candidate::cache_epoch of the plan that led to this.
  int64_t cache_epoch = 0;

  UpstreamEpoch epoch() const { return {upstream_id, cache_epoch}; }
};

// Is told what upstreams answered. Thread-safe.
//
// What is told carries the epoch of the plan under which it was found out. When
// the upstream is gone since, the answer is NOT_FOUND; when it was purged or
// changed, ABORTED. Nothing is recorded then, and bytes that were stored for it
// are nobody's, unless ContentIndex::FilterUnreferenced() knows them.
// Every call answers UNAVAILABLE when the metadata service cannot be reached.
class CacheRecorder {
 public:
  virtual ~CacheRecorder() = default;

  // Replaces what was recorded for the path. What is not confirmed is recorded
  // only if the upstream is still believed to have it: it may have been purged
  // since. What was delivered is noted only if the upstream is still asked as
  // `delivered_to`. Of the references, the first
  // limits::kReferencesPerManifestMax count. Errors: NOT_FOUND, ABORTED;
  // RESOURCE_EXHAUSTED when as much is recorded of the upstream as may be.
  virtual absl::Status Record(const CacheRecord& record) = 0;

  // The upstream has just confirmed that the path still has `digest`. Does
  // nothing when another digest is recorded by now, or none.
  // Errors: NOT_FOUND, ABORTED.
  virtual absl::Status Touch(const UpstreamEpoch& upstream,
                             const ContentRef& content, const Digest& digest,
                             bool counts_as_pull) = 0;

  // The upstream was asked for the path and said `negative_answer`, which is
  // not kNone. What was recorded for the path is dropped, and for a while its
  // candidates carry the negative answer. kRefused and kHidden also end what
  // was reached through the path alone: what an upstream revoked is not served
  // any more in its name.
  // Errors: NOT_FOUND, ABORTED.
  virtual absl::Status RecordNegativeAnswer(const UpstreamEpoch& upstream,
                                            const ContentRef& content,
                                            NegativeAnswer negative_answer) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_CACHE_RECORDER_H_
