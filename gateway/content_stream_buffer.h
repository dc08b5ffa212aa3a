#ifndef GATEWAY_CONTENT_STREAM_BUFFER_H_
#define GATEWAY_CONTENT_STREAM_BUFFER_H_

#include <streambuf>

#include "absl/status/status.h"
#include "services/blob/content_source.h"
#include "services/common/chunk.h"

namespace cvr {

// What a ContentStream sends, for parsers that read streams: one chunk is held
// at a time. Reading blocks. Not thread-safe; `stream` must outlive it.
class ContentStreamBuffer : public std::streambuf {
 public:
  explicit ContentStreamBuffer(ContentStream& stream) : stream_(stream) {}

  // To readers an error is the end: this is how to tell. OK at the real end.
  const absl::Status& status() const { return status_; }

 protected:
  int_type underflow() override;

 private:
  ContentStream& stream_;
  Chunk chunk_;
  absl::Status status_;
};

}  // namespace cvr

#endif  // GATEWAY_CONTENT_STREAM_BUFFER_H_
