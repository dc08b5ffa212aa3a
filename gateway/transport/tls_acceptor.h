#ifndef GATEWAY_TRANSPORT_TLS_ACCEPTOR_H_
#define GATEWAY_TRANSPORT_TLS_ACCEPTOR_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/transport/transport.h"
#include "services/concurrency/mutex.h"
#include "services/rpc/tls/certificate.h"

namespace cvr {

// The server's side of TLS 1.2 and 1.3, for HTTP/1.1: its certificate, which
// can be replaced while it is in use. Thread-safe.
class TlsAcceptor {
 public:
  // Errors: those of ReadCertificate(), and INVALID_ARGUMENT for a certificate
  // that the library finds too weak.
  static absl::StatusOr<std::unique_ptr<TlsAcceptor>> Open(
      CertificateFiles files);

  // Reads the files again. Connections that exist go on with what they have.
  // Errors: as Open(); then nothing has changed.
  absl::Status Reload();

  // For people: the certificate in use.
  std::string Describe() const;

  // TLS over the socket `fd`, which becomes non-blocking and must outlive it.
  // Throws std::bad_alloc.
  std::unique_ptr<Transport> Accept(int fd) const;

 private:
  explicit TlsAcceptor(CertificateFiles files) : files_(std::move(files)) {}

  const CertificateFiles files_;
  mutable Mutex mutex_;
  std::shared_ptr<SSL_CTX> context_ ABSL_GUARDED_BY(mutex_);
  std::string description_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_TLS_ACCEPTOR_H_
