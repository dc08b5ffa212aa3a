#ifndef GATEWAY_HTTP_REQUEST_BODY_H_
#define GATEWAY_HTTP_REQUEST_BODY_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/http/chunked_body.h"
#include "gateway/message/request_head.h"

namespace cvr {

// The body that follows a head, as it arrives: of a known length, or chunked.
// Not thread-safe.
class RequestBody {
 public:
  using State = ChunkedBody::State;

  // Of the request with `head`. More than `bytes_max` bytes are refused, before
  // any has come when the head tells the length.
  RequestBody(const RequestHead& head, size_t bytes_max);

  // Takes what belongs to the body from the front of `received`.
  State Take(std::string& received);

  // What has come of it.
  std::string& bytes() { return decoder_.body(); }
  size_t size() const { return decoder_.body().size(); }

 private:
  bool chunked_;
  bool too_long_;
  uint64_t left_ = 0;  // Unless it is chunked.
  ChunkedBody decoder_;
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_REQUEST_BODY_H_
