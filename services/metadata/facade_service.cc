#include "services/metadata/facade_service.h"

#include "services/metadata/api/rpc_answer.h"

namespace cvr {

grpc::Status FacadeServiceImpl::GetFacadeSettings(
    grpc::ServerContext* /*context*/,
    const internal::v1::GetFacadeSettingsRequest* request,
    internal::v1::GetFacadeSettingsResponse* response) {
  return Answer(admin_.GetFacadeSettings(*request), response);
}

grpc::Status FacadeServiceImpl::UpdateFacadeSettings(
    grpc::ServerContext* /*context*/,
    const internal::v1::UpdateFacadeSettingsRequest* request,
    internal::v1::UpdateFacadeSettingsResponse* response) {
  return Answer(admin_.UpdateFacadeSettings(*request), response);
}

}  // namespace cvr
