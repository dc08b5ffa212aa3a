#ifndef SERVICES_RPC_TLS_CERTIFICATE_H_
#define SERVICES_RPC_TLS_CERTIFICATE_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace cvr {

// What a party of TLS proves itself with, as files of PEM.
struct CertificateFiles {
  std::string certificate;  // Its own, then those of its issuers.
  std::string key;          // Its own, without a password.
};

// The same, read. Copies share everything.
struct Certificate {
  std::string chain_pem;
  std::string key_pem;
  std::vector<std::shared_ptr<X509>> chain;  // Never empty.
  std::shared_ptr<EVP_PKEY> key;             // Of chain[0].

  // For people: whose it is, and until when.
  std::string Describe() const;
  absl::Time expires() const;
};

// What a certificate says of itself, for people.
struct CertificateFacts {
  std::string subject;
  absl::Time expires;
};

// Of all certificates in the file at `path`, at least one. Errors:
// INVALID_ARGUMENT as below.
absl::StatusOr<std::vector<CertificateFacts>> ReadCertificateFacts(
    const std::string& path);

// Errors: INVALID_ARGUMENT in one line that names the file: it cannot be read,
// holds nothing of the kind, has a password, or the key is of another
// certificate. Nothing of a key is in it.
absl::StatusOr<Certificate> ReadCertificate(const CertificateFiles& files);

// The PEM of the authorities in the file at `path`, at least one.
// Errors: as above.
absl::StatusOr<std::string> ReadAuthorities(const std::string& path);

}  // namespace cvr

#endif  // SERVICES_RPC_TLS_CERTIFICATE_H_
