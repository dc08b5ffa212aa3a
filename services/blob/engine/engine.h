#ifndef SERVICES_BLOB_ENGINE_ENGINE_H_
#define SERVICES_BLOB_ENGINE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/download/blob_fetcher.h"
#include "services/blob/engine/download/blob_prober.h"
#include "services/blob/engine/download/download.h"
#include "services/blob/engine/download/downloads_in_flight.h"
#include "services/blob/engine/download/stored_manifests.h"
#include "services/blob/engine/download/window_budget.h"
#include "services/blob/engine/manifest/list_fetcher.h"
#include "services/blob/engine/manifest/manifest_fetcher.h"
#include "services/blob/engine/walk/buffer_pool.h"
#include "services/blob/engine/walk/cached_upstream_access.h"
#include "services/blob/engine/walk/upstream_tools.h"
#include "services/blob/store/blob_store.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/fair_pool.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/pull_metadata.h"
#include "services/metadata/api/refresh_source.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

struct EngineOptions {
  // Memory of one download: its newest chunks. Twice as much may be in use
  // while readers and the store hold on to older ones.
  size_t window_bytes = 32 * 1024 * 1024;
  // Of all downloads together. Beyond it a window has two chunks: less to give
  // to followers from memory, but no download waits for another.
  size_t windows_bytes_total = 512 * 1024 * 1024;
  // A ranged read that begins at least `detour_bytes` ahead of a download is
  // fetched from the upstream separately, until the download gets there. At
  // most `detours_max` at the same time; further ones wait for the download.
  uint64_t detour_bytes = 8 * 1024 * 1024;
  size_t detours_max = 64;
  size_t detours_per_upstream_max = 0;
  // At the same time; further ones wait for their turn, up to
  // downloads_queued_max. Of these, and of all that follows, one upstream and
  // one group have their shares: see ShareLedger. Threads that wait cost little
  // and end when idle, so a share is what all together had before.
  size_t downloads_max = 128;
  size_t downloads_queued_max = 4096;
  // Of one upstream; 0 = a quarter.
  size_t downloads_per_upstream_max = 0;
  // The same for requests about manifests, and about which upstream has a blob.
  size_t requests_max = 256;
  size_t requests_queued_max = 16384;
  size_t requests_per_upstream_max = 0;
  // If an upstream has not said for this long whether it has a manifest, the
  // next one is asked too. The order of the upstreams still decides which
  // response is used.
  absl::Duration probe_overlap_delay = absl::Milliseconds(50);
  // How a download that breaks off is continued.
  RetryPolicy resume;
  // Only while nothing can be stored: how long a download waits for its slowest
  // reader before that loses its place.
  absl::Duration lagging_reader_timeout = absl::Seconds(60);
};

// The blob service's ContentSource: store, upstreams and metadata in one. What
// it says beyond content_source.h:
//
// * An upstream that does not say the size of a blob delays its readers until
//   all of it is here, since a client has to be told the size first. Asked for
//   the header alone, such a blob answers UNAVAILABLE (UPSTREAM_INVALID).
// * A download is finished and recorded even if all its clients leave. It is
//   verified before its last chunk reaches a client.
// * Lists are merged anew for each request: see ListFetcher.
// * UNAVAILABLE also when the service stops, or too much waits already.
class Engine final : public ContentSource {
 public:
  // All must outlive the engine. `sleeper` waits between attempts of a
  // download; null = really. `health` says which upstreams are to be spared;
  // null = none.
  Engine(EngineOptions options, BlobStore& store, UpstreamClient& upstream,
         PullMetadata& metadata, const Clock& clock = Clock::Real(),
         Sleeper* sleeper = nullptr, UpstreamHealth* health = nullptr);
  // Abandons what still runs, and waits until the upstreams' calls return.
  ~Engine() override;

  absl::StatusOr<std::unique_ptr<ContentStream>> Read(
      const ReadRequest& request) override;
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request) override;

  // Revalidates tags although nobody has asked for them, all at once. Blocks
  // until their upstreams have answered: one status each.
  std::vector<absl::Status> Refresh(const std::vector<RefreshDue>& due) {
    return manifests_.Refresh(due);
  }

  // Asks the upstreams of the plan for its tag, now: whatever is fresh, was
  // not found or refused a moment ago or would cost a budget that is to be
  // saved. Pulls of the same share the requests; the answer is recorded as
  // theirs is, and counts as no pull. Errors: as Fetch(), also where that would
  // serve a copy that is too old.
  absl::StatusOr<Hit> RefreshTag(FetchRequest request) {
    return manifests_.RefreshTag(std::move(request));
  }

  // Starts no new download, lets the running ones end until `deadline`
  // (Clock::SteadyNow()), then abandons them: their readers get UNAVAILABLE,
  // their bytes are dropped. What is stored can still be read. Idempotent.
  void Shutdown(absl::Time deadline);

  // Ends a download before its time: see BlobFetcher::Cancel().
  bool CancelDownload(int64_t id, const absl::Status& why,
                      bool keeps_bytes = true) {
    return blobs_.Cancel(id, why, keeps_bytes);
  }

  // Whether that blob is being downloaded.
  bool IsDownloading(const Digest& digest) const {
    return blobs_.IsDownloading(digest);
  }
  // Downloads that run or wait for their turn.
  size_t download_count() const { return blobs_.download_count(); }
  // The same, each as it is now, and those that ended lately.
  const DownloadsInFlight& downloads_in_flight() const { return seen_; }
  // Buffers that hold what has been received, of limits::kChunkBytes each.
  size_t buffers_in_use() const { return buffers_.in_use_count(); }

 private:
  BlobStore& store_;
  CachedUpstreamAccess accesses_;
  BufferPool buffers_;
  WindowBudget windows_;
  // Declared before those who use them, shut down by the destructor's body.
  ThreadPool stages_;
  FairPool requests_;
  FairPool downloads_;
  FairPool detours_;
  const UpstreamTools upstream_tools_;
  Download::Tools tools_;
  BlobProber prober_;
  DownloadsInFlight seen_;
  BlobFetcher blobs_;
  StoredManifests stored_manifests_;
  ManifestFetcher manifests_;
  ListFetcher lists_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_ENGINE_H_
