#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_CONTENT_STREAMS_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_CONTENT_STREAMS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/download/blob_feed.h"
#include "services/blob/store/blob_store.h"
#include "services/common/byte_range.h"
#include "services/common/chunk.h"

namespace cvr {

// What a request asks of content, whatever that is.
struct StreamRequest {
  std::optional<ByteRangeSpec> range;
  bool header_only = false;
};

// What is known of content before its bytes, except for the part that is wanted
// of it.
struct StreamDescriptor {
  Descriptor target;
  CacheStatus cache_status = CacheStatus::kHit;
  int64_t upstream_id = 0;
  // As ContentHeader's.
  std::optional<std::string> goes_on_after = std::nullopt;
};

// The streams of the engine. Each answers OUT_OF_RANGE (reason
// RANGE_NOT_SATISFIABLE) when `stream_request` does not fit the content.

// The header alone.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeHeaderStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request);

// From memory.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeBytesStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    Chunk bytes);

// Made as it is sent: `produce` answers the next bytes of all of it, in order.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeProducedStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    std::function<absl::StatusOr<Chunk>()> produce);

// From the store. A blob that turns out to be damaged is dropped from there, so
// that the next pull fetches it again. `store` must outlive the stream.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeStoredStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    BlobStore& store, std::shared_ptr<const BlobReader> reader);

// Drops the blob if what the store has of it at `offset` is damaged; another
// reader may have seen to that, and somebody have stored it anew.
void DropIfDamaged(BlobStore& store, const Digest& digest, uint64_t offset);

// Along a download, whose size `descriptor` has. Not for the header alone.
// ABORTED when the download no longer has where the range starts.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeFollowingStream(
    const StreamDescriptor& descriptor, const StreamRequest& stream_request,
    std::unique_ptr<BlobFeed::Reader> reader);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_CONTENT_STREAMS_H_
