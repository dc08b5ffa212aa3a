#include "gateway/content_stream_buffer.h"

#include <utility>

#include "absl/status/statusor.h"

namespace cvr {

ContentStreamBuffer::int_type ContentStreamBuffer::underflow() {
  if (!status_.ok()) return traits_type::eof();
  absl::StatusOr<Chunk> chunk = stream_.Next();
  if (!chunk.ok()) {
    status_ = chunk.status();
    return traits_type::eof();
  }
  if (chunk->empty()) return traits_type::eof();
  chunk_ = *std::move(chunk);
  // The interface is older than const; nobody writes here.
  char* const begin = const_cast<char*>(chunk_.bytes().data());
  setg(begin, begin, begin + chunk_.size());
  return traits_type::to_int_type(*begin);
}

}  // namespace cvr
