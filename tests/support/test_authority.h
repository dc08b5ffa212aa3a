#ifndef TESTS_SUPPORT_TEST_AUTHORITY_H_
#define TESTS_SUPPORT_TEST_AUTHORITY_H_

#include <memory>
#include <string>

namespace cvr::testing {

struct CertificateAndKey {
  std::string certificate_pem;
  std::string key_pem;
};

struct CertificatePaths {
  std::string certificate;
  std::string key;
};

// Writes both to `directory`, as `name`.crt and `name`.key, in place of what is
// there.
CertificatePaths WriteCertificate(const CertificateAndKey& pair,
                                  const std::string& directory,
                                  const std::string& name);

// Writes `pem` to the file at `path`, in place of what is there. Returns
// `path`.
std::string WritePem(const std::string& pem, const std::string& path);

// A certificate authority that nobody trusts until told to. Its certificates
// are good for an hour from now. Not thread-safe.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // Its own certificate: what to trust.
  const std::string& certificate_pem() const;

  // For servers at localhost, 127.0.0.1 and ::1, and for clients. `name` is its
  // subject, and one of its DNS names: `cvr-gateway` makes a gateway of it.
  // Empty = no name.
  CertificateAndKey Issue(const std::string& name = "localhost") const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_TEST_AUTHORITY_H_
