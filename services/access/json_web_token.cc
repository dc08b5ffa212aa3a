#include "services/access/json_web_token.h"

#include <cstdlib>
#include <memory>

#include "absl/strings/ascii.h"
#include "jwt.h"
#include "openssl/evp.h"
#include "openssl/pem.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

// Ours have some hundred bytes.
constexpr size_t kTokenBytesMax = 16 * 1024;

struct JwtDeleter {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, JwtDeleter>;

struct FreeDeleter {
  void operator()(char* text) const { std::free(text); }
};
using CString = std::unique_ptr<char, FreeDeleter>;

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

std::string Content(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::Status NotOurs() {
  return errors::Unauthenticated(
      "the bearer token was not issued by this server");
}

// Three parts in base64url: the library is lenient about what follows.
bool HasTheForm(absl::string_view token) {
  if (token.size() > kTokenBytesMax) return false;
  int dots = 0;
  for (const char c : token) {
    if (c == '.') {
      ++dots;
    } else if (!absl::ascii_isalnum(c) && c != '-' && c != '_') {
      return false;
    }
  }
  return dots == 2;
}

Jwt Decode(const std::string& token, const std::string* key) {
  jwt_t* decoded = nullptr;
  const int error = key == nullptr
                        ? jwt_decode(&decoded, token.c_str(), nullptr, 0)
                        : jwt_decode(&decoded, token.c_str(), Bytes(*key),
                                     static_cast<int>(key->size()));
  return error == 0 ? Jwt(decoded) : nullptr;
}

}  // namespace

JwtKeyPair MakeJwtKeyPair() {
  const Key key(EVP_EC_gen("P-256"));
  const Bio private_key(BIO_new(BIO_s_mem()));
  const Bio public_key(BIO_new(BIO_s_mem()));
  // Without a source of randomness nothing here can go on.
  if (key == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(private_key.get(), key.get(), nullptr,
                                    nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_PUBKEY(public_key.get(), key.get()) != 1) {
    std::abort();
  }
  return {Content(private_key.get()), Content(public_key.get())};
}

absl::StatusOr<std::string> SignJwt(const std::string& claims,
                                    const std::string& key_id,
                                    const std::string& private_key_pem) {
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) return absl::ResourceExhaustedError("out of memory");
  const Jwt jwt(made);
  if (jwt_add_grants_json(jwt.get(), claims.c_str()) != 0 ||
      jwt_add_header(jwt.get(), "kid", key_id.c_str()) != 0) {
    return absl::InvalidArgumentError("the claims are not a JSON object");
  }
  if (jwt_set_alg(jwt.get(), JWT_ALG_ES256, Bytes(private_key_pem),
                  static_cast<int>(private_key_pem.size())) != 0) {
    return absl::InvalidArgumentError(
        "the signing key is not a valid EC private key (P-256)");
  }
  const CString encoded(jwt_encode_str(jwt.get()));
  if (encoded == nullptr) {
    return absl::InvalidArgumentError("signing the token failed");
  }
  return std::string(encoded.get());
}

absl::StatusOr<std::string> VerifyJwt(absl::string_view token,
                                      const JwtPublicKeys& keys) {
  if (!HasTheForm(token)) return NotOurs();
  const std::string text(token);
  // First only to see which key it wants, and that it wants no other algorithm:
  // the library would take a public key for a shared secret.
  const Jwt unverified = Decode(text, nullptr);
  if (unverified == nullptr) return NotOurs();
  const CString algorithm(jwt_get_headers_json(unverified.get(), "alg"));
  if (algorithm == nullptr || std::string(algorithm.get()) != "\"ES256\"") {
    return NotOurs();
  }
  const char* const key_id = jwt_get_header(unverified.get(), "kid");
  const auto key = keys.find(key_id == nullptr ? "" : key_id);
  if (key == keys.end()) return NotOurs();
  const Jwt jwt = Decode(text, &key->second);
  if (jwt == nullptr || jwt_get_alg(jwt.get()) != JWT_ALG_ES256) {
    return NotOurs();
  }
  const CString claims(jwt_get_grants_json(jwt.get(), nullptr));
  if (claims == nullptr) return NotOurs();
  return std::string(claims.get());
}

}  // namespace cvr
