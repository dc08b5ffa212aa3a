#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FETCHER_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FETCHER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/download/blob_flight.h"
#include "services/blob/engine/download/blob_prober.h"
#include "services/blob/engine/download/download.h"
#include "services/blob/engine/download/downloads_in_flight.h"
#include "services/concurrency/fair_pool.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Blobs for FetchRequests: from the store, from a download that is running, or
// from a new one. A client gets bytes only if an upstream of its own plan has
// delivered them, in full, or delivers them now; that the bytes are here
// already, for others, or are just coming, changes nothing: not what its
// upstreams are asked, nor when. DESIGN.md, "Whose bytes".
//
// Thread-safe. All pools must be shut down before this object is destroyed.
class BlobFetcher {
 public:
  struct Options {
    BlobFeed::Options feed;
    // A range that begins at least this many bytes ahead of a download is
    // fetched separately.
    uint64_t detour_bytes = 0;
  };

  // `downloads` runs one thread per download and bounds their number; a
  // download uses the share of the first origin that it is going to ask.
  // `detours` does the same for ranges; when it is full, readers wait for the
  // download. `seen` is told of every download.
  BlobFetcher(Download::Tools& tools, Options options, FairPool& downloads,
              FairPool& detours, BlobProber& prober, DownloadsInFlight& seen);

  // As ContentSource::Fetch, of a blob.
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request);

  // The same, of a blob whose stored bytes were found to be damaged. Does not
  // count as a pull.
  absl::StatusOr<std::unique_ptr<ContentStream>> Repair(
      const FetchRequest& request);

  // Starts nothing new, and waits for what runs until `deadline`
  // (Clock::SteadyNow()); what still runs then fails.
  void Shutdown(absl::Time deadline);

  // Ends the download of that id (see DownloadsInFlight), running or queued, at
  // once: no request joins it any more, and its readers get `why`. The bytes
  // received are left for the next download if `keeps_bytes`. False if there is
  // no such download.
  bool Cancel(int64_t id, const absl::Status& why, bool keeps_bytes);

  // Whether a download of it runs or waits for its turn.
  bool IsDownloading(const Digest& digest) const;

  // Of downloads that run or wait for their turn.
  size_t download_count() const;

 private:
  using Stream = std::unique_ptr<ContentStream>;
  struct Pull;

  absl::StatusOr<Stream> Open(Pull pull);
  // Each of these answers a stream, an error, or null: things have changed,
  // look again.
  absl::StatusOr<Stream> TryOpen(Pull& pull);
  absl::StatusOr<Stream> ServeStored(const Pull& pull,
                                     std::shared_ptr<const BlobReader> reader);
  // Null when the upstream does not say the size.
  absl::StatusOr<Stream> Probe(const Pull& pull);
  absl::StatusOr<Stream> Start(const Pull& pull, uint64_t ends_seen);
  absl::StatusOr<Stream> Join(const Pull& pull,
                              const std::shared_ptr<BlobFlight>& flight,
                              std::unique_ptr<BlobFeed::Reader> reader);

  void StartDetour(const Pull& pull, const std::shared_ptr<BlobFlight>& flight,
                   const BlobOrigin& origin, BlobFeed::Reader& reader);
  Stream WithRepair(const Pull& pull, Stream stream,
                    std::shared_ptr<BlobFlight> followed);

  // The flight that the pull may join; null = there is none.
  std::shared_ptr<BlobFlight> FlightFor(const Pull& pull) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run(const std::shared_ptr<BlobFlight>& flight);
  // Ends it wherever it is.
  void Abandon(const std::shared_ptr<BlobFlight>& flight,
               const absl::Status& why, bool keeps_bytes);
  void End(const std::shared_ptr<BlobFlight>& flight,
           const absl::Status& status);
  void Remove(const BlobFlight& flight);

  Download::Tools& tools_;
  const Options options_;
  FairPool& downloads_;
  FairPool& detours_;
  BlobProber& prober_;
  DownloadsInFlight& seen_;

  mutable Mutex mutex_;
  CondVar flight_ended_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // What can be joined, by those whose plans it fits: of one digest several,
  // for several identities.
  absl::flat_hash_map<Digest, std::vector<std::shared_ptr<BlobFlight>>> flights_
      ABSL_GUARDED_BY(mutex_);
  // All that have not returned from Run(), also those that cannot be joined.
  std::vector<std::shared_ptr<BlobFlight>> running_ ABSL_GUARDED_BY(mutex_);
  // How many flights have left flights_: a request that finds neither a flight
  // nor stored bytes, while a flight ended, has to look again.
  uint64_t ends_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FETCHER_H_
