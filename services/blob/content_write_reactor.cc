#include "services/blob/content_write_reactor.h"

#include <utility>

#include "services/blob/read_response_codec.h"
#include "services/common/rpc_status.h"

// While pumping_ or writing_ is set, nobody calls Finish(), so this object
// lives. Whoever finds both unset, and an end, does.
namespace cvr {

ContentWriteReactor* ContentWriteReactor::Start(Opener open, ThreadPool& pool) {
  auto* const reactor = new ContentWriteReactor(std::move(open), pool);
  reactor->SchedulePump();
  return reactor;
}

void ContentWriteReactor::SchedulePump() {
  if (!pool_.Schedule([this] { Pump(); })) {
    End(absl::UnavailableError("too many streams at once"));
  }
}

void ContentWriteReactor::Pump() {
  ContentStream* stream = nullptr;
  if (open_ != nullptr) {
    const absl::Status opened = Open();
    if (!opened.ok()) {
      End(opened);
      return;
    }
  }
  {
    MutexLock lock(&mutex_);
    stream = stream_.get();
  }
  while (true) {
    const absl::StatusOr<Chunk> chunk = stream->Next();
    const bool goes_on = chunk.ok() && !chunk->empty()
                             ? Send(EncodeData(*chunk))
                             : End(chunk.status());
    if (!goes_on) return;
  }
}

absl::Status ContentWriteReactor::Open() {
  auto stream = std::exchange(open_, nullptr)();
  if (!stream.ok()) return stream.status();
  const ContentHeader& header = (*stream)->header();
  {
    MutexLock lock(&mutex_);
    stream_ = *std::move(stream);
    if (cancelled_) stream_->Cancel();
  }
  Send(EncodeHeader(header));
  return absl::OkStatus();
}

bool ContentWriteReactor::Send(grpc::ByteBuffer message) {
  {
    MutexLock lock(&mutex_);
    if (writing_) {
      ready_ = std::move(message);
      pumping_ = false;
      return false;
    }
    writing_ = true;
  }
  sending_ = std::move(message);
  StartWrite(&sending_);
  return true;
}

bool ContentWriteReactor::End(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    end_ = status;
    pumping_ = false;
    if (writing_) return false;
  }
  Finish(ToRpcStatus(status));
  return false;
}

void ContentWriteReactor::OnWriteDone(bool ok) {
  std::optional<absl::Status> finish;
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) {
      ready_.reset();
      if (!end_) end_ = absl::CancelledError("the caller has hung up");
      if (stream_ != nullptr) stream_->Cancel();
    }
    if (ready_) {
      sending_ = *std::exchange(ready_, std::nullopt);
      writing_ = pumping_ = true;
    } else if (pumping_) {
      return;
    } else {
      finish = end_;
    }
  }
  if (finish) {
    Finish(ToRpcStatus(*finish));
    return;
  }
  StartWrite(&sending_);
  SchedulePump();
}

void ContentWriteReactor::OnCancel() {
  MutexLock lock(&mutex_);
  cancelled_ = true;
  if (stream_ != nullptr) stream_->Cancel();
}

}  // namespace cvr
