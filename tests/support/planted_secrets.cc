#include "tests/support/planted_secrets.h"

#include "absl/strings/match.h"
#include "re2/re2.h"

namespace cvr::testing {

std::string SecretIn(absl::string_view text) {
  static const RE2 kSecrets(
      "(planted-secret-5c1f|cvr_[0-9A-Za-z]{49}|"
      "eyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.[\\w-]{10,})");
  re2::StringPiece left(text.data(), text.size());
  std::string found;
  while (RE2::FindAndConsume(&left, kSecrets, &found)) {
    if (!absl::StartsWith(found, "cvr_000000")) return found;
  }
  return "";
}

}  // namespace cvr::testing
