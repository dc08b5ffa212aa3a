#include "services/rpc/tls/certificate.h"

#include <openssl/pem.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_authority.h"

namespace cvr {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using testing::WritePem;

class CertificateTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& content) {
    return WritePem(content, absl::StrCat(directory_.path(), "/", name));
  }

  const testing::TemporaryDirectory directory_;
  const testing::TestAuthority authority_;
  const testing::CertificateAndKey pair_ = authority_.Issue();
};

TEST_F(CertificateTest, ReadsAChainAndItsKey) {
  const auto read = ReadCertificate(
      {File("c", pair_.certificate_pem + authority_.certificate_pem()),
       File("k", pair_.key_pem)});
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->chain.size(), 2);
  EXPECT_EQ(X509_check_private_key(read->chain[0].get(), read->key.get()), 1);
  EXPECT_THAT(read->Describe(), HasSubstr("CN=localhost, valid until 2"));
  EXPECT_GT(read->expires(), absl::Now());
  EXPECT_LE(read->expires(), absl::Now() + absl::Hours(1));
}

std::string WithPassword(const std::string& key_pem) {
  BIO* const in = BIO_new_mem_buf(key_pem.data(), key_pem.size());
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* const out = BIO_new(BIO_s_mem());
  unsigned char password[] = "p";
  PEM_write_bio_PrivateKey(out, key, EVP_aes_128_cbc(), password, 1, nullptr,
                           nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string pem(data, size);
  BIO_free(in);
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}

TEST_F(CertificateTest, ErrorsNameTheFileAndTheProblem) {
  const std::string certificate = File("cert.pem", pair_.certificate_pem);
  const std::string key = File("key.pem", pair_.key_pem);
  const std::string damaged = File(
      "damaged.pem",
      pair_.certificate_pem +
          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const std::vector<std::pair<CertificateFiles, std::string>> cases = {
      {{directory_.path() + "/none", key}, "/none: No such file"},
      {{directory_.path(), key}, directory_.path() + ": "},
      {{certificate, directory_.path() + "/none"}, "/none: No such file"},
      {{File("empty.pem", ""), key}, "empty.pem: file is empty"},
      {{key, key}, "key.pem: contains no PEM certificate"},
      {{damaged, key}, "damaged.pem: contains no PEM certificate"},
      {{certificate, certificate}, "cert.pem: contains no PEM private key"},
      {{certificate, File("locked.pem", WithPassword(pair_.key_pem))},
       "locked.pem: the private key is encrypted"},
      {{certificate, File("other.pem", authority_.Issue().key_pem)},
       "other.pem: the private key does not match the certificate in"},
  };
  for (const auto& [files, problem] : cases) {
    const auto read = ReadCertificate(files);
    ASSERT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(read.status().message()),
                AllOf(HasSubstr(problem), Not(HasSubstr("\n"))));
  }
}

TEST_F(CertificateTest, AuthoritiesAreCertificates) {
  EXPECT_THAT(ReadAuthorities(File("ca", authority_.certificate_pem())),
              testing::IsOkAndHolds(authority_.certificate_pem()));
  EXPECT_THAT(ReadAuthorities(File("key", pair_.key_pem)),
              testing::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadAuthorities(directory_.path() + "/none"),
              testing::StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr
