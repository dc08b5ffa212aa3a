#ifndef SERVICES_BLOB_ENGINE_MANIFEST_FETCHER_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_FETCHER_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/blob/blob_store.h"
#include "services/blob/content_source.h"
#include "services/blob/engine/manifest_asker.h"
#include "services/blob/engine/single_flight.h"
#include "services/common/clock.h"
#include "services/common/thread.h"
#include "services/metadata/metadata_client.h"
#include "services/upstream/upstream_client.h"

namespace cvr {

// Manifests for FetchRequests: walks through the candidates in their order and
// serves the first that has it. What a failure of one means for the others is
// the table in design.md, section 4, with its defaults. One upstream is asked
// once for all who want the same of it at the same time.
//
// Thread-safe. The pool must be shut down before this object is destroyed.
class ManifestFetcher {
 public:
  ManifestFetcher(BlobStore& store, UpstreamClient& upstream,
                  MetadataClient& metadata, const Clock& clock,
                  ThreadPool& pool);

  // As ContentSource::Fetch, of a manifest.
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request);

  // The same, by digest, of a manifest whose stored bytes were found to be
  // damaged. Does not count as a download. The plan may be that of a tag.
  absl::StatusOr<std::unique_ptr<ContentStream>> Repair(FetchRequest request);

 private:
  absl::StatusOr<std::unique_ptr<ContentStream>> Open(
      const FetchRequest& request, bool counts_as_download);
  // Nothing: this candidate does not have it.
  absl::StatusOr<std::optional<ManifestAnswer>> Ask(const FetchRequest& request,
                                                    const Candidate& candidate,
                                                    bool counts_as_download);

  MetadataClient& metadata_;
  ManifestAsker asker_;
  SingleFlight<std::shared_ptr<const ManifestAnswer>> flights_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_FETCHER_H_
