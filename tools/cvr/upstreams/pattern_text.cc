#include "tools/cvr/upstreams/pattern_text.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace cvr {
namespace {

constexpr char kRegexPrefix[] = "re:";

}  // namespace

v1::Pattern ToPattern(const std::string& text) {
  v1::Pattern pattern;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, kRegexPrefix)) {
    pattern.set_regex(std::string(rest));
  } else {
    pattern.set_wildcard(text);
  }
  return pattern;
}

std::string PatternText(const v1::Pattern& pattern) {
  return pattern.has_regex() ? absl::StrCat(kRegexPrefix, pattern.regex())
                             : pattern.wildcard();
}

absl::StatusOr<std::pair<std::string, std::string>> SplitAtLast(
    const std::string& word, const char* form) {
  const size_t at = word.rfind('=');
  if (at == std::string::npos || at == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", word, "' does not have the form ", form));
  }
  return std::pair(word.substr(0, at), word.substr(at + 1));
}

}  // namespace cvr
