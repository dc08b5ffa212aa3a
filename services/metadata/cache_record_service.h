#ifndef SERVICES_METADATA_CACHE_RECORD_SERVICE_H_
#define SERVICES_METADATA_CACHE_RECORD_SERVICE_H_

#include "cvr/internal/v1/cache_record_service.grpc.pb.h"
#include "services/metadata/api/metadata_client.h"

namespace cvr {

// A MetadataClient on the wire, for the blob service (method_rules.h). It must
// outlive the service.
class CacheRecordServiceImpl final
    : public internal::v1::CacheRecordService::Service {
 public:
  explicit CacheRecordServiceImpl(MetadataClient& client) : client_(client) {}

  grpc::Status RecordCacheEntry(
      grpc::ServerContext* context,
      const internal::v1::RecordCacheEntryRequest* request,
      internal::v1::RecordCacheEntryResponse* response) override;
  grpc::Status TouchCacheEntry(
      grpc::ServerContext* context,
      const internal::v1::TouchCacheEntryRequest* request,
      internal::v1::TouchCacheEntryResponse* response) override;
  grpc::Status RecordNegativeAnswer(
      grpc::ServerContext* context,
      const internal::v1::RecordNegativeAnswerRequest* request,
      internal::v1::RecordNegativeAnswerResponse* response) override;
  grpc::Status TakeRefreshDue(
      grpc::ServerContext* context,
      const internal::v1::TakeRefreshDueRequest* request,
      internal::v1::TakeRefreshDueResponse* response) override;
  grpc::Status ForgetContent(
      grpc::ServerContext* context,
      const internal::v1::ForgetContentRequest* request,
      internal::v1::ForgetContentResponse* response) override;
  grpc::Status CheckUpstreams(
      grpc::ServerContext* context,
      const internal::v1::CheckUpstreamsRequest* request,
      internal::v1::CheckUpstreamsResponse* response) override;
  grpc::Status FilterUnreferenced(
      grpc::ServerContext* context,
      const internal::v1::FilterUnreferencedRequest* request,
      internal::v1::FilterUnreferencedResponse* response) override;
  grpc::Status ListGarbage(
      grpc::ServerContext* context,
      const internal::v1::ListGarbageRequest* request,
      internal::v1::ListGarbageResponse* response) override;
  grpc::Status RemoveGarbage(
      grpc::ServerContext* context,
      const internal::v1::RemoveGarbageRequest* request,
      internal::v1::RemoveGarbageResponse* response) override;
  grpc::Status FindPossessing(
      grpc::ServerContext* context,
      const internal::v1::FindPossessingRequest* request,
      internal::v1::FindPossessingResponse* response) override;
  grpc::Status GetUpstreamAccess(
      grpc::ServerContext* context,
      const internal::v1::GetUpstreamAccessRequest* request,
      internal::v1::GetUpstreamAccessResponse* response) override;

 private:
  MetadataClient& client_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_CACHE_RECORD_SERVICE_H_
