#ifndef SERVICES_METADATA_API_GRPC_ADMIN_AUTHORITY_H_
#define SERVICES_METADATA_API_GRPC_ADMIN_AUTHORITY_H_

#include <memory>

#include "absl/time/time.h"
#include "cvr/internal/v1/auth_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "services/access/admin_authority.h"

namespace cvr {

// The AdminAuthority of a metadata service in another process. Thread-safe.
class GrpcAdminAuthority : public AdminAuthority {
 public:
  struct Options {
    absl::Duration deadline = absl::Seconds(10);  // Of each call.
  };

  GrpcAdminAuthority(std::shared_ptr<grpc::Channel> channel,
                     const Options& options)
      : stub_(internal::v1::AuthService::NewStub(std::move(channel))),
        options_(options) {}

  absl::StatusOr<Admission> Authorize(
      absl::string_view secret,
      absl::Span<const AccessQuestion> questions) override;
  absl::StatusOr<std::optional<int64_t>> FindByKey(
      const ResourceKey& key) override;
  void Record(v1::AuditEvent event) override;

 private:
  const std::unique_ptr<internal::v1::AuthService::Stub> stub_;
  const Options options_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_GRPC_ADMIN_AUTHORITY_H_
