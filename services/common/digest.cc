#include "services/common/digest.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

size_t RawSize(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::kSha256 ? 32 : 64;
}

absl::string_view Name(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::kSha256 ? "sha256" : "sha512";
}

bool IsLowerHex(absl::string_view text) {
  for (const char c : text) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
  }
  return true;
}

// OpenSSL's digest functions fail only when memory is gone or the algorithm is
// not built in: neither can be handled here.
void CheckOpenSsl(int result) {
  if (result != 1) std::abort();
}

}  // namespace

absl::StatusOr<Digest> Digest::Parse(absl::string_view text) {
  for (const auto algorithm :
       {DigestAlgorithm::kSha256, DigestAlgorithm::kSha512}) {
    const std::string prefix = absl::StrCat(Name(algorithm), ":");
    if (!absl::StartsWith(text, prefix)) continue;
    const absl::string_view hex = text.substr(prefix.size());
    if (hex.size() != 2 * RawSize(algorithm) || !IsLowerHex(hex)) break;
    return FromRaw(algorithm, absl::HexStringToBytes(hex));
  }
  return errors::DigestInvalid(text);
}

absl::StatusOr<Digest> Digest::FromRaw(DigestAlgorithm algorithm,
                                       absl::string_view raw) {
  if (raw.size() != RawSize(algorithm)) {
    return errors::DigestInvalid(absl::BytesToHexString(raw));
  }
  Digest digest;
  digest.algorithm_ = algorithm;
  std::memcpy(digest.bytes_.data(), raw.data(), raw.size());
  return digest;
}

Digest Digest::OfBytes(absl::string_view bytes, DigestAlgorithm algorithm) {
  DigestHasher hasher(algorithm);
  hasher.Update(bytes);
  return hasher.Current();
}

absl::string_view Digest::raw() const {
  return absl::string_view(bytes_.data(), RawSize(algorithm_));
}

std::string Digest::hex() const { return absl::BytesToHexString(raw()); }

std::string Digest::ToString() const {
  return absl::StrCat(Name(algorithm_), ":", hex());
}

struct DigestHasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

DigestHasher::DigestHasher(DigestAlgorithm algorithm)
    : algorithm_(algorithm), state_(std::make_unique<State>()) {
  const EVP_MD* const type =
      algorithm == DigestAlgorithm::kSha256 ? EVP_sha256() : EVP_sha512();
  CheckOpenSsl(EVP_DigestInit_ex(state_->context, type, nullptr));
}

DigestHasher::~DigestHasher() = default;
DigestHasher::DigestHasher(DigestHasher&&) noexcept = default;
DigestHasher& DigestHasher::operator=(DigestHasher&&) noexcept = default;

void DigestHasher::Update(absl::string_view bytes) {
  CheckOpenSsl(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

Digest DigestHasher::Current() const {
  State copy;
  CheckOpenSsl(EVP_MD_CTX_copy_ex(copy.context, state_->context));
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw;
  unsigned int size = 0;
  CheckOpenSsl(EVP_DigestFinal_ex(copy.context, raw.data(), &size));
  return *Digest::FromRaw(
      algorithm_,
      absl::string_view(reinterpret_cast<const char*>(raw.data()), size));
}

}  // namespace cvr
