#include "services/blob/blob_service.h"

#include <algorithm>
#include <stop_token>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/clock.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "protos/cvr/v1/blob_service.grpc.pb.h"
#include "services/blob/content_source_wire.h"
#include "services/blob/content_write_reactor.h"
#include "services/common/rpc_status.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Stream = std::unique_ptr<ContentStream>;

template <typename Message>
absl::StatusOr<Message> Parse(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer copy = bytes;  // Shares the bytes.
  Message message;
  const grpc::Status parsed =
      grpc::SerializationTraits<Message>::Deserialize(&copy, &message);
  if (!parsed.ok()) return FromRpcStatus(parsed);
  return message;
}

absl::StatusOr<ReadRequest> ParseRead(const grpc::ByteBuffer& bytes) {
  ASSIGN_OR_RETURN(const auto message, Parse<v1::ReadRequest>(bytes));
  return FromWire(message);
}

absl::StatusOr<FetchRequest> ParseFetch(const grpc::ByteBuffer& bytes,
                                        absl::Time call_deadline) {
  ASSIGN_OR_RETURN(const auto message, Parse<v1::FetchRequest>(bytes));
  ASSIGN_OR_RETURN(FetchRequest request, FromWire(message, absl::Now()));
  request.deadline = std::min(request.deadline, call_deadline);
  return request;
}

class BlobServiceImpl final
    : public v1::BlobService::WithRawCallbackMethod_Read<
          v1::BlobService::WithRawCallbackMethod_Fetch<
              v1::BlobService::WithCallbackMethod_StatBlob<
                  v1::BlobService::WithCallbackMethod_DeleteBlob<
                      v1::BlobService::Service>>>> {
 public:
  BlobServiceImpl(ContentSource& source, BlobStore& store, ThreadPool& pool)
      : source_(source), store_(store), pool_(pool) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Read(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Fetch(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* StatBlob(grpc::CallbackServerContext* context,
                                     const v1::StatBlobRequest* request,
                                     v1::StatBlobResponse* response) override;
  grpc::ServerUnaryReactor* DeleteBlob(
      grpc::CallbackServerContext* context,
      const v1::DeleteBlobRequest* request,
      google::protobuf::Empty* response) override;

 private:
  // Runs `work` on the pool and ends the call with what it answers.
  grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext* context,
                                     absl::AnyInvocable<absl::Status()> work);

  ContentSource& source_;
  BlobStore& store_;
  ThreadPool& pool_;
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* BlobServiceImpl::Read(
    grpc::CallbackServerContext* /*context*/, const grpc::ByteBuffer* request) {
  return ContentWriteReactor::Start(
      [this, request = ParseRead(*request)](
          const std::stop_token&) -> absl::StatusOr<Stream> {
        RETURN_IF_ERROR(request.status());
        return source_.Read(*request);
      },
      pool_);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* BlobServiceImpl::Fetch(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const absl::Time deadline = absl::FromChrono(context->deadline());
  return ContentWriteReactor::Start(
      [this, request = ParseFetch(*request, deadline)](
          std::stop_token hung_up) mutable -> absl::StatusOr<Stream> {
        RETURN_IF_ERROR(request.status());
        request->cancel = std::move(hung_up);
        return source_.Fetch(*request);
      },
      pool_);
}

grpc::ServerUnaryReactor* BlobServiceImpl::StatBlob(
    grpc::CallbackServerContext* context, const v1::StatBlobRequest* request,
    v1::StatBlobResponse* response) {
  return RunUnary(context, [this, request, response] {
    ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(request->digest()));
    ASSIGN_OR_RETURN(const auto reader, store_.Open(digest));
    response->set_size(static_cast<int64_t>(reader->size()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* BlobServiceImpl::DeleteBlob(
    grpc::CallbackServerContext* context, const v1::DeleteBlobRequest* request,
    google::protobuf::Empty*) {
  return RunUnary(context, [this, request] {
    ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(request->digest()));
    return store_.Delete(digest);
  });
}

grpc::ServerUnaryReactor* BlobServiceImpl::RunUnary(
    grpc::CallbackServerContext* context,
    absl::AnyInvocable<absl::Status()> work) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const bool accepted =
      pool_.Schedule([reactor, work = std::move(work)]() mutable {
        reactor->Finish(ToRpcStatus(work()));
      });
  if (!accepted) {
    reactor->Finish(
        ToRpcStatus(absl::UnavailableError("too many requests at once")));
  }
  return reactor;
}

}  // namespace

std::unique_ptr<grpc::Service> MakeBlobService(ContentSource& source,
                                               BlobStore& store,
                                               ThreadPool& pool) {
  return std::make_unique<BlobServiceImpl>(source, store, pool);
}

}  // namespace cvr
