#include "services/blob/engine/download/repairing_stream.h"

#include <utility>

#include "services/common/status_macros.h"
#include "services/concurrency/mutex.h"

namespace cvr {
namespace {

class RepairingStream final : public ContentStream {
 public:
  RepairingStream(std::unique_ptr<ContentStream> stream, Refill refill)
      : header_(stream->header()),
        refill_(std::move(refill)),
        next_(header_.range.offset),
        current_(stream.get()),
        stream_(std::move(stream)) {}

  const ContentHeader& header() const override { return header_; }

  absl::StatusOr<Chunk> Next() override {
    if (!error_.ok()) return error_;
    absl::StatusOr<Chunk> chunk = current_->Next();
    const bool is_gone =
        absl::IsDataLoss(chunk.status()) || absl::IsAborted(chunk.status());
    if (is_gone && refill_ != nullptr) {
      error_ = Replace(chunk.status());
      if (!error_.ok()) return error_;
      chunk = current_->Next();
    }
    if (chunk.ok()) {
      next_ += chunk->size();
      return chunk;
    }
    error_ = chunk.status();
    if (absl::IsAborted(error_)) {
      error_ = absl::UnavailableError(error_.message());
    }
    return error_;
  }

  void Cancel() override {
    cancel_.request_stop();
    MutexLock lock(&mutex_);
    cancelled_ = true;
    stream_->Cancel();
  }

 private:
  absl::Status Replace(const absl::Status& damage) {
    const Refill refill = std::exchange(refill_, nullptr);
    if (cancel_.stop_requested()) {
      return absl::CancelledError("read cancelled");
    }
    // Nobody is to wait for this reader any more.
    current_->Cancel();
    auto stream =
        refill({next_, header_.range.end() - next_}, cancel_.get_token());
    if (absl::IsNotFound(stream.status())) return damage;
    RETURN_IF_ERROR(stream.status());
    const Descriptor& target = (*stream)->header().target;
    if (target.digest != header_.target.digest ||
        target.size_bytes != header_.target.size_bytes) {
      return damage;
    }
    current_ = stream->get();
    MutexLock lock(&mutex_);
    stream_.swap(*stream);
    if (cancelled_) stream_->Cancel();
    return absl::OkStatus();
  }

  const ContentHeader header_;
  std::stop_source cancel_;

  // Of the reading thread.
  Refill refill_;
  uint64_t next_;
  absl::Status error_;
  ContentStream* current_;

  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<ContentStream> stream_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<ContentStream> MakeRepairingStream(
    std::unique_ptr<ContentStream> stream, Refill refill) {
  return std::make_unique<RepairingStream>(std::move(stream),
                                           std::move(refill));
}

}  // namespace cvr
