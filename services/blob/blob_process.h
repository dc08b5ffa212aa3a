#ifndef SERVICES_BLOB_BLOB_PROCESS_H_
#define SERVICES_BLOB_BLOB_PROCESS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "services/access/admin_authority.h"
#include "services/blob/api/content_source.h"
#include "services/blob/blob_reconciler.h"
#include "services/blob/engine/download_watch.h"
#include "services/blob/engine/engine.h"
#include "services/blob/engine/refresh_ahead.h"
#include "services/blob/eviction_reporter.h"
#include "services/blob/fetch_service.h"
#include "services/blob/garbage_collector.h"
#include "services/blob/operation_runner.h"
#include "services/blob/prefetcher.h"
#include "services/blob/refresh_service.h"
#include "services/blob/store/rocksdb_blob_store.h"
#include "services/blob/tag_refresher.h"
#include "services/blob/unrecorded_content.h"
#include "services/blob/upstream_state_service.h"
#include "services/blob/upstream_test_service.h"
#include "services/concurrency/fair_pool.h"
#include "services/concurrency/memory_budget.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/metadata_client.h"
#include "services/metadata/api/operation_recorder.h"
#include "services/metadata/api/resolver.h"
#include "services/rpc/call_guard.h"
#include "services/upstream/build_upstream_client.h"
#include "services/upstream/gate/upstream_gate.h"
#include "services/upstream/upstream_prober.h"

namespace cvr {

// The blob service of one process, without a server: RocksDB below, real
// registries beside. Everything that is handed out lives as long as it does.
// Thread-safe.
class BlobProcess {
 public:
  struct Options {
    RocksDbBlobStore::Options store;
    CurlTransport::Options upstream;
    EngineOptions engine;
    // Whether tags are revalidated before they expire, where their upstream
    // wants that.
    bool refreshes_ahead = false;
    RefreshAhead::Options refresh;
    GarbageCollector::Options garbage;
    DownloadWatch::Options watch;
    BlobReconciler::Options reconciler;
    // gRPC streams that wait for bytes at the same time, a thread each; streams
    // of one upstream and of one group have their shares (see ShareLedger).
    // Streams that wait for their caller need none.
    size_t stream_threads_max = 1024;
    size_t streams_queued_max = 16384;
    // --instance_name: what administrators tell blob services apart by.
    std::string instance;
  };

  // `metadata`, which is told of evictions, `resolver`, which is asked whom to
  // ask for a tag, `recorder`, which keeps operations, and `authority`, which
  // is asked who may administer, must outlive it. The store's eviction_listener
  // is set here. Errors: those of RocksDbBlobStore::Open().
  static absl::StatusOr<std::unique_ptr<BlobProcess>> Open(
      Options options, MetadataClient& metadata, Resolver& resolver,
      OperationRecorder& recorder, AdminAuthority& authority);

  ContentSource& source() { return engine_; }
  // For administrators.
  std::vector<grpc::Service*> admin_services() {
    return {&upstream_states_, &fetches_, &refresh_, &tests_};
  }
  // For the gateway.
  grpc::Service* blob_service() { return blob_service_.get(); }

  ~BlobProcess();

  // As Engine::Shutdown(). Nobody watches fetches from then on, operations end
  // with UNAVAILABLE, and at the deadline everything that still waits for an
  // upstream ends at once. Stop the gRPC server afterwards, so that streams can
  // end; it must be gone before this object is.
  void Shutdown(absl::Time deadline);

 private:
  BlobProcess(Options options, std::unique_ptr<EvictionReporter> reporter,
              std::unique_ptr<RocksDbBlobStore> store, MetadataClient& metadata,
              Resolver& resolver, OperationRecorder& recorder,
              AdminAuthority& authority);

  BlobStoreFigures Figures() const;
  void StopUpstreamsAt(absl::Time deadline);

  std::stop_source stop_;  // Of everything that asks upstreams.
  const std::unique_ptr<EvictionReporter> reporter_;  // The store calls it.
  const std::unique_ptr<RocksDbBlobStore> store_;
  const uint64_t bytes_max_;
  HttpUpstreamProber prober_;
  MemoryBudget documents_;
  const std::unique_ptr<UpstreamGate> upstream_;
  CallGuard guard_;
  UpstreamStateServiceImpl upstream_states_;
  UnrecordedContent metadata_;  // What the engine tells goes through it.
  Engine engine_;
  const std::unique_ptr<RefreshAhead> refresh_ahead_;  // Null when disabled.
  GarbageCollector garbage_;
  BlobReconciler reconciler_;
  DownloadWatch watch_;
  FairPool streams_;
  const std::unique_ptr<grpc::Service> blob_service_;
  TagRefresher refresher_;
  Prefetcher prefetcher_;
  OperationRunner operations_;  // Uses all of the above.
  FetchServiceImpl fetches_;
  RefreshServiceImpl refresh_;
  UpstreamTestServiceImpl tests_;

  Mutex mutex_;
  CondVar changed_;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Thread> stopper_;  // Once Shutdown() was called.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_BLOB_PROCESS_H_
