#ifndef GATEWAY_TRANSPORT_TEST_TLS_H_
#define GATEWAY_TRANSPORT_TEST_TLS_H_

#include <memory>
#include <string>
#include <utility>

#include "gateway/http/raw_http_client.h"
#include "gateway/transport/tls_acceptor.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_authority.h"

namespace cvr {

// A certificate for gateways under test, in files, and what their clients need.
class TestTls {
 public:
  TestTls() : acceptor_(*TlsAcceptor::Open({paths_.certificate, paths_.key})) {}

  const std::shared_ptr<TlsAcceptor>& acceptor() const { return acceptor_; }
  const testing::CertificatePaths& paths() const { return paths_; }

  // Puts a new certificate in the place of the old one, or of what is there.
  void Renew() { Write(); }

  RawTls client() const { return {authority_.certificate_pem()}; }

 private:
  testing::CertificatePaths Write() {
    return WriteCertificate(authority_.Issue(), directory_.path(), "server");
  }

  const testing::TemporaryDirectory directory_;
  const testing::TestAuthority authority_;
  const testing::CertificatePaths paths_ = Write();
  const std::shared_ptr<TlsAcceptor> acceptor_;
};

}  // namespace cvr

#endif  // GATEWAY_TRANSPORT_TEST_TLS_H_
