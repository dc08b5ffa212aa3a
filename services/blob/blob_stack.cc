#include "services/blob/blob_stack.h"

namespace cvr {
namespace {

std::unique_ptr<RefreshAhead> MakeRefresh(const BlobStackOptions& options,
                                          Engine& engine,
                                          MetadataClient& metadata,
                                          UpstreamHealth* health) {
  if (!options.refreshes_ahead) return nullptr;
  return std::make_unique<RefreshAhead>(options.refresh, engine, metadata,
                                        health);
}

}  // namespace

BlobStack::BlobStack(BlobStackOptions options, BlobStore& store,
                     UpstreamClient& upstream, MetadataClient& metadata,
                     UpstreamHealth* health)
    : metadata_(metadata),
      engine_(options.engine, store, upstream, metadata_, Clock::Real(),
              /*sleeper=*/nullptr, health),
      refresh_(MakeRefresh(options, engine_, metadata, health)),
      garbage_(options.garbage, metadata, store,
               [this](const Digest& digest) {
                 return engine_.IsDownloading(digest);
               }),
      reconciler_(options.reconciler, metadata, metadata_, store,
                  [this](const Digest& digest) {
                    return engine_.IsDownloading(digest);
                  }),
      watch_(options.watch, engine_, metadata, Clock::Real()),
      streams_({.name = "blob-stream",
                .what = "streams",
                .threads_max = options.stream_threads_max,
                .queued_tasks_max = options.streams_queued_max}),
      service_(MakeBlobService(engine_, store, streams_)) {
  reconciler_.Start();
}

void BlobStack::Shutdown(absl::Time deadline) {
  if (refresh_ != nullptr) refresh_->Stop();
  garbage_.Stop();
  reconciler_.Stop();
  engine_.Shutdown(deadline);
  watch_.Stop();
}

}  // namespace cvr
