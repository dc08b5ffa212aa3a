#include "gateway/registry/active_streams.h"

#include <cassert>
#include <utility>

namespace cvr {

class ActiveStreams::Tracked : public ContentStream {
 public:
  Tracked(ActiveStreams& streams, std::unique_ptr<ContentStream> stream)
      : streams_(streams), stream_(std::move(stream)) {}

  ~Tracked() override {
    MutexLock lock(&streams_.mutex_);
    streams_.streams_.erase(stream_.get());
  }

  const ContentHeader& header() const override { return stream_->header(); }
  absl::StatusOr<Chunk> Next() override { return stream_->Next(); }
  void Cancel() override { stream_->Cancel(); }

 private:
  ActiveStreams& streams_;
  const std::unique_ptr<ContentStream> stream_;
};

ActiveStreams::~ActiveStreams() {
  MutexLock lock(&mutex_);
  assert(streams_.empty());
}

std::unique_ptr<ContentStream> ActiveStreams::Track(
    std::unique_ptr<ContentStream> stream) {
  MutexLock lock(&mutex_);
  streams_.insert(stream.get());
  // Under the lock, since a stream leaves the set before it is destroyed;
  // Cancel() only wakes whoever waits.
  if (cancelled_) stream->Cancel();
  return std::make_unique<Tracked>(*this, std::move(stream));
}

void ActiveStreams::CancelAll() {
  MutexLock lock(&mutex_);
  cancelled_ = true;
  for (ContentStream* stream : streams_) stream->Cancel();
}

}  // namespace cvr
