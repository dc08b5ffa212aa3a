#ifndef SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_LOADER_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_LOADER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/download/stored_manifests.h"
#include "services/blob/engine/walk/cached_upstream_access.h"
#include "services/blob/engine/walk/stale_copy_policy.h"
#include "services/blob/engine/walk/upstream_tools.h"
#include "services/blob/store/blob_store.h"
#include "services/common/content.h"
#include "services/common/manifest_facts.h"
#include "services/concurrency/share_ledger.h"
#include "services/metadata/api/pull_metadata.h"
#include "services/upstream/api/upstream_client.h"

namespace cvr {

struct ManifestAnswer {
  Descriptor target;
  ManifestBytes bytes;  // Empty = they are in the store, under the digest.
  CacheStatus cache_status = CacheStatus::kHit;
};

// What one candidate has of a manifest, by way of the store where that is
// allowed. What an upstream says is recorded. Thread-safe.
class ManifestLoader {
 public:
  struct Question {
    ContentRef content;
    Candidate candidate;
    bool counts_as_pull = false;
    // What the upstream has just answered to Head(), if it was asked.
    std::optional<absl::StatusOr<Descriptor>> head = std::nullopt;
    // The upstream is asked even when its budget is to be saved.
    bool insists = false;
    // FetchPlan::group.
    std::string group = {};

    ShareKey share() const { return {group, candidate.upstream_id}; }
  };

  // Both outlive this object.
  ManifestLoader(const UpstreamTools& tools, StoredManifests& stored);

  // From the store alone, when the candidate needs not be asked for that: it
  // possesses the bytes, and what it has is recorded as fresh, or its upstream
  // is known to reach the digest. Nothing otherwise. Nobody is told.
  std::optional<ManifestAnswer> FindStored(const Question& question);
  // `answer` with its bytes, which are not in memory any more. Nothing when
  // they are not in the store either.
  std::optional<ManifestAnswer> Reopen(const ManifestAnswer& answer);

  // That answer is served: links it to the upstream, or counts it.
  void NoteServed(const Question& question, const ManifestAnswer& answer);

  // The copy that may be served (kStale) when the upstream fails.
  std::optional<ManifestAnswer> StaleCopy(const Question& question);

  // Whether StaleCopy() has something, unless that turns out to be damaged.
  // Reads no manifest that was read before.
  bool HasStaleCopy(const Question& question);

  // Whether the answer to `question` needs no request to the upstream.
  bool NeedsNoRequest(const Question& question);

  // Which manifest the upstream has. Errors: as FromUpstream; UNAVAILABLE
  // (UPSTREAM_INVALID) does not mean that the upstream has none to give.
  absl::StatusOr<Descriptor> Head(const Question& question);

  // Asks the upstream: confirms what is stored and it has delivered before
  // (kRevalidated), or fetches, verifies and stores (kMiss). When the
  // upstream's budget is to be saved and there is a stale copy, answers that
  // without asking, unless one insists. Errors: those of UpstreamClient;
  // NOT_FOUND also when the upstream itself is unknown by now; UNAVAILABLE
  // (MANIFEST_INVALID) for a manifest that no client should be given.
  absl::StatusOr<ManifestAnswer> FromUpstream(const Question& question);

 private:
  absl::StatusOr<ManifestAnswer> Ask(const Question& question,
                                     const UpstreamAccess& access);
  absl::StatusOr<ManifestAnswer> Follow(const Question& question,
                                        const UpstreamAccess& access,
                                        const Descriptor& head);
  absl::StatusOr<ManifestAnswer> Get(const Question& question,
                                     const UpstreamAccess& access,
                                     const Reference& reference);

  // Whether FindStored() has something, as HasStaleCopy() says of StaleCopy().
  bool HasStored(const Question& question);
  bool IsToBeSaved(const Question& question) const;
  bool HasSomethingToConfirm(const Question& question);
  std::optional<ManifestAnswer> FindConfirmed(const Question& question,
                                              const UpstreamAccess& access,
                                              const Descriptor& head);
  bool IsPossessed(const Question& question, const UpstreamAccess& access,
                   const Digest& digest);
  // What is recorded as `target`, typed by what it is.
  std::optional<ManifestAnswer> Load(const Descriptor& target);
  // The bytes for those who wait for them.
  ManifestBytes Keep(bool is_stored, const Digest& digest,
                     UpstreamManifest& manifest);

  void NoteAnswer(const Question& question, const absl::Status& answer);
  // What CacheRecord says besides.
  struct Proof {
    std::string etag = {};
    bool confirmed = true;
    int64_t delivered_to = 0;
  };
  void Record(const Question& question, const Descriptor& target,
              std::vector<Digest> references, const Proof& proof);
  void KeepInlined(const Question& question, int64_t identity,
                   const ManifestFacts& facts);
  void Touch(const Question& question, const Digest& digest);

  BlobStore& store_;
  StoredManifests& stored_;
  UpstreamClient& upstream_;
  PullMetadata& metadata_;
  CachedUpstreamAccess& accesses_;
  const StaleCopyPolicy copies_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_LOADER_H_
