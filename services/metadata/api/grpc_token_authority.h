#ifndef SERVICES_METADATA_API_GRPC_TOKEN_AUTHORITY_H_
#define SERVICES_METADATA_API_GRPC_TOKEN_AUTHORITY_H_

#include <memory>

#include "absl/time/time.h"
#include "cvr/internal/v1/auth_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "services/metadata/api/token_authority.h"

namespace cvr {

// The TokenAuthority of a metadata service in another process. Thread-safe.
class GrpcTokenAuthority : public TokenAuthority {
 public:
  struct Options {
    // Of each call; GetTrust() has its own wait on top.
    absl::Duration deadline = absl::Seconds(10);
  };

  GrpcTokenAuthority(std::shared_ptr<grpc::Channel> channel,
                     const Options& options);

  absl::StatusOr<Caller> Authenticate(absl::string_view secret) override;
  absl::StatusOr<IssuedToken> IssueToken(
      absl::string_view secret, absl::string_view audience,
      absl::Span<const TokenAccess> wanted) override;
  absl::StatusOr<Trust> GetTrust(uint64_t known_version,
                                 absl::Duration max_wait) override;

 private:
  const std::unique_ptr<internal::v1::AuthService::Stub> stub_;
  const Options options_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_GRPC_TOKEN_AUTHORITY_H_
