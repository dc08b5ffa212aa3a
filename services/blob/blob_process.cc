#include "services/blob/blob_process.h"

#include <utility>

#include "services/blob/blob_service.h"
#include "services/common/document_limits.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"

namespace cvr {
namespace {

CurlTransport::Options Stoppable(CurlTransport::Options options,
                                 const std::stop_source& stop) {
  options.stop = stop.get_token();
  return options;
}

std::unique_ptr<RefreshAhead> MakeRefresh(const BlobProcess::Options& options,
                                          Engine& engine,
                                          MetadataClient& metadata,
                                          UpstreamHealth* health) {
  if (!options.refreshes_ahead) return nullptr;
  return std::make_unique<RefreshAhead>(options.refresh, engine, metadata,
                                        health);
}

}  // namespace

absl::StatusOr<std::unique_ptr<BlobProcess>> BlobProcess::Open(
    Options options, MetadataClient& metadata, Resolver& resolver,
    OperationRecorder& recorder, AdminAuthority& authority) {
  auto reporter = std::make_unique<EvictionReporter>(metadata);
  options.store.eviction_listener =
      [reporter = reporter.get()](absl::Span<const Digest> digests) {
        reporter->Report(digests);
      };
  ASSIGN_OR_RETURN(auto store, RocksDbBlobStore::Open(options.store));
  return std::unique_ptr<BlobProcess>(
      new BlobProcess(std::move(options), std::move(reporter), std::move(store),
                      metadata, resolver, recorder, authority));
}

BlobProcess::BlobProcess(Options options,
                         std::unique_ptr<EvictionReporter> reporter,
                         std::unique_ptr<RocksDbBlobStore> store,
                         MetadataClient& metadata, Resolver& resolver,
                         OperationRecorder& recorder, AdminAuthority& authority)
    : reporter_(std::move(reporter)),
      store_(std::move(store)),
      bytes_max_(options.store.bounds.max_bytes),
      prober_(Stoppable(options.upstream, stop_)),
      documents_({limits::kDocumentsBytesMax,
                  limits::kDocumentsBytesPerTenantMax,
                  limits::kDocumentsBytesPerUpstreamMax,
                  absl::Seconds(limits::kDocumentWaitSeconds)}),
      upstream_(BuildUpstreamGate(Stoppable(options.upstream, stop_),
                                  Clock::Real(), &documents_)),
      guard_(authority),
      upstream_states_(*upstream_, options.instance, guard_),
      metadata_(metadata),
      engine_(options.engine, *store_, *upstream_, metadata_, Clock::Real(),
              /*sleeper=*/nullptr, upstream_.get()),
      refresh_ahead_(MakeRefresh(options, engine_, metadata, upstream_.get())),
      garbage_(options.garbage, metadata, *store_,
               [this](const Digest& digest) {
                 return engine_.IsDownloading(digest);
               }),
      reconciler_(options.reconciler, metadata, metadata_, *store_,
                  [this](const Digest& digest) {
                    return engine_.IsDownloading(digest);
                  }),
      watch_(options.watch, engine_, metadata, Clock::Real()),
      streams_({.name = "blob-stream",
                .what = "streams",
                .threads_max = options.stream_threads_max,
                .queued_tasks_max = options.streams_queued_max}),
      blob_service_(MakeBlobService(engine_, *store_, streams_)),
      refresher_(engine_, resolver),
      prefetcher_(resolver, engine_),
      operations_({.instance = options.instance}, recorder),
      fetches_(
          engine_.downloads_in_flight(),
          [this](int64_t id) {
            return engine_.CancelDownload(
                id, absl::UnavailableError("an operator cancelled the fetch"));
          },
          [this] { return Figures(); }, options.instance, guard_),
      refresh_(refresher_, prefetcher_, resolver, operations_, guard_),
      tests_(prober_, metadata, guard_) {
  reconciler_.Start();
}

BlobProcess::~BlobProcess() {
  {
    MutexLock lock(&mutex_);
    gone_ = true;
    changed_.SignalAll();
  }
  stopper_.reset();
  stop_.request_stop();
}

// Downloads end first, then what else asks upstreams: requests of manifests and
// tests of upstreams, which the server waits for.
void BlobProcess::Shutdown(absl::Time deadline) {
  fetches_.Stop();
  operations_.Stop();
  {
    MutexLock lock(&mutex_);
    if (stopper_ == nullptr) {
      stopper_ = std::make_unique<Thread>(
          "upstream-stop", [this, deadline] { StopUpstreamsAt(deadline); });
    }
  }
  if (refresh_ahead_ != nullptr) refresh_ahead_->Stop();
  garbage_.Stop();
  reconciler_.Stop();
  engine_.Shutdown(deadline);
  watch_.Stop();
}

void BlobProcess::StopUpstreamsAt(absl::Time deadline) {
  {
    MutexLock lock(&mutex_);
    while (!gone_) {
      const absl::Duration left = deadline - Clock::Real().SteadyNow();
      if (changed_.WaitWithTimeout(&mutex_, left)) break;
    }
  }
  stop_.request_stop();
}

BlobStoreFigures BlobProcess::Figures() const {
  const BlobCatalog::Usage usage = store_->Usage();
  return {usage.blobs, usage.bytes, bytes_max_, store_->DiskFreeBytes()};
}

}  // namespace cvr
