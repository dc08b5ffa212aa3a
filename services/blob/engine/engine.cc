#include "services/blob/engine/engine.h"

#include <algorithm>
#include <utility>

#include "services/blob/engine/download/content_streams.h"
#include "services/blob/engine/download/repairing_stream.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {

Engine::Engine(EngineOptions options, BlobStore& store,
               UpstreamClient& upstream, PullMetadata& metadata,
               const Clock& clock, Sleeper* sleeper, UpstreamHealth* health)
    : store_(store),
      accesses_(metadata, clock),
      buffers_(2 * options.window_bytes),
      windows_(options.windows_bytes_total / limits::kChunkBytes),
      // Two for each download, and as many that are about to end.
      stages_({.name = "blob-stage",
               .threads_max = 2 * options.downloads_max,
               .queued_tasks_max = 2 * options.downloads_max}),
      requests_(
          {.name = "blob-request",
           .what = "requests",
           .threads_max = options.requests_max,
           .queued_tasks_max = options.requests_queued_max,
           .threads_per_upstream_max = options.requests_per_upstream_max}),
      downloads_(
          {.name = "blob-fetch",
           .what = "fetches",
           .threads_max = options.downloads_max,
           .queued_tasks_max = options.downloads_queued_max,
           .threads_per_upstream_max = options.downloads_per_upstream_max}),
      detours_({.name = "blob-detour",
                .what = "detours",
                .threads_max = std::max<size_t>(1, options.detours_max),
                .threads_per_upstream_max = options.detours_per_upstream_max}),
      upstream_tools_{store, upstream, metadata, accesses_, health},
      tools_{store,    upstream, metadata, accesses_,
             buffers_, stages_,  sleeper,  std::move(options.resume)},
      prober_(upstream_tools_, requests_),
      seen_(clock),
      blobs_(tools_,
             {{options.window_bytes, options.lagging_reader_timeout, &windows_},
              options.detour_bytes},
             downloads_, detours_, prober_, seen_),
      stored_manifests_(store),
      manifests_(upstream_tools_, stored_manifests_, requests_,
                 options.probe_overlap_delay),
      lists_(upstream_tools_, requests_) {}

Engine::~Engine() {
  Shutdown(absl::InfinitePast());
  downloads_.Shutdown();
  detours_.Shutdown();
  requests_.Shutdown();
  stages_.Shutdown();
}

absl::StatusOr<std::unique_ptr<ContentStream>> Engine::Read(
    const ReadRequest& request) {
  ASSIGN_OR_RETURN(auto reader, store_.Open(request.digest));
  StreamDescriptor descriptor = {
      {kOctetStream, request.digest, reader->size()}, CacheStatus::kHit, 0};
  if (request.repair &&
      request.repair->content.kind == ContentKind::kManifest) {
    const auto kind = stored_manifests_.KindOf(request.digest, *reader);
    if (kind && kind->has_fault) {
      return errors::BlobUnknown(request.digest.ToString());
    }
    if (kind) descriptor.target.media_type = kind->ServedAs("");
  }
  ASSIGN_OR_RETURN(
      auto stream,
      MakeStoredStream(descriptor, {request.range, request.header_only}, store_,
                       std::move(reader)));
  if (!request.repair || request.header_only) return stream;
  return MakeRepairingStream(
      std::move(stream),
      [this, request](ByteRange rest, std::stop_token cancel) {
        const auto& [content, plan] = *request.repair;
        FetchRequest fetch{
            {content.repository, Reference(request.digest), content.kind},
            plan,
            ByteRangeSpec{ByteRangeSpec::From{rest.offset, rest.end() - 1}}};
        fetch.cancel = std::move(cancel);
        return content.kind == ContentKind::kManifest ? manifests_.Repair(fetch)
                                                      : blobs_.Repair(fetch);
      });
}

absl::StatusOr<std::unique_ptr<ContentStream>> Engine::Fetch(
    const FetchRequest& request) {
  switch (request.content.kind) {
    case ContentKind::kManifest:
      return manifests_.Fetch(request);
    case ContentKind::kBlob:
      return blobs_.Fetch(request);
    case ContentKind::kTags:
    case ContentKind::kReferrers:
      return lists_.Fetch(request);
  }
  return absl::InvalidArgumentError("unknown content kind");
}

void Engine::Shutdown(absl::Time deadline) { blobs_.Shutdown(deadline); }

}  // namespace cvr
