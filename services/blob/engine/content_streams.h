#ifndef SERVICES_BLOB_ENGINE_CONTENT_STREAMS_H_
#define SERVICES_BLOB_ENGINE_CONTENT_STREAMS_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/blob/blob_store.h"
#include "services/blob/content_source.h"
#include "services/blob/engine/blob_feed.h"
#include "services/common/byte_range.h"
#include "services/common/chunk.h"

namespace cvr {

// What a request asks of content, whatever that is.
struct StreamWish {
  std::optional<ByteRangeSpec> range;
  bool header_only = false;
};

// What is known of content before its bytes, except for the part that is wanted
// of it.
struct StreamSubject {
  Descriptor target;
  ContentOrigin origin = ContentOrigin::kHit;
  int64_t upstream_id = 0;
};

// The streams of the engine. Each answers OUT_OF_RANGE (reason
// RANGE_NOT_SATISFIABLE) when `wish` does not fit the content.

// The header alone.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeHeaderStream(
    const StreamSubject& subject, const StreamWish& wish);

// From memory.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeBytesStream(
    const StreamSubject& subject, const StreamWish& wish, Chunk bytes);

// From the store. A blob that turns out to be damaged is dropped from there, so
// that the next pull fetches it again. `store` must outlive the stream.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeStoredStream(
    const StreamSubject& subject, const StreamWish& wish, BlobStore& store,
    std::shared_ptr<const BlobReader> reader);

// Along a download, whose size `subject` has. Not for the header alone.
// ABORTED, now or from Next(), when the download no longer has the bytes.
absl::StatusOr<std::unique_ptr<ContentStream>> MakeFollowingStream(
    const StreamSubject& subject, const StreamWish& wish,
    std::unique_ptr<BlobFeed::Reader> reader);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_CONTENT_STREAMS_H_
