#ifndef SERVICES_BLOB_ENGINE_MANIFEST_ASKER_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_ASKER_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "services/blob/blob_store.h"
#include "services/blob/content_source.h"
#include "services/common/chunk.h"
#include "services/common/clock.h"
#include "services/common/content.h"
#include "services/metadata/metadata_client.h"
#include "services/upstream/upstream_client.h"

namespace cvr {

struct ManifestAnswer {
  Descriptor target;
  Chunk bytes;
  ContentOrigin origin = ContentOrigin::kHit;
};

// What one candidate has of a manifest, by way of the store where that is
// allowed. Thread-safe.
class ManifestAsker {
 public:
  struct Question {
    ContentRef content;
    Candidate candidate;
    bool counts_as_download = false;
  };

  ManifestAsker(BlobStore& store, UpstreamClient& upstream,
                MetadataClient& metadata, const Clock& clock);

  // From the store alone, when the candidate needs not be asked for that:
  // what it has is recorded as fresh, or its upstream is known to reach the
  // digest. Nothing otherwise.
  std::optional<ManifestAnswer> FromStore(const Question& question);

  // Asks the upstream, and records what it says: confirms what is stored
  // (kRevalidated), or fetches, verifies and stores (kMiss). When the upstream
  // fails and the stored copy may be served still, answers that (kStale).
  // Errors: those of UpstreamClient; NOT_FOUND also when the upstream itself is
  // unknown by now.
  absl::StatusOr<ManifestAnswer> FromUpstream(const Question& question);

 private:
  absl::StatusOr<ManifestAnswer> Confirm(const Question& question,
                                         const UpstreamAccess& access,
                                         const Descriptor& known, Chunk bytes);
  absl::StatusOr<ManifestAnswer> Get(const Question& question,
                                     const UpstreamAccess& access,
                                     const Reference& reference);
  absl::StatusOr<ManifestAnswer> Decide(const Question& question,
                                        absl::StatusOr<ManifestAnswer> answer);

  void Record(const Question& question, const ManifestAnswer& answer,
              const std::string& etag);
  // What the store has under that digest, if it can be a manifest.
  std::optional<Chunk> Load(const Digest& digest);

  BlobStore& store_;
  UpstreamClient& upstream_;
  MetadataClient& metadata_;
  const Clock& clock_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_ASKER_H_
