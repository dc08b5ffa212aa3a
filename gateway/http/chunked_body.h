#ifndef GATEWAY_HTTP_CHUNKED_BODY_H_
#define GATEWAY_HTTP_CHUNKED_BODY_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// Takes a chunked request body apart as it arrives: RFC 9112, section 7.1.
// Chunk extensions and trailers are read, checked and forgotten. What it holds
// is bounded by the body's limit and one line. Not thread-safe.
class ChunkedBody {
 public:
  // Bodies of more than `bytes_max` bytes are refused.
  explicit ChunkedBody(size_t bytes_max) : bytes_max_(bytes_max) {}

  enum class State {
    kMore,       // The body is not complete.
    kComplete,   // body() is the body.
    kMalformed,  // Its end cannot be known.
    kTooLong,
  };

  // Takes what belongs to the body from the front of `received`; what follows
  // the body stays. After anything but kMore nothing more is taken.
  State Take(std::string& received);

  const std::string& body() const { return body_; }
  std::string& body() { return body_; }

 private:
  enum class Part { kSizeLine, kData, kDataEnd, kTrailer };

  // Each takes one part from the front of `rest`; kMore when it is not there in
  // whole, or when another part is to follow: then `part_` has changed or
  // `rest` is shorter.
  State TakePart(absl::string_view& rest);
  State TakeSizeLine(absl::string_view& rest);
  State TakeData(absl::string_view& rest);
  State TakeDataEnd(absl::string_view& rest);
  State TakeTrailer(absl::string_view& rest);

  size_t bytes_max_;
  std::string body_;
  State state_ = State::kMore;
  Part part_ = Part::kSizeLine;
  uint64_t chunk_left_ = 0;
  size_t framing_bytes_ = 0;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_CHUNKED_BODY_H_
