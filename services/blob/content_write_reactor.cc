#include "services/blob/content_write_reactor.h"

#include <utility>

#include "services/blob/api/read_response_codec.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"

// While pumping_ or writing_ is set, nobody calls Finish(), so this object
// lives. Whoever finds both unset, and an end, does.
namespace cvr {

ContentWriteReactor* ContentWriteReactor::Start(Opener open, ShareKey share,
                                                FairPool& pool) {
  auto* const reactor =
      new ContentWriteReactor(std::move(open), std::move(share), pool);
  const absl::Status accepted =
      pool.Schedule(reactor->share_, [reactor] { reactor->Pump(); });
  if (!accepted.ok()) reactor->End(accepted);
  return reactor;
}

void ContentWriteReactor::ResumePump() {
  if (!pool_.Resume(share_, [this] { Pump(); })) {
    End(errors::ShuttingDown("the blob service"));
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
    if (!chunk.ok() || chunk->empty()) {
      End(chunk.status());
      return;
    }
    // All there is: its end is known, and travels with it.
    if (chunk->size() == stream->header().range.length) {
      EndWith(EncodeData(*chunk), stream->Next().status());
      return;
    }
    if (!Send(EncodeData(*chunk))) return;
  }
}

absl::Status ContentWriteReactor::Open() {
  auto stream = std::exchange(open_, nullptr)(hung_up_.get_token());
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

void ContentWriteReactor::EndWith(grpc::ByteBuffer message,
                                  const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    end_ = status;
    pumping_ = false;
    if (writing_) {
      ready_ = std::move(message);
      return;
    }
  }
  sending_ = std::move(message);
  StartWriteAndFinish(&sending_, {}, ToRpcStatus(status));
}

void ContentWriteReactor::End(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    end_ = status;
    pumping_ = false;
    if (writing_) return;
  }
  Finish(ToRpcStatus(status));
}

void ContentWriteReactor::OnWriteDone(bool ok) {
  std::optional<absl::Status> finish;
  bool with_message = false;
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) {
      ready_.reset();
      if (!end_)
        end_ = absl::CancelledError("the caller closed the connection");
      if (stream_ != nullptr) stream_->Cancel();
    }
    if (pumping_) return;
    with_message = ready_.has_value();
    finish = end_;
    if (with_message) sending_ = *std::exchange(ready_, std::nullopt);
    if (!finish) writing_ = pumping_ = true;
  }
  if (!finish) {
    StartWrite(&sending_);
    ResumePump();
  } else if (with_message) {
    StartWriteAndFinish(&sending_, {}, ToRpcStatus(*finish));
  } else {
    Finish(ToRpcStatus(*finish));
  }
}

void ContentWriteReactor::OnCancel() {
  hung_up_.request_stop();
  MutexLock lock(&mutex_);
  cancelled_ = true;
  if (stream_ != nullptr) stream_->Cancel();
}

}  // namespace cvr
