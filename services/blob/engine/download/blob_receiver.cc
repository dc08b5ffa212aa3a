#include "services/blob/engine/download/blob_receiver.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {

BlobReceiver::BlobReceiver(BlobFeed& feed, BufferPool& buffers,
                           std::function<void()> on_answer,
                           std::stop_token cancel)
    : feed_(feed),
      buffers_(buffers),
      on_answer_(std::move(on_answer)),
      cancel_(std::move(cancel)) {}

void BlobReceiver::SwitchUpstream(std::string host) {
  host_ = std::move(host);
  etag_.clear();
}

UpstreamBlobPart BlobReceiver::NextPart() const {
  UpstreamBlobPart part;
  if (received_bytes_ == 0) return part;
  part.offset = received_bytes_ - (feed_.size() ? 0 : 1);
  part.if_range_etag = etag_;
  return part;
}

bool BlobReceiver::IsComplete() const {
  return feed_.size() == received_bytes_ && received_bytes_ > 0;
}

absl::Status BlobReceiver::OnHeader(const UpstreamBlobHeader& header) {
  if (header.offset > received_bytes_) {
    return errors::UpstreamInvalid(
        host_, "the response has a different byte range than requested");
  }
  if (header.size_bytes) {
    if (*header.size_bytes > limits::kBlobBytesMax) {
      return errors::UpstreamInvalid(
          host_, "the Content-Length is larger than the maximum blob size");
    }
    if (*header.size_bytes < received_bytes_ ||
        feed_.size().value_or(*header.size_bytes) != *header.size_bytes) {
      return errors::UpstreamInvalid(
          host_,
          "the size of the blob differs from that of an earlier response");
    }
  }
  skip_bytes_ = received_bytes_ - header.offset;
  etag_ = header.etag;
  on_answer_();
  // Last: readers act on it, and ask who answered.
  if (header.size_bytes) feed_.SetSize(*header.size_bytes);
  return absl::OkStatus();
}

absl::Status BlobReceiver::OnBytes(absl::string_view bytes) {
  const size_t skipped = std::min<uint64_t>(skip_bytes_, bytes.size());
  bytes.remove_prefix(skipped);
  skip_bytes_ -= skipped;
  const uint64_t size = feed_.size().value_or(limits::kBlobBytesMax);
  if (bytes.size() > size - received_bytes_) {
    return errors::UpstreamInvalid(
        host_, absl::StrCat("the response body is longer than the announced ",
                            size, " bytes"));
  }
  while (!bytes.empty()) {
    if (buffer_ == nullptr) buffer_ = buffers_.Acquire();
    const size_t room = limits::kChunkBytes - filled_bytes_;
    const size_t count = std::min(room, bytes.size());
    std::memcpy(buffer_.get() + filled_bytes_, bytes.data(), count);
    bytes.remove_prefix(count);
    filled_bytes_ += count;
    received_bytes_ += count;
    if (filled_bytes_ == limits::kChunkBytes) RETURN_IF_ERROR(PushBuffer());
  }
  // Whoever waits for the very first bytes should not wait for a whole chunk.
  if (received_bytes_ < limits::kChunkBytes && filled_bytes_ > 0) {
    feed_.ShowBeginning(
        Chunk(absl::string_view(buffer_.get(), filled_bytes_), buffer_));
  }
  return absl::OkStatus();
}

absl::Status BlobReceiver::Finish() {
  if (const auto size = feed_.size(); size && *size != received_bytes_) {
    return errors::UpstreamUnavailable(
        host_, absl::StrCat("the response body ended early: received ",
                            received_bytes_, " of ", *size, " bytes"));
  }
  if (filled_bytes_ > 0) RETURN_IF_ERROR(PushBuffer());
  feed_.EndInput();
  return absl::OkStatus();
}

absl::Status BlobReceiver::PushBuffer() {
  const absl::string_view bytes(buffer_.get(), filled_bytes_);
  filled_bytes_ = 0;
  const absl::Status pushed =
      feed_.Push(Chunk(bytes, std::exchange(buffer_, nullptr)));
  if (pushed.ok()) return pushed;
  lost_bytes_ = true;
  if (absl::IsCancelled(pushed)) return pushed;
  return errors::UpstreamInvalid(host_,
                                 "the response has no Content-Length, and the "
                                 "blob cannot be cached to determine its size");
}

}  // namespace cvr
