#include "services/metadata/cache_record_service.h"

#include <string>
#include <utility>
#include <vector>

#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/record_wire.h"
#include "services/metadata/api/rpc_answer.h"
#include "services/rpc/rpc_status.h"

namespace cvr {
namespace {

absl::Status Record(CacheRecorder& recorder,
                    const internal::v1::RecordCacheEntryRequest& message) {
  ASSIGN_OR_RETURN(const auto record, FromWire(message));
  return recorder.Record(record);
}

absl::Status Touch(CacheRecorder& recorder,
                   const internal::v1::TouchCacheEntryRequest& message) {
  ASSIGN_OR_RETURN(const auto content, FromWire(message.content()));
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(message.digest()));
  return recorder.Touch({message.upstream_id(), message.cache_epoch()}, content,
                        digest, message.counts_as_pull());
}

absl::Status RecordNegativeAnswer(
    CacheRecorder& recorder,
    const internal::v1::RecordNegativeAnswerRequest& message) {
  ASSIGN_OR_RETURN(const auto record, FromWire(message));
  return recorder.RecordNegativeAnswer(record.upstream, record.content,
                                       record.negative_answer);
}

absl::StatusOr<internal::v1::TakeRefreshDueResponse> TakeRefreshDue(
    RefreshSource& refreshes, int max) {
  ASSIGN_OR_RETURN(const auto due, refreshes.TakeRefreshDue(max));
  return ToWire(due);
}

absl::StatusOr<std::vector<Digest>> ParseDigests(
    const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<Digest> digests;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(auto digest, Digest::Parse(text));
    digests.push_back(std::move(digest));
  }
  return digests;
}

absl::Status ForgetContent(ContentIndex& index,
                           const internal::v1::ForgetContentRequest& message) {
  ASSIGN_OR_RETURN(const auto digests, ParseDigests(message.digests()));
  return index.ForgetContent(digests);
}

absl::StatusOr<internal::v1::FilterUnreferencedResponse> FilterUnreferenced(
    ContentIndex& index,
    const internal::v1::FilterUnreferencedRequest& message) {
  ASSIGN_OR_RETURN(const auto digests, ParseDigests(message.digests()));
  ASSIGN_OR_RETURN(const auto found, index.FilterUnreferenced(digests));
  internal::v1::FilterUnreferencedResponse response;
  for (const Digest& digest : found) response.add_digests(digest.ToString());
  return response;
}

absl::StatusOr<internal::v1::CheckUpstreamsResponse> CheckUpstreams(
    UpstreamChecker& checker,
    const internal::v1::CheckUpstreamsRequest& message) {
  std::vector<UpstreamEpoch> upstreams;
  for (const auto& upstream : message.upstreams()) {
    upstreams.push_back(FromWire(upstream));
  }
  ASSIGN_OR_RETURN(const auto outdated, checker.CheckUpstreams(upstreams));
  internal::v1::CheckUpstreamsResponse response;
  for (const auto& upstream : outdated) {
    *response.add_outdated() = ToWire(upstream);
  }
  return response;
}

absl::StatusOr<internal::v1::ListGarbageResponse> ListGarbage(
    GarbageList& list, const internal::v1::ListGarbageRequest& message) {
  ASSIGN_OR_RETURN(const auto garbage,
                   list.ListGarbage(message.start_after(), message.max()));
  internal::v1::ListGarbageResponse response;
  for (const Garbage& one : garbage) {
    auto& row = *response.add_garbage();
    row.set_id(one.id);
    row.set_digest(one.digest.ToString());
  }
  return response;
}

absl::StatusOr<internal::v1::GetUpstreamAccessResponse> AccessTo(
    UpstreamAccessSource& source, int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto access, source.GetUpstreamAccess(upstream_id));
  return ToWire(access);
}

