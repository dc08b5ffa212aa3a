#ifndef SERVICES_BLOB_API_CONTENT_SOURCE_H_
#define SERVICES_BLOB_API_CONTENT_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/byte_range.h"
#include "services/common/chunk.h"
#include "services/common/content.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// How a response was produced, in the terms of RFC 9211 (Cache-Status).
enum class CacheStatus {
  kHit,          // From the store.
  kMiss,         // From an upstream.
  kRevalidated,  // From the store, after the upstream confirmed it.
  kStale,        // From the store, since the upstream could not confirm it.
};

// The query parameters of a request for a list.
struct ListQuery {
  // For lists of tags: at most `n` tags (absent = all) after `last`, in the
  // order of TagPrecedes(). `last` need not exist; empty = from the start.
  std::string last;
  std::optional<uint64_t> n;
  // For referrers: only those of this artifact type; empty = all.
  std::string artifact_type;
};

struct ContentHeader {
  Descriptor target;  // Of the whole content.
  ByteRange range;    // The part of it in the stream.
  CacheStatus cache_status = CacheStatus::kHit;
  int64_t upstream_id = 0;  // 0 when read by digest alone.
  // The last item of a list that was cut at ListQuery::n; absent if the list is
  // complete.
  std::optional<std::string> goes_on_after = std::nullopt;
};

// Content that is being read. To be used by one thread at a time, except for
// Cancel(). A reader that wants no more destroys the stream; this has no effect
// on other readers or on the download.
class ContentStream {
 public:
  virtual ~ContentStream() = default;

  virtual const ContentHeader& header() const = 0;

  // The next bytes, in order; empty at the end. Blocks until bytes are there.
  // After an error every further call returns the same error.
  // Errors: UNAVAILABLE if the upstream failed and no other one has the rest;
  // DATA_LOSS if stored bytes are corrupt and cannot be fetched again;
  // CANCELLED after Cancel(); DEADLINE_EXCEEDED.
  // A stream that ends without an error has had header().range.length bytes.
  virtual absl::StatusOr<Chunk> Next() = 0;

  // Makes the running and all later calls of Next() return CANCELLED. May be
  // called from any thread.
  virtual void Cancel() = 0;
};

// Where to fetch stored content again if it turns out to be corrupt.
struct RepairPlan {
  ContentRef content;
  FetchPlan plan;
};

struct ReadRequest {
  Digest digest;
  std::optional<ByteRangeSpec> range;  // Absent = all.
  bool header_only = false;            // The stream then has no bytes.
  // Used only if the stored bytes are corrupt; without it the stream then ends
  // with DATA_LOSS.
  std::optional<RepairPlan> repair = std::nullopt;
};

struct FetchRequest {
  ContentRef content;
  FetchPlan plan;
  std::optional<ByteRangeSpec> range;  // Absent = all.
  // The stream then has no bytes, a blob that is not stored is not fetched, and
  // the request does not count as a pull.
  bool header_only = false;
  // Deadline for the header, by Clock::SteadyNow(). After the header only a
  // lack of progress ends the stream.
  absl::Time deadline = absl::InfiniteFuture();
  // Ends the waits of Fetch() with CANCELLED. It is not part of the message on
  // the wire: a client ends the call instead.
  std::stop_token cancel = {};
  // For lists only. The content is then `{"tags":[...]}` or an OCI image index.
  ListQuery list = {};
  // Whether this is a client's pull, which is counted. Not part of the message
  // on the wire: whoever asks from another process pulls for a client.
  bool counts_as_pull = true;
};

// The source of content for pulls. Implemented by the engine of the blob
// service and by the gRPC client of a blob service in another process, so that
// the gateway does not know which of them it uses. Thread-safe. Must outlive
// its streams.
//
// Both methods return when the header is known. OUT_OF_RANGE (reason
// RANGE_NOT_SATISFIABLE, with the size) for a range that starts past the end.
class ContentSource {
 public:
  virtual ~ContentSource() = default;

  // Reads stored content, without asking an upstream. Errors: NOT_FOUND (reason
  // BLOB_UNKNOWN).
  virtual absl::StatusOr<std::unique_ptr<ContentStream>> Read(
      const ReadRequest& request) = 0;

  // Reads content from the store, or else from the first candidate that has it,
  // and stores it at the same time. Concurrent requests for one content share a
  // download, which continues when their clients disconnect.
  // Errors: NOT_FOUND (MANIFEST_UNKNOWN, BLOB_UNKNOWN) if no candidate has the
  // content; the error of UpstreamClient of the candidate that decided;
  // DEADLINE_EXCEEDED; CANCELLED.
  virtual absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request) = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_API_CONTENT_SOURCE_H_
