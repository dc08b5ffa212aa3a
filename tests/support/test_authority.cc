#include "tests/support/test_authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace cvr::testing {
namespace {

template <typename T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using BioPtr = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION, X509_EXTENSION_free>>;

void Require(bool done) {
  if (!done) abort();
}

KeyPtr NewKey() { return KeyPtr(EVP_EC_gen("P-256")); }

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, size);
}

std::string Pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return Contents(bio.get());
}

std::string Pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
  return Contents(bio.get());
}

void AddExtension(X509* certificate, int id, const char* value) {
  const ExtensionPtr extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, id, value));
  Require(extension != nullptr &&
          X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Without its extensions and signature.
CertificatePtr NewCertificate(const std::string& name, EVP_PKEY* key,
                              X509_NAME* issuer) {
  CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), issuer ? issuer : subject);
  return certificate;
}

}  // namespace

std::string WritePem(const std::string& pem, const std::string& path) {
  std::ofstream(path + ".new") << pem;
  std::filesystem::rename(path + ".new", path);
  return path;
}

CertificatePaths WriteCertificate(const CertificateAndKey& pair,
                                  const std::string& directory,
                                  const std::string& name) {
  const std::string stem = directory + "/" + name;
  return {WritePem(pair.certificate_pem, stem + ".crt"),
          WritePem(pair.key_pem, stem + ".key")};
}

struct TestAuthority::State {
  KeyPtr key = NewKey();
  CertificatePtr certificate;
  std::string pem;
};

TestAuthority::TestAuthority() : state_(std::make_unique<State>()) {
  state_->certificate =
      NewCertificate("Test Authority", state_->key.get(), nullptr);
  X509* const certificate = state_->certificate.get();
  AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  Require(X509_sign(certificate, state_->key.get(), EVP_sha256()) != 0);
  state_->pem = Pem(certificate);
}

TestAuthority::~TestAuthority() = default;

const std::string& TestAuthority::certificate_pem() const {
  return state_->pem;
}

CertificateAndKey TestAuthority::Issue(const std::string& name) const {
  const KeyPtr key = NewKey();
  const CertificatePtr certificate = NewCertificate(
      name, key.get(), X509_get_subject_name(state_->certificate.get()));
  AddExtension(certificate.get(), NID_subject_alt_name,
               ("DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1" +
                (name.empty() ? "" : ",DNS:" + name))
                   .c_str());
  Require(X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) != 0);
  return {Pem(certificate.get()), Pem(key.get())};
}

}  // namespace cvr::testing