absl::StatusOr<internal::v1::FindPossessingResponse> FindPossessing(
    PossessionSource& source,
    const internal::v1::FindPossessingRequest& message) {
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(message.digest()));
  const std::vector<int64_t> asked(message.identities().begin(),
                                   message.identities().end());
  ASSIGN_OR_RETURN(const auto found, source.FindPossessing(digest, asked));
  internal::v1::FindPossessingResponse response;
  for (const int64_t identity : found) response.add_identities(identity);
  return response;
}

}  // namespace

grpc::Status CacheRecordServiceImpl::RecordCacheEntry(
    grpc::ServerContext* /*context*/,
    const internal::v1::RecordCacheEntryRequest* request,
    internal::v1::RecordCacheEntryResponse* /*response*/) {
  return ToRpcStatus(Record(client_, *request));
}

grpc::Status CacheRecordServiceImpl::TouchCacheEntry(
    grpc::ServerContext* /*context*/,
    const internal::v1::TouchCacheEntryRequest* request,
    internal::v1::TouchCacheEntryResponse* /*response*/) {
  return ToRpcStatus(Touch(client_, *request));
}

grpc::Status CacheRecordServiceImpl::RecordNegativeAnswer(
    grpc::ServerContext* /*context*/,
    const internal::v1::RecordNegativeAnswerRequest* request,
    internal::v1::RecordNegativeAnswerResponse* /*response*/) {
  return ToRpcStatus(cvr::RecordNegativeAnswer(client_, *request));
}

grpc::Status CacheRecordServiceImpl::TakeRefreshDue(
    grpc::ServerContext* /*context*/,
    const internal::v1::TakeRefreshDueRequest* request,
    internal::v1::TakeRefreshDueResponse* response) {
  return Answer(cvr::TakeRefreshDue(client_, request->max()), response);
}

grpc::Status CacheRecordServiceImpl::ForgetContent(
    grpc::ServerContext* /*context*/,
    const internal::v1::ForgetContentRequest* request,
    internal::v1::ForgetContentResponse* /*response*/) {
  return ToRpcStatus(cvr::ForgetContent(client_, *request));
}

grpc::Status CacheRecordServiceImpl::CheckUpstreams(
    grpc::ServerContext* /*context*/,
    const internal::v1::CheckUpstreamsRequest* request,
    internal::v1::CheckUpstreamsResponse* response) {
  return Answer(cvr::CheckUpstreams(client_, *request), response);
}

grpc::Status CacheRecordServiceImpl::FilterUnreferenced(
    grpc::ServerContext* /*context*/,
    const internal::v1::FilterUnreferencedRequest* request,
    internal::v1::FilterUnreferencedResponse* response) {
  return Answer(cvr::FilterUnreferenced(client_, *request), response);
}

grpc::Status CacheRecordServiceImpl::ListGarbage(
    grpc::ServerContext* /*context*/,
    const internal::v1::ListGarbageRequest* request,
    internal::v1::ListGarbageResponse* response) {
  return Answer(cvr::ListGarbage(client_, *request), response);
}

grpc::Status CacheRecordServiceImpl::RemoveGarbage(
    grpc::ServerContext* /*context*/,
    const internal::v1::RemoveGarbageRequest* request,
    internal::v1::RemoveGarbageResponse* /*response*/) {
  return ToRpcStatus(client_.RemoveGarbage(
      std::vector<int64_t>(request->ids().begin(), request->ids().end())));
}

grpc::Status CacheRecordServiceImpl::FindPossessing(
    grpc::ServerContext* /*context*/,
    const internal::v1::FindPossessingRequest* request,
    internal::v1::FindPossessingResponse* response) {
  return Answer(cvr::FindPossessing(client_, *request), response);
}

grpc::Status CacheRecordServiceImpl::GetUpstreamAccess(
    grpc::ServerContext* /*context*/,
    const internal::v1::GetUpstreamAccessRequest* request,
    internal::v1::GetUpstreamAccessResponse* response) {
  return Answer(AccessTo(client_, request->upstream_id()), response);
}

}  // namespace cvr
