#include "services/blob/engine/download/detour.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

class DetourSink final : public UpstreamBlobSink {
 public:
  DetourSink(BufferPool& buffers, const ByteRange& part, BlobFeed& feed,
             BlobFeed::Detour& detour)
      : buffers_(buffers),
        part_(part),
        feed_(feed),
        detour_(detour),
        left_bytes_(part.length) {}

  absl::Status OnHeader(const UpstreamBlobHeader& header) override {
    const bool is_part = header.offset == part_.offset;
    if (is_part && (!header.size_bytes || header.size_bytes == feed_.size())) {
      return absl::OkStatus();
    }
    return absl::CancelledError(
        "the response has a different byte range than requested");
  }

  absl::Status OnBytes(absl::string_view bytes) override {
    bytes = bytes.substr(0, std::min<uint64_t>(bytes.size(), left_bytes_));
    left_bytes_ -= bytes.size();
    while (!bytes.empty()) {
      if (buffer_ == nullptr) buffer_ = buffers_.Acquire();
      const size_t count =
          std::min(limits::kChunkBytes - filled_bytes_, bytes.size());
      std::memcpy(buffer_.get() + filled_bytes_, bytes.data(), count);
      bytes.remove_prefix(count);
      filled_bytes_ += count;
      if (filled_bytes_ == limits::kChunkBytes) RETURN_IF_ERROR(Flush());
    }
    return absl::OkStatus();
  }

  std::stop_token cancel() const override { return BlobFeed::LeftBy(detour_); }

  absl::Status Flush() {
    if (filled_bytes_ == 0) return absl::OkStatus();
    const absl::string_view bytes(buffer_.get(),
                                  std::exchange(filled_bytes_, 0));
    return feed_.Push(detour_, Chunk(bytes, std::exchange(buffer_, nullptr)));
  }

 private:
  BufferPool& buffers_;
  const ByteRange part_;
  BlobFeed& feed_;
  BlobFeed::Detour& detour_;

  uint64_t left_bytes_;
  std::shared_ptr<char> buffer_;
  size_t filled_bytes_ = 0;
};

absl::Status Send(Download::Tools& tools, const Digest& digest,
                  const BlobOrigin& origin, const ByteRange& part,
                  DetourSink& sink) {
  ASSIGN_OR_RETURN(const auto access,
                   tools.accesses.Get(origin.epoch(), origin.upstream_version));
  RETURN_IF_ERROR(tools.upstream.GetBlob(*access, origin.repository, digest,
                                         {part.offset, part.length}, sink));
  return sink.Flush();
}

}  // namespace

void RunDetour(Download::Tools& tools, const Digest& digest,
               const BlobOrigin& origin, const ByteRange& part, BlobFeed& feed,
               BlobFeed::Detour& detour) {
  DetourSink sink(tools.buffers, part, feed, detour);
  const absl::Status status = Send(tools, digest, origin, part, sink);
  if (!status.ok() && !absl::IsCancelled(status)) {
    spdlog::info(
        "range request for blob {} to upstream {} failed, waiting for the "
        "fetch instead: {}",
        digest.ToString(), origin.upstream_id, status.ToString());
  }
  feed.End(detour);
}

}  // namespace cvr
