#include "services/blob/blob_stack.h"

#include <utility>

namespace cvr {

BlobStack::BlobStack(BlobStackOptions options, BlobStore& store,
                     UpstreamClient& upstream, MetadataClient& metadata)
    : engine_(std::move(options.engine), store, upstream, metadata),
      streams_({.name = "blob-stream",
                .threads_max = options.stream_threads_max,
                .queued_tasks_max = options.streams_queued_max}),
      service_(MakeBlobService(engine_, store, streams_)) {}

}  // namespace cvr
