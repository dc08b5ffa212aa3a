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

// How content was come by. The names follow RFC 9211.
enum class ContentOrigin {
  kHit,          // From the store.
  kMiss,         // From an upstream.
  kRevalidated,  // From the store, after the upstream confirmed it.
  kStale,        // From the store, since the upstream could not confirm it.
};

// What is wanted of a list.
struct ListWish {
  // Of tags: those that come after `last`, which need not exist (empty = from
  // the start), at most `n` (absent = all). In the order of TagPrecedes().
  std::string last;
  std::optional<uint64_t> n;
  // Of referrers: only those of this type; empty = all.
  std::string artifact_type;
};

struct ContentHeader {
  Descriptor target;  // Of the whole content.
  ByteRange range;    // What the stream carries.
  ContentOrigin origin = ContentOrigin::kHit;
  int64_t upstream_id = 0;  // 0 when read by digest alone.
  // Of a part of a list that goes on after it: its last item.
  std::optional<std::string> goes_on_after = std::nullopt;
};

// Content that is being read. One thread at a time, except for Cancel().
// Destroying it early is the way to leave; nothing else is affected by that.
class ContentStream {
 public:
  virtual ~ContentStream() = default;

  virtual const ContentHeader& header() const = 0;

  // The next bytes, in order; empty after the last. Blocks until there are
  // some. After an error every further call returns that error.
  // Errors: UNAVAILABLE when the upstream failed and no other has the rest;
  // DATA_LOSS when stored bytes are damaged and cannot be fetched again;
  // CANCELLED after Cancel(); DEADLINE_EXCEEDED.
  // The stream never ends without an error short of header().range.length.
  virtual absl::StatusOr<Chunk> Next() = 0;

  // Makes a Next() that blocks, and every later one, return CANCELLED. May be
  // called from any thread.
  virtual void Cancel() = 0;
};

// Whom to ask for stored content that turns out to be damaged.
struct RepairPlan {
  ContentRef content;
  FetchPlan plan;
};

struct ReadRequest {
  Digest digest;
  std::optional<ByteRangeSpec> range;  // Absent = all.
  bool header_only = false;            // The stream then has no bytes.
  // Without one, damage ends the stream. Used for that only.
  std::optional<RepairPlan> repair = std::nullopt;
};

struct FetchRequest {
  ContentRef content;
  FetchPlan plan;
  std::optional<ByteRangeSpec> range;  // Absent = all.
  // The stream then has no bytes, and of a blob that is not stored nothing is
  // downloaded. Also: the pull does not count as a download.
  bool header_only = false;
  // For the header, by Clock::SteadyNow(); a stream that has begun is bounded
  // by progress instead.
  absl::Time deadline = absl::InfiniteFuture();
  // Likewise: ends what Fetch() waits for with CANCELLED. Does not travel; over
  // the wire it ends the call.
  std::stop_token cancel = {};
  // Of lists alone. What the content is then: `{"tags":[...]}`, or an OCI image
  // index.
  ListWish list = {};
};

// Every hop of a pull is this interface: the blob service's own object, and the
// gRPC client of one. Thread-safe. Must outlive its streams.
//
// Opening answers the header. OUT_OF_RANGE (reason RANGE_NOT_SATISFIABLE, with
// the size) for a range that starts past the end.
class ContentSource {
 public:
  virtual ~ContentSource() = default;

  // From the store alone. Errors: NOT_FOUND (reason BLOB_UNKNOWN).
  virtual absl::StatusOr<std::unique_ptr<ContentStream>> Read(
      const ReadRequest& request) = 0;

  // From the store or from the first candidate that has it, storing it on the
  // way. One download serves all who ask at the same time, and goes on when
  // they leave. Errors: NOT_FOUND (MANIFEST_UNKNOWN, BLOB_UNKNOWN) when every
  // candidate says so; those of UpstreamClient as the deciding candidate
  // answered; DEADLINE_EXCEEDED; CANCELLED.
  virtual absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request) = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_API_CONTENT_SOURCE_H_
