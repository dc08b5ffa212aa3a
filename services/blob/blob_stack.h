#ifndef SERVICES_BLOB_BLOB_STACK_H_
#define SERVICES_BLOB_BLOB_STACK_H_

#include <cstddef>
#include <memory>

#include "absl/time/time.h"
#include "services/blob/api/content_source.h"
#include "services/blob/blob_reconciler.h"
#include "services/blob/blob_service.h"
#include "services/blob/engine/download_watch.h"
#include "services/blob/engine/engine.h"
#include "services/blob/engine/refresh_ahead.h"
#include "services/blob/garbage_collector.h"
#include "services/blob/store/blob_store.h"
#include "services/blob/unrecorded_content.h"
#include "services/concurrency/fair_pool.h"
#include "services/metadata/api/metadata_client.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

struct BlobStackOptions {
  EngineOptions engine;
  // Whether tags are revalidated before they expire, where their upstream wants
  // that.
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
};

// The blob service on top of its interfaces, which must outlive it; `health`
// may be null. The gRPC server that serves service() must be gone before this
// object is.
class BlobStack {
 public:
  BlobStack(BlobStackOptions options, BlobStore& store,
            UpstreamClient& upstream, MetadataClient& metadata,
            UpstreamHealth* health = nullptr);

  ContentSource& source() { return engine_; }
  grpc::Service& service() { return *service_; }
  Engine& engine() { return engine_; }

  // As Engine::Shutdown(). Stop the gRPC server afterwards, so that streams can
  // end.
  void Shutdown(absl::Time deadline);

 private:
  UnrecordedContent metadata_;  // What the engine tells goes through it.
  Engine engine_;
  const std::unique_ptr<RefreshAhead> refresh_;  // Null when disabled.
  GarbageCollector garbage_;
  BlobReconciler reconciler_;
  DownloadWatch watch_;
  FairPool streams_;
  const std::unique_ptr<grpc::Service> service_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_BLOB_STACK_H_
