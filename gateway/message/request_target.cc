#include "gateway/message/request_target.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cvr {
namespace {

constexpr size_t kPortDigitsMax = 5;

// Visible ASCII without `#`; bytes above it are for DecodeSegment() to refuse,
// which can say what is wrong with the name.
bool IsTargetText(absl::string_view text) {
  return absl::c_all_of(
      text, [](unsigned char c) { return c > ' ' && c != 0x7f && c != '#'; });
}

// reg-name, which IPv4 addresses are too.
bool IsRegisteredName(absl::string_view text) {
  return absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) ||
           absl::StrContains("-._~%!$&'()*+,;=", absl::string_view(&c, 1));
  });
}

bool IsAddressLiteral(absl::string_view text) {
  return absl::ConsumePrefix(&text, "[") && absl::ConsumeSuffix(&text, "]") &&
         !text.empty() && absl::c_all_of(text, [](char c) {
           return absl::ascii_isalnum(c) || c == ':' || c == '.' || c == '%' ||
                  c == '-' || c == '_' || c == '~';
         });
}

bool ConsumeScheme(absl::string_view& target) {
  for (const absl::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase(target, scheme)) continue;
    target.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

std::optional<RequestTarget> ParseAbsoluteForm(absl::string_view method,
                                               absl::string_view target) {
  if (!ConsumeScheme(target)) return std::nullopt;
  const size_t authority_size =
      std::min(target.find_first_of("/?"), target.size());
  absl::string_view authority = target.substr(0, authority_size);
  const absl::string_view rest = target.substr(authority_size);
  absl::ConsumeSuffix(&authority, ":");  // A port that is left out.
  if (authority.empty() || authority.front() == ':' ||
      !IsHostField(authority)) {
    return std::nullopt;
  }
  RequestTarget parsed{std::string(rest), std::string(authority)};
  if (rest.empty()) {
    parsed.path_and_query = method == "OPTIONS" ? "*" : "/";
  } else if (rest.front() == '?') {
    parsed.path_and_query = absl::StrCat("/", rest);
  }
  return parsed;
}

}  // namespace

std::optional<RequestTarget> ParseRequestTarget(absl::string_view method,
                                                absl::string_view target) {
  if (target.empty() || !IsTargetText(target)) return std::nullopt;
  if (target.front() == '/') return RequestTarget{std::string(target), ""};
  if (target == "*") {
    if (method != "OPTIONS") return std::nullopt;
    return RequestTarget{"*", ""};
  }
  return ParseAbsoluteForm(method, target);
}

bool IsHostField(absl::string_view text) {
  const size_t colon = text.rfind(':');
  const size_t bracket = text.rfind(']');
  const bool has_port = colon != absl::string_view::npos &&
                        (bracket == absl::string_view::npos || colon > bracket);
  absl::string_view host = text;
  if (has_port) {
    const absl::string_view port = text.substr(colon + 1);
    if (port.size() > kPortDigitsMax ||
        !absl::c_all_of(port, absl::ascii_isdigit)) {
      return false;
    }
    host = text.substr(0, colon);
  }
  return IsAddressLiteral(host) || IsRegisteredName(host);
}

}  // namespace cvr
