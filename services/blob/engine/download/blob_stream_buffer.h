#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_STREAM_BUFFER_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_STREAM_BUFFER_H_

#include <cstdint>
#include <streambuf>
#include <utility>

#include "absl/status/status.h"
#include "services/blob/store/blob_store.h"
#include "services/common/chunk.h"

namespace cvr {

// A stored blob for parsers that read streams: one chunk is held at a time. Not
// thread-safe; `reader` must outlive it.
class BlobStreamBuffer : public std::streambuf {
 public:
  explicit BlobStreamBuffer(const BlobReader& reader) : reader_(reader) {}

  // To readers an error is the end: this is how to tell. OK at the real end.
  const absl::Status& status() const { return status_; }

 protected:
  int_type underflow() override {
    if (!status_.ok() || next_ >= reader_.size()) return traits_type::eof();
    auto chunk = reader_.ReadChunk(next_);
    if (!chunk.ok()) {
      status_ = chunk.status();
      return traits_type::eof();
    }
    chunk_ = *std::move(chunk);
    next_ += chunk_.size();
    // The interface is older than const; nobody writes here.
    char* const begin = const_cast<char*>(chunk_.bytes().data());
    setg(begin, begin, begin + chunk_.size());
    return traits_type::to_int_type(*begin);
  }

 private:
  const BlobReader& reader_;
  uint64_t next_ = 0;
  Chunk chunk_;
  absl::Status status_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_STREAM_BUFFER_H_
