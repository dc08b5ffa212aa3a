#include "services/metadata/secret_service.h"

namespace cvr {

grpc::Status SecretServiceImpl::RotateSecretKey(
    grpc::ServerContext* context, const v1::RotateSecretKeyRequest* request,
    v1::RotateSecretKeyResponse* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return rotation_.Rotate(); });
}

}  // namespace cvr
