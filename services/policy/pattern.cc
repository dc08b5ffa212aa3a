#include "services/policy/pattern.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

// Enough for any pattern that people write; larger ones are refused.
constexpr int64_t kRegexMemoryBytes = 1 << 20;

absl::StatusOr<std::shared_ptr<const re2::RE2>> Compile(
    const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemoryBytes);
  auto regex = std::make_shared<const re2::RE2>(text, options);
  if (!regex->ok()) return absl::InvalidArgumentError(regex->error());
  return regex;
}

absl::Status CheckLength(absl::string_view text) {
  if (!text.empty() && text.size() <= limits::kPatternCharsMax) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "a pattern must have 1 to ", limits::kPatternCharsMax, " characters"));
}

std::string RegexOfWildcard(absl::string_view text) {
  std::string regex = "(?s)";
  for (const char c : text) {
    if (c == '*') {
      regex += ".*";
    } else if (c == '?') {
      regex += '.';
    } else {
      regex += re2::RE2::QuoteMeta(re2::StringPiece(&c, 1));
    }
  }
  return regex;
}

}  // namespace

absl::StatusOr<Pattern> Pattern::Wildcard(absl::string_view text) {
  if (auto length = CheckLength(text); !length.ok()) return length;
  auto regex = Compile(RegexOfWildcard(text));
  if (!regex.ok()) return regex.status();
  return Pattern(text, /*is_regex=*/false, *std::move(regex));
}

absl::StatusOr<Pattern> Pattern::Regex(absl::string_view text) {
  if (auto length = CheckLength(text); !length.ok()) return length;
  auto regex = Compile(std::string(text));
  if (!regex.ok()) return regex.status();
  return Pattern(text, /*is_regex=*/true, *std::move(regex));
}

bool Pattern::Matches(absl::string_view name) const {
  return re2::RE2::FullMatch(re2::StringPiece(name.data(), name.size()),
                             *regex_);
}

}  // namespace cvr
