#include "services/rpc/rpc_security.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "services/common/status_macros.h"
#include "services/process/address_text.h"
#include "services/process/local_address.h"
#include "services/rpc/credentials/plain_server_credentials.h"
#include "services/rpc/credentials/plaintext.h"
#include "services/rpc/credentials/reloading_server_credentials.h"

namespace cvr {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

constexpr unsigned int kWatchSeconds = 2;

// The library would go on without what it cannot read.
absl::Status CheckFiles(const RpcSecurity& security) {
  if (!security.certificate.key.empty()) {
    RETURN_IF_ERROR(ReadCertificate(security.certificate).status());
  }
  if (!security.authority_file.empty()) {
    RETURN_IF_ERROR(ReadAuthorities(security.authority_file).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::string& address, const RpcSecurity& security) {
  RETURN_IF_ERROR(CheckRpcAddress(address, /*is_served=*/true));
  const auto gate =
      std::make_shared<const CallGate>(security.peers, security.on_refused);
  if (IsUnixAddress(address)) {
    return std::make_shared<PlainServerCredentials>(gate);
  }
  if (security.tls) {
    return ReloadingServerCredentials::Open(security.certificate,
                                            security.authority_file, gate);
  }
  RETURN_IF_ERROR(CheckPlaintext(address, security.insecure_plaintext,
                                 security.tls_remedy));
  return std::make_shared<PlainServerCredentials>(gate);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>>
MakeChannelCredentials(const std::string& address,
                       const RpcSecurity& security) {
  RETURN_IF_ERROR(CheckRpcAddress(address));
  if (IsUnixAddress(address)) return grpc::InsecureChannelCredentials();
  if (!security.tls) {
    RETURN_IF_ERROR(CheckPlaintext(address, security.insecure_plaintext,
                                   security.tls_remedy));
    return grpc::InsecureChannelCredentials();
  }
  RETURN_IF_ERROR(CheckFiles(security));
  const bool has_certificate = !security.certificate.key.empty();
  const bool has_authority = !security.authority_file.empty();
  grpc::experimental::TlsChannelCredentialsOptions options;
  if (has_certificate || has_authority) {
    options.set_certificate_provider(
        std::make_shared<FileWatcherCertificateProvider>(
            security.certificate.key, security.certificate.certificate,
            security.authority_file, kWatchSeconds));
  }
  if (has_certificate) options.watch_identity_key_cert_pairs();
  if (has_authority) options.watch_root_certs();
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace cvr
