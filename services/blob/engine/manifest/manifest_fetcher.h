#ifndef SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_FETCHER_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_FETCHER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/download/stored_manifests.h"
#include "services/blob/engine/manifest/manifest_loader.h"
#include "services/blob/engine/manifest/manifest_walk.h"
#include "services/blob/engine/walk/upstream_tools.h"
#include "services/blob/store/blob_store.h"
#include "services/concurrency/fair_pool.h"
#include "services/metadata/api/refresh_source.h"

namespace cvr {

// Manifests for FetchRequests: see ManifestWalk. One upstream is asked once for
// all who want the same of it at the same time.
//
// Thread-safe. The pool must be shut down before this object is destroyed.
class ManifestFetcher {
 public:
  // As ManifestWalk::Tools::overlap_delay.
  ManifestFetcher(const UpstreamTools& tools, StoredManifests& stored,
                  FairPool& pool, absl::Duration overlap_delay);

  // As ContentSource::Fetch, of a manifest.
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request);

  // The same, by digest, of a manifest whose stored bytes were found to be
  // damaged. Does not count as a pull. The plan may be that of a tag.
  absl::StatusOr<std::unique_ptr<ContentStream>> Repair(FetchRequest request);

  // Asks the upstreams of `due` whether those tags have moved, all at once, and
  // returns when they have answered: one status each. Pulls of the same share
  // the requests. Nothing of it counts as a pull.
  std::vector<absl::Status> Refresh(const std::vector<RefreshDue>& due);

  // As Engine::RefreshTag().
  absl::StatusOr<Hit> RefreshTag(FetchRequest request);

 private:
  absl::StatusOr<std::unique_ptr<ContentStream>> Open(
      const FetchRequest& request, ManifestWalk::Purpose purpose);

  BlobStore& store_;
  ManifestLoader loader_;
  ManifestFlights flights_;
  ManifestProbes probes_;
  ManifestWalk::Tools tools_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_FETCHER_H_
