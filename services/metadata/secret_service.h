#ifndef SERVICES_METADATA_SECRET_SERVICE_H_
#define SERVICES_METADATA_SECRET_SERVICE_H_

#include "protos/cvr/v1/secret_service.grpc.pb.h"
#include "services/metadata/secrets/secret_rotation.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// A SecretRotation on the wire. It and the guard must outlive the service.
class SecretServiceImpl final : public v1::SecretService::Service {
 public:
  SecretServiceImpl(SecretRotation& rotation, CallGuard& guard)
      : rotation_(rotation), guard_(guard) {}

  grpc::Status RotateSecretKey(grpc::ServerContext* context,
                               const v1::RotateSecretKeyRequest* request,
                               v1::RotateSecretKeyResponse* response) override;

 private:
  SecretRotation& rotation_;
  CallGuard& guard_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRET_SERVICE_H_
