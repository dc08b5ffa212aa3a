#include "gateway/http/request_body.h"

#include <algorithm>

namespace cvr {

// A length that is told and does not fit a number is too long as well.
RequestBody::RequestBody(const RequestHead& head, size_t bytes_max)
    : chunked_(head.chunked),
      too_long_(!head.chunked && head.has_body &&
                head.content_length.value_or(bytes_max + 1) > bytes_max),
      decoder_(bytes_max) {
  if (head.has_body && !too_long_) left_ = head.content_length.value_or(0);
}

RequestBody::State RequestBody::Take(std::string& received) {
  if (chunked_) return decoder_.Take(received);
  if (too_long_) return State::kTooLong;
  const size_t taken = std::min<uint64_t>(left_, received.size());
  bytes().append(received, 0, taken);
  received.erase(0, taken);
  left_ -= taken;
  return left_ == 0 ? State::kComplete : State::kMore;
}

}  // namespace cvr
