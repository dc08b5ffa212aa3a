#include "services/blob/api/grpc_content_source.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <stop_token>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cvr/internal/v1/blob_service.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/codegen/rpc_method.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"
#include "services/blob/api/content_source_wire.h"
#include "services/blob/api/read_response_codec.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

constexpr char kRead[] = "/cvr.internal.v1.BlobService/Read";
constexpr char kFetch[] = "/cvr.internal.v1.BlobService/Fetch";

class GrpcContentStream final : public ContentStream {
 public:
  // As the generated stub begins a call, but for the type of the responses.
  template <typename Request>
  GrpcContentStream(grpc::Channel& channel, const char* method,
                    const Request& request,
                    absl::Duration timeout = absl::InfiniteDuration())
      : context_(ContextFor(timeout)),
        reader_(grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
            &channel,
            grpc::internal::RpcMethod(
                method, grpc::internal::RpcMethod::SERVER_STREAMING),
            context_.get(), request)) {}

  ~GrpcContentStream() override {
    if (ended_) return;
    context_->TryCancel();
    (void)reader_->Finish();
  }

  // Blocks until the header is here. Once, before anything else.
  absl::Status Begin(bool header_only) {
    ASSIGN_OR_RETURN(auto first, ReadMessage());
    if (!first || !first->header)
      return Broken("closed the stream without a header");
    header_ = *std::move(first->header);
    left_bytes_ = header_only ? 0 : header_->range.length;
    return absl::OkStatus();
  }

  const ContentHeader& header() const override { return *header_; }

  absl::StatusOr<Chunk> Next() override {
    if (cancelled_) return absl::CancelledError("read cancelled");
    if (!error_.ok()) return error_;
    while (pending_.empty() && !ended_) {
      const absl::Status received = Receive();
      if (!received.ok()) return error_ = received;
    }
    if (pending_.empty()) return Chunk();
    Chunk chunk = std::move(pending_.front());
    pending_.pop_front();
    return chunk;
  }

  void Cancel() override {
    cancelled_ = true;
    context_->TryCancel();
  }

 private:
  static std::unique_ptr<grpc::ClientContext> ContextFor(
      absl::Duration timeout) {
    auto context = std::make_unique<grpc::ClientContext>();
    if (timeout < absl::InfiniteDuration()) {
      context->set_deadline(std::chrono::system_clock::now() +
                            absl::ToChronoNanoseconds(timeout));
    }
    return context;
  }

  static absl::Status Broken(absl::string_view what) {
    return absl::UnavailableError(absl::StrCat("the blob service ", what));
  }

  // The next message; nothing after the last.
  absl::StatusOr<std::optional<DecodedReadResponse>> ReadMessage() {
    grpc::ByteBuffer message;
    if (reader_->Read(&message)) return DecodeReadResponse(message);
    ended_ = true;
    const absl::Status status = FromRpcStatus(reader_->Finish());
    // A service that stops cancels what it still serves.
    if (absl::IsCancelled(status) && !cancelled_)
      return Broken("closed the stream (shutting down)");
    RETURN_IF_ERROR(status);
    return std::nullopt;
  }

  absl::Status Receive() {
    ASSIGN_OR_RETURN(auto message, ReadMessage());
    if (!message) {
      return left_bytes_ == 0
                 ? absl::OkStatus()
                 : Broken("closed the stream before all bytes were sent");
    }
    for (Chunk& chunk : message->data) {
      if (chunk.size() > left_bytes_)
        return Broken("sent more bytes than announced");
      left_bytes_ -= chunk.size();
      pending_.push_back(std::move(chunk));
    }
    return absl::OkStatus();
  }

  const std::unique_ptr<grpc::ClientContext> context_;
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader_;
  std::atomic<bool> cancelled_ = false;

  // Of the reading thread.
  std::optional<ContentHeader> header_;
  std::deque<Chunk> pending_;
  uint64_t left_bytes_ = 0;  // To be received.
  bool ended_ = false;
  absl::Status error_;
};

template <typename Request>
absl::StatusOr<std::unique_ptr<ContentStream>> Begin(
    grpc::Channel& channel, const char* method, const Request& request,
    const std::stop_token& cancel = {}) {
  auto stream = std::make_unique<GrpcContentStream>(channel, method, request);
  const std::stop_callback leave(cancel, [&] { stream->Cancel(); });
  RETURN_IF_ERROR(stream->Begin(request.header_only()));
  return stream;
}

}  // namespace

absl::Status GrpcContentSource::CheckServes(absl::Duration timeout) {
  ReadRequest request{Digest::OfBytes("")};
  request.header_only = true;
  GrpcContentStream stream(*channel_, kRead, ToWire(request), timeout);
  const absl::Status status = stream.Begin(/*header_only=*/true);
  // Nothing is stored under that name as a rule, and to say so is an answer.
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::StatusOr<std::unique_ptr<ContentStream>> GrpcContentSource::Read(
    const ReadRequest& request) {
  return Begin(*channel_, kRead, ToWire(request));
}

absl::StatusOr<std::unique_ptr<ContentStream>> GrpcContentSource::Fetch(
    const FetchRequest& request) {
  return Begin(*channel_, kFetch, ToWire(request, Clock::Real().SteadyNow()),
               request.cancel);
}

}  // namespace cvr
