#ifndef SERVICES_METADATA_API_METADATA_CLIENT_H_
#define SERVICES_METADATA_API_METADATA_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/common/content.h"
#include "services/metadata/api/resolver.h"
#include "services/policy/upstream_access.h"

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
  bool counts_as_download = false;
  // False = the upstream was not asked, it is only believed to have it.
  bool confirmed = true;
  // The identity (see Candidate) that the target's bytes were delivered to,
  // all of them and verified; 0 = this record proves nothing of bytes.
  int64_t delivered_to = 0;
  // Candidate::cache_epoch of the plan that led to this.
  int64_t cache_epoch = 0;

  UpstreamEpoch epoch() const { return {upstream_id, cache_epoch}; }
};

// A digest whose bytes nothing points at any more.
struct Garbage {
  int64_t id = 0;  // Positive, rising with time.
  Digest digest;
};

// A tag to be revalidated now, so that no pull has to wait for it.
struct RefreshDue {
  ContentRef content;
  Candidate candidate;
};

// What the blob service tells and asks the metadata service. Thread-safe.
// Every call answers UNAVAILABLE when the service cannot be reached.
//
// What is told carries the epoch of the plan under which it was found out. When
// the upstream is gone since, the answer is NOT_FOUND; when it was purged or
// changed, ABORTED. Nothing is recorded then, and bytes that were stored for it
// are nobody's, unless FilterUnreferenced() knows them.
class MetadataClient {
 public:
  virtual ~MetadataClient() = default;

  // How to reach an upstream, credentials included. Errors: NOT_FOUND.
  virtual absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) = 0;

  // Which of `identities`, each once, the bytes of `digest` have been delivered
  // to: as Candidate::possessed, but now.
  // Errors: INVALID_ARGUMENT for more than limits::kIdentitiesAskedMax.
  virtual absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest& digest, absl::Span<const int64_t> identities) = 0;

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
                             bool counts_as_download) = 0;

  // The upstream was asked for the path and said `denial`, which is not kNone.
  // What was recorded for the path is dropped, and for a while its candidates
  // carry the denial. kRefused and kHidden also end what was reached through
  // the path alone: what an upstream revoked is not served any more in its
  // name.
  // Errors: NOT_FOUND, ABORTED.
  virtual absl::Status RecordDenial(const UpstreamEpoch& upstream,
                                    const ContentRef& content,
                                    Denial denial) = 0;

  // Those of `upstreams`, in their order, that nothing may be got from any more
  // as it was then: they are gone, disabled, or reached otherwise (URL,
  // credentials, TLS). Not those that were merely purged. One read, cheap.
  // Errors: INVALID_ARGUMENT for more than limits::kCheckedUpstreamsMax.
  virtual absl::StatusOr<std::vector<UpstreamEpoch>> CheckUpstreams(
      absl::Span<const UpstreamEpoch> upstreams) = 0;

  // Takes up to `max` tags that were pulled shortly before they expire, of
  // upstreams that want them refreshed ahead. Each is given out once.
  virtual absl::StatusOr<std::vector<RefreshDue>> TakeRefreshDue(int max) = 0;

  // The bytes of `digests` are stored no more. Drops every entry that points at
  // one of them, of all upstreams that have delivered it, by tag or by digest;
  // what upstreams can supply stays known. What an entry of another upstream
  // says was never about those bytes, so it must not tell of them. Forgetting
  // the unknown succeeds. A power cut may undo it, which costs a miss. Errors:
  // INVALID_ARGUMENT for more than limits::kForgottenDigestsMax.
  virtual absl::Status ForgetContent(absl::Span<const Digest> digests) = 0;

  // Those of `digests`, in their order, that no entry of any upstream points
  // at. Errors: INVALID_ARGUMENT for more than limits::kForgottenDigestsMax.
  virtual absl::StatusOr<std::vector<Digest>> FilterUnreferenced(
      absl::Span<const Digest> digests) = 0;

  // Digests that have lost their last entry because something was deleted or
  // purged, and got no new one since: the oldest first, at most `max` (1-1000)
  // of those after `start_after`. Empty = there are no more for now. They are
  // kept until RemoveGarbage(), also over a restart.
  virtual absl::StatusOr<std::vector<Garbage>> ListGarbage(int64_t start_after,
                                                           int max) = 0;
  // Their bytes are gone. Removing the unknown succeeds.
  virtual absl::Status RemoveGarbage(absl::Span<const int64_t> ids) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_METADATA_CLIENT_H_
