#include "services/metadata/api/grpc_metadata_client.h"

#include <utility>

#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/record_wire.h"
#include "services/rpc/unary_call.h"

namespace cvr {
namespace {

using Stub = internal::v1::CacheRecordService::Stub;

}  // namespace

GrpcMetadataClient::GrpcMetadataClient(std::shared_ptr<grpc::Channel> channel,
                                       const Options& options)
    : stub_(internal::v1::CacheRecordService::NewStub(std::move(channel))),
      options_(options) {}

template <typename Method, typename Request, typename Response>
absl::Status GrpcMetadataClient::Call(Method method, const Request& request,
                                      Response& response) {
  return UnaryCall(*stub_, method, options_.deadline, request, response);
}

absl::StatusOr<UpstreamAccess> GrpcMetadataClient::GetUpstreamAccess(
    int64_t upstream_id) {
  internal::v1::GetUpstreamAccessRequest request;
  request.set_upstream_id(upstream_id);
  internal::v1::GetUpstreamAccessResponse response;
  RETURN_IF_ERROR(Call(&Stub::GetUpstreamAccess, request, response));
  return FromWire(response);
}

absl::StatusOr<std::vector<int64_t>> GrpcMetadataClient::FindPossessing(
    const Digest& digest, absl::Span<const int64_t> identities) {
  internal::v1::FindPossessingRequest request;
  request.set_digest(digest.ToString());
  for (const int64_t identity : identities) request.add_identities(identity);
  internal::v1::FindPossessingResponse response;
  RETURN_IF_ERROR(Call(&Stub::FindPossessing, request, response));
  return std::vector<int64_t>(response.identities().begin(),
                              response.identities().end());
}

absl::Status GrpcMetadataClient::Record(const CacheRecord& record) {
  internal::v1::RecordCacheEntryResponse response;
  return Call(&Stub::RecordCacheEntry, ToWire(record), response);
}

absl::Status GrpcMetadataClient::Touch(const UpstreamEpoch& upstream,
                                       const ContentRef& content,
                                       const Digest& digest,
                                       bool counts_as_pull) {
  internal::v1::TouchCacheEntryRequest request;
  request.set_upstream_id(upstream.upstream_id);
  request.set_cache_epoch(upstream.cache_epoch);
  *request.mutable_content() = ToWire(content);
  request.set_digest(digest.ToString());
  request.set_counts_as_pull(counts_as_pull);
  internal::v1::TouchCacheEntryResponse response;
  return Call(&Stub::TouchCacheEntry, request, response);
}

absl::Status GrpcMetadataClient::RecordNegativeAnswer(
    const UpstreamEpoch& upstream, const ContentRef& content,
    NegativeAnswer negative_answer) {
  internal::v1::RecordNegativeAnswerResponse response;
  return Call(&Stub::RecordNegativeAnswer,
              ToNegativeAnswerRequest(upstream, content, negative_answer),
              response);
}

absl::StatusOr<std::vector<RefreshDue>> GrpcMetadataClient::TakeRefreshDue(
    int max) {
  internal::v1::TakeRefreshDueRequest request;
  request.set_max(max);
  internal::v1::TakeRefreshDueResponse response;
  RETURN_IF_ERROR(Call(&Stub::TakeRefreshDue, request, response));
  return FromWire(response);
}

absl::Status GrpcMetadataClient::ForgetContent(
    absl::Span<const Digest> digests) {
  internal::v1::ForgetContentRequest request;
  for (const Digest& digest : digests) {
    request.add_digests(digest.ToString());
  }
  internal::v1::ForgetContentResponse response;
  return Call(&Stub::ForgetContent, request, response);
}

absl::StatusOr<std::vector<UpstreamEpoch>> GrpcMetadataClient::CheckUpstreams(
    absl::Span<const UpstreamEpoch> upstreams) {
  internal::v1::CheckUpstreamsRequest request;
  for (const UpstreamEpoch& upstream : upstreams) {
    *request.add_upstreams() = ToWire(upstream);
  }
  internal::v1::CheckUpstreamsResponse response;
  RETURN_IF_ERROR(Call(&Stub::CheckUpstreams, request, response));
  std::vector<UpstreamEpoch> outdated;
  for (const auto& upstream : response.outdated()) {
    outdated.push_back(FromWire(upstream));
  }
  return outdated;
}

absl::StatusOr<std::vector<Digest>> GrpcMetadataClient::FilterUnreferenced(
    absl::Span<const Digest> digests) {
  internal::v1::FilterUnreferencedRequest request;
  for (const Digest& digest : digests) {
    request.add_digests(digest.ToString());
  }
  internal::v1::FilterUnreferencedResponse response;
  RETURN_IF_ERROR(Call(&Stub::FilterUnreferenced, request, response));
  std::vector<Digest> found;
  for (const std::string& text : response.digests()) {
    ASSIGN_OR_RETURN(const auto digest, Digest::Parse(text));
    found.push_back(digest);
  }
  return found;
}

absl::StatusOr<std::vector<Garbage>> GrpcMetadataClient::ListGarbage(
    int64_t start_after, int max) {
  internal::v1::ListGarbageRequest request;
  request.set_start_after(start_after);
  request.set_max(max);
  internal::v1::ListGarbageResponse response;
  RETURN_IF_ERROR(Call(&Stub::ListGarbage, request, response));
  std::vector<Garbage> garbage;
  for (const auto& one : response.garbage()) {
    ASSIGN_OR_RETURN(const auto digest, Digest::Parse(one.digest()));
    garbage.push_back({one.id(), digest});
  }
  return garbage;
}

absl::Status GrpcMetadataClient::RemoveGarbage(absl::Span<const int64_t> ids) {
  internal::v1::RemoveGarbageRequest request;
  for (const int64_t id : ids) request.add_ids(id);
  internal::v1::RemoveGarbageResponse response;
  return Call(&Stub::RemoveGarbage, request, response);
}

}  // namespace cvr
