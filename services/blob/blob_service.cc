#include "services/blob/blob_service.h"

#include <algorithm>
#include <stop_token>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/clock.h"
#include "cvr/internal/v1/blob_service.grpc.pb.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "services/blob/api/content_source_wire.h"
#include "services/blob/content_write_reactor.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/rpc/rpc_status.h"

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
  ASSIGN_OR_RETURN(const auto message, Parse<internal::v1::ReadRequest>(bytes));
  return FromWire(message);
}

absl::StatusOr<FetchRequest> ParseFetch(const grpc::ByteBuffer& bytes,
                                        absl::Time call_deadline) {
  ASSIGN_OR_RETURN(const auto message,
                   Parse<internal::v1::FetchRequest>(bytes));
  const absl::Time now = Clock::Real().SteadyNow();
  ASSIGN_OR_RETURN(FetchRequest request, FromWire(message, now));
  // gRPC's is by the wall clock.
  request.deadline =
      std::min(request.deadline, now + (call_deadline - absl::Now()));
  return request;
}

// Whose share of the streams' threads a call uses. What is stored waits for no
// upstream.
ShareKey ShareOf(const ReadRequest& request) {
  return {request.repair ? request.repair->plan.group : ""};
}

// What is fetched waits for the first candidate that may have it.
ShareKey ShareOf(const FetchRequest& request) {
  for (const Candidate& candidate : request.plan.candidates) {
    if (candidate.negative_answer != NegativeAnswer::kNone) continue;
    return {request.plan.group, candidate.upstream_id};
  }
  return {request.plan.group};
}

class BlobServiceImpl final
    : public internal::v1::BlobService::WithRawCallbackMethod_Read<
          internal::v1::BlobService::WithRawCallbackMethod_Fetch<
              internal::v1::BlobService::WithCallbackMethod_StatBlob<
                  internal::v1::BlobService::WithCallbackMethod_DeleteBlob<
                      internal::v1::BlobService::Service>>>> {
 public:
  BlobServiceImpl(ContentSource& source, BlobStore& store, FairPool& pool)
      : source_(source), store_(store), pool_(pool) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Read(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Fetch(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* StatBlob(
      grpc::CallbackServerContext* context,
      const internal::v1::StatBlobRequest* request,
      internal::v1::StatBlobResponse* response) override;
  grpc::ServerUnaryReactor* DeleteBlob(
      grpc::CallbackServerContext* context,
      const internal::v1::DeleteBlobRequest* request,
      internal::v1::DeleteBlobResponse* response) override;

 private:
  // Runs `work` on the pool and ends the call with what it answers.
  grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext* context,
                                     absl::AnyInvocable<absl::Status()> work);

  ContentSource& source_;
  BlobStore& store_;
  FairPool& pool_;
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* BlobServiceImpl::Read(
    grpc::CallbackServerContext* /*context*/, const grpc::ByteBuffer* request) {
  auto parsed = ParseRead(*request);
  ShareKey share = parsed.ok() ? ShareOf(*parsed) : ShareKey();
  return ContentWriteReactor::Start(
      [this, request = std::move(parsed)](
          const std::stop_token&) -> absl::StatusOr<Stream> {
        RETURN_IF_ERROR(request.status());
        return source_.Read(*request);
      },
      std::move(share), pool_);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* BlobServiceImpl::Fetch(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  auto parsed = ParseFetch(*request, absl::FromChrono(context->deadline()));
  ShareKey share = parsed.ok() ? ShareOf(*parsed) : ShareKey();
  return ContentWriteReactor::Start(
      [this, request = std::move(parsed)](
          std::stop_token hung_up) mutable -> absl::StatusOr<Stream> {
        RETURN_IF_ERROR(request.status());
        request->cancel = std::move(hung_up);
        return source_.Fetch(*request);
      },
      std::move(share), pool_);
}

grpc::ServerUnaryReactor* BlobServiceImpl::StatBlob(
    grpc::CallbackServerContext* context,
    const internal::v1::StatBlobRequest* request,
    internal::v1::StatBlobResponse* response) {
  return RunUnary(context, [this, request, response] {
    ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(request->digest()));
    ASSIGN_OR_RETURN(const auto reader, store_.Open(digest));
    response->set_size_bytes(static_cast<int64_t>(reader->size()));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* BlobServiceImpl::DeleteBlob(
    grpc::CallbackServerContext* context,
    const internal::v1::DeleteBlobRequest* request,
    internal::v1::DeleteBlobResponse*) {
  return RunUnary(context, [this, request] {
    ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(request->digest()));
    return store_.Delete(digest);
  });
}

grpc::ServerUnaryReactor* BlobServiceImpl::RunUnary(
    grpc::CallbackServerContext* context,
    absl::AnyInvocable<absl::Status()> work) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const absl::Status accepted =
      pool_.Schedule({}, [reactor, work = std::move(work)]() mutable {
        reactor->Finish(ToRpcStatus(work()));
      });
  if (!accepted.ok()) reactor->Finish(ToRpcStatus(accepted));
  return reactor;
}

}  // namespace

std::unique_ptr<grpc::Service> MakeBlobService(ContentSource& source,
                                               BlobStore& store,
                                               FairPool& pool) {
  return std::make_unique<BlobServiceImpl>(source, store, pool);
}

}  // namespace cvr
