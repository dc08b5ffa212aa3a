#include "gateway/message/authorization_field.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace cvr {
namespace {

using Kind = ShownCredential::Kind;

constexpr absl::string_view kSecretPrefix = "cvr_";

// RFC 6750, section 2.1: b64token.
bool IsBearerText(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) ||
           absl::StrContains("-._~+/=", absl::string_view(&c, 1));
  });
}

ShownCredential SecretOr(Kind other, absl::string_view text) {
  if (absl::StartsWith(text, kSecretPrefix)) {
    return {Kind::kSecret, std::string(text)};
  }
  // Somebody's password for something else is not kept.
  if (other == Kind::kUnknown) return {Kind::kUnknown};
  return {other, std::string(text)};
}

}  // namespace

ShownCredential ParseAuthorization(const std::optional<std::string>& field) {
  if (!field) return {};
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(*field, absl::MaxSplits(' ', 1));
  const absl::string_view value = absl::StripAsciiWhitespace(parts.second);
  if (absl::EqualsIgnoreCase(parts.first, "Bearer")) {
    if (!IsBearerText(value)) return {Kind::kUnknown};
    return SecretOr(Kind::kJwt, value);
  }
  std::string pair;
  if (!absl::EqualsIgnoreCase(parts.first, "Basic") ||
      !absl::Base64Unescape(value, &pair)) {
    return {Kind::kUnknown};
  }
  if (pair == ":") return {};  // Nobody: what clients without a login send.
  const size_t colon = pair.find(':');
  if (colon == std::string::npos) return {Kind::kUnknown};
  return SecretOr(Kind::kUnknown, absl::string_view(pair).substr(colon + 1));
}

}  // namespace cvr
