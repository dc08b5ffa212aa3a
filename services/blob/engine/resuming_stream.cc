#include "services/blob/engine/resuming_stream.h"

#include <utility>

#include "services/common/mutex.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Bounds a store that damages whatever it is given.
constexpr int kReopensMax = 3;

class ResumingStream final : public ContentStream {
 public:
  ResumingStream(std::unique_ptr<ContentStream> stream, ReopenContent reopen)
      : header_(stream->header()),
        reopen_(std::move(reopen)),
        next_(header_.range.offset),
        stream_(std::move(stream)) {}

  const ContentHeader& header() const override { return header_; }

  absl::StatusOr<Chunk> Next() override {
    while (error_.ok()) {
      auto chunk = current().Next();
      if (chunk.ok()) {
        next_ += chunk->size();
        if (!chunk->empty()) reopens_ = 0;
        return chunk;
      }
      error_ = std::move(chunk).status();
      if (absl::IsDataLoss(error_) || absl::IsAborted(error_)) {
        error_ = Reopen(error_);
      }
    }
    return error_;
  }

  void Cancel() override {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    stream_->Cancel();
  }

 private:
  // Of the reading thread, which alone replaces it.
  ContentStream& current() {
    MutexLock lock(&mutex_);
    return *stream_;
  }

  absl::Status Reopen(const absl::Status& why) {
    const std::string digest = header_.target.digest.ToString();
    if (++reopens_ > kReopensMax) return absl::UnavailableError(why.message());
    spdlog::warn("blob {}: looking elsewhere from byte {} on: {}", digest,
                 next_, why.ToString());
    ASSIGN_OR_RETURN(
        auto rest,
        reopen_({ByteRangeSpec::From{next_, header_.range.end() - 1}}));
    if (rest->header().target.size_bytes != header_.target.size_bytes) {
      return absl::UnavailableError("the rest of the blob has another size");
    }
    MutexLock lock(&mutex_);
    stream_ = std::move(rest);
    if (cancelled_) stream_->Cancel();
    return absl::OkStatus();
  }

  const ContentHeader header_;
  const ReopenContent reopen_;

  // Of the reading thread.
  uint64_t next_;
  int reopens_ = 0;
  absl::Status error_;

  Mutex mutex_;
  std::unique_ptr<ContentStream> stream_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<ContentStream> MakeResumingStream(
    std::unique_ptr<ContentStream> stream, ReopenContent reopen) {
  return std::make_unique<ResumingStream>(std::move(stream), std::move(reopen));
}

}  // namespace cvr
