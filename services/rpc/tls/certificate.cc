#include "services/rpc/tls/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Chain = std::vector<std::shared_ptr<X509>>;

absl::Status Bad(absl::string_view kind, const std::string& path,
                 absl::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(kind, " file ", path, ": ", problem));
}

absl::StatusOr<std::string> ReadFile(absl::string_view kind,
                                     const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  // A directory can be opened, but not read.
  if (file && content << file.rdbuf()) return content.str();
  return Bad(kind, path, errno != 0 ? std::strerror(errno) : "file is empty");
}

Bio OpenText(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
             BIO_free_all);
}

// In place of the library's question on the terminal.
int RefusePassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

// Reads on until there are no more. Empty when what is there is damaged.
Chain ParseCertificates(const std::string& pem) {
  const Bio bio = OpenText(pem);
  Chain chain;
  ERR_clear_error();
  while (X509* const next =
             PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(next, X509_free);
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end ? chain : Chain();
}

std::string SubjectOf(const X509& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free_all);
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(&certificate), 0,
                     XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, size > 0 ? static_cast<size_t>(size) : 0);
}

absl::Time ExpiryOf(const X509& certificate) {
  tm time = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time) != 1) {
    return absl::InfinitePast();
  }
  return absl::FromTM(time, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<Certificate> ReadCertificate(const CertificateFiles& files) {
  Certificate read;
  ASSIGN_OR_RETURN(read.chain_pem, ReadFile("certificate", files.certificate));
  ASSIGN_OR_RETURN(read.key_pem, ReadFile("key", files.key));
  read.chain = ParseCertificates(read.chain_pem);
  if (read.chain.empty()) {
    return Bad("certificate", files.certificate, "contains no PEM certificate");
  }
  bool has_password = false;
  read.key.reset(PEM_read_bio_PrivateKey(OpenText(read.key_pem).get(), nullptr,
                                         RefusePassword, &has_password),
                 EVP_PKEY_free);
  ERR_clear_error();
  if (has_password)
    return Bad("key", files.key,
               "the private key is encrypted; store it without a passphrase");
  if (read.key == nullptr)
    return Bad("key", files.key, "contains no PEM private key");
  const bool match =
      X509_check_private_key(read.chain[0].get(), read.key.get()) == 1;
  ERR_clear_error();
  if (match) return read;
  return Bad("key", files.key,
             absl::StrCat("the private key does not match the certificate in ",
                          files.certificate));
}

absl::StatusOr<std::string> ReadAuthorities(const std::string& path) {
  ASSIGN_OR_RETURN(std::string pem, ReadFile("CA", path));
  if (!ParseCertificates(pem).empty()) return pem;
  return Bad("CA", path, "contains no PEM certificate");
}

absl::StatusOr<std::vector<CertificateFacts>> ReadCertificateFacts(
    const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, ReadFile("certificate", path));
  std::vector<CertificateFacts> facts;
  for (const auto& certificate : ParseCertificates(pem)) {
    facts.push_back({SubjectOf(*certificate), ExpiryOf(*certificate)});
  }
  if (!facts.empty()) return facts;
  return Bad("certificate", path, "contains no PEM certificate");
}

std::string Certificate::Describe() const {
  return absl::StrCat(
      "certificate of ", SubjectOf(*chain[0]),
      expires() < absl::Now() ? ", EXPIRED at " : ", valid until ",
      absl::FormatTime(absl::RFC3339_sec, expires(), absl::UTCTimeZone()));
}

absl::Time Certificate::expires() const { return ExpiryOf(*chain[0]); }

}  // namespace cvr
