#include "services/network/host.h"

#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/network/ip_network.h"

namespace cvr {
namespace {

// RFC 1035, section 2.3.4.
constexpr size_t kNameCharsMax = 253;
constexpr size_t kLabelCharsMax = 63;

constexpr size_t kPortCharsMax = 5;
constexpr uint32_t kPortMax = 65535;

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kLabelCharsMax &&
         label.front() != '-' && label.back() != '-' &&
         absl::c_all_of(label, [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

bool IsIpV6(absl::string_view text) {
  const auto address = IpAddress::Parse(text);
  return address && !address->is_v4();
}

}  // namespace

std::optional<Authority> SplitAuthority(absl::string_view text) {
  Authority authority;
  authority.has_brackets = absl::ConsumePrefix(&text, "[");
  const size_t end = text.find(authority.has_brackets ? ']' : ':');
  authority.host = text.substr(0, end);
  if (end == absl::string_view::npos) {
    if (authority.has_brackets) return std::nullopt;
    return authority;
  }
  text.remove_prefix(authority.has_brackets ? end + 1 : end);
  if (text.empty()) return authority;
  if (!absl::ConsumePrefix(&text, ":")) return std::nullopt;
  authority.port = ParsePort(text);
  if (!authority.port) return std::nullopt;
  return authority;
}

std::optional<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port = 0;
  // SimpleAtoi() alone would allow signs and spaces.
  if (text.size() > kPortCharsMax ||
      !absl::c_all_of(text, absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &port) || port > kPortMax) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(port);
}

bool IsDnsName(absl::string_view text) {
  return text.size() <= kNameCharsMax &&
         absl::c_all_of(absl::StrSplit(text, '.'), IsLabel);
}

bool IsHostAndPort(absl::string_view text) {
  const auto authority = SplitAuthority(text);
  if (!authority || authority->port == 0) return false;
  return authority->has_brackets ? IsIpV6(authority->host)
                                 : IsDnsName(authority->host);
}

}  // namespace cvr
