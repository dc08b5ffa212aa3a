#include "services/metadata/secrets/token_secret.h"

#include <array>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "sodium.h"

namespace cvr {
namespace {

constexpr absl::string_view kPrefix = "cvr_";
constexpr absl::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
// 62^43 > 2^256, 62^6 > 2^32.
constexpr size_t kRandomChars = 43;
constexpr size_t kChecksumChars = 6;
constexpr size_t kChars = kPrefix.size() + kRandomChars + kChecksumChars;

// The big number in `bytes`, most significant first, in base 62.
std::string Base62(std::array<uint8_t, 32> bytes) {
  std::string digits(kRandomChars, kDigits[0]);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    uint32_t rest = 0;
    for (uint8_t& byte : bytes) {
      const uint32_t value = rest << 8 | byte;
      byte = static_cast<uint8_t>(value / kDigits.size());
      rest = value % kDigits.size();
    }
    *digit = kDigits[rest];
  }
  return digits;
}

// The first 32 bits of a SHA-256: any checksum that is everywhere would do.
std::string ChecksumOf(absl::string_view text) {
  const Digest digest = Digest::OfBytes(text);
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<uint8_t>(digest.raw()[i]);
  }
  std::string digits(kChecksumChars, kDigits[0]);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = kDigits[value % kDigits.size()];
    value /= kDigits.size();
  }
  return digits;
}

}  // namespace

std::string MakeTokenSecret() {
  std::array<uint8_t, 32> random;
  randombytes_buf(random.data(), random.size());
  std::string secret = absl::StrCat(kPrefix, Base62(random));
  sodium_memzero(random.data(), random.size());
  absl::StrAppend(&secret, ChecksumOf(secret));
  return secret;
}

bool IsTokenSecret(absl::string_view text) {
  if (text.size() != kChars || !absl::StartsWith(text, kPrefix)) return false;
  for (const char c : text.substr(kPrefix.size())) {
    if (!absl::StrContains(kDigits, c)) return false;
  }
  const absl::string_view body = text.substr(0, kChars - kChecksumChars);
  return text.substr(body.size()) == ChecksumOf(body);
}

std::string HashTokenSecret(absl::string_view secret) {
  return std::string(Digest::OfBytes(secret).raw());
}

}  // namespace cvr
