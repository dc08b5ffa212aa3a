#ifndef SERVICES_RPC_CREDENTIALS_RELOADING_SERVER_CREDENTIALS_H_
#define SERVICES_RPC_CREDENTIALS_RELOADING_SERVER_CREDENTIALS_H_

#include <grpc/grpc_security.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"
#include "services/concurrency/mutex.h"
#include "services/rpc/credentials/call_gate.h"
#include "services/rpc/tls/certificate.h"

namespace cvr {

// TLS for gRPC servers, from files that may change under way: see
// MakeServerCredentials(). The library's own watcher of files is not used,
// since with a bad file it forgets the good one.
class ReloadingServerCredentials final : public grpc::ServerCredentials {
 public:
  // Without an authority, clients are not asked for certificates. `gate` is
  // asked about each call. The object must outlive the servers that use it.
  // Errors: those of ReadCertificate() and ReadAuthorities(); INVALID_ARGUMENT
  // for no certificate at all.
  static absl::StatusOr<std::shared_ptr<ReloadingServerCredentials>> Open(
      CertificateFiles files, std::string authority_file,
      std::shared_ptr<const CallGate> gate);

  ~ReloadingServerCredentials() override;

  // Not supported, and not used here.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  ReloadingServerCredentials(CertificateFiles files, std::string authority_file,
                             std::shared_ptr<const CallGate> gate);

  int AddPortToServer(const std::string& address, grpc_server* server) override;

  // Of the files' names, times and sizes: equal if nothing has changed.
  std::string Fingerprint() const;
  absl::StatusOr<grpc_ssl_server_certificate_config*> Read() const;

  // Called by the library, before its first handshake and before each.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config);
  grpc_ssl_certificate_config_reload_status FetchChanged(
      grpc_ssl_server_certificate_config** config);

  const CertificateFiles files_;
  const std::string authority_file_;
  grpc_server_credentials* const credentials_;

  Mutex mutex_;
  std::string fingerprint_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_RELOADING_SERVER_CREDENTIALS_H_
