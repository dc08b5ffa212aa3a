#ifndef SERVICES_POLICY_PATTERN_H_
#define SERVICES_POLICY_PATTERN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "re2/re2.h"

namespace cvr {

// A wildcard or regular expression that is matched against whole names.
// Immutable and cheap to copy. Thread-safe.
class Pattern {
 public:
  // `*` stands for any characters, `/` included, `?` for one, all others for
  // themselves. Errors: INVALID_ARGUMENT for an empty or too long one.
  static absl::StatusOr<Pattern> Wildcard(absl::string_view text);
  // RE2 syntax, so matching takes linear time. Errors: INVALID_ARGUMENT, with
  // the syntax error in the message.
  static absl::StatusOr<Pattern> Regex(absl::string_view text);

  bool Matches(absl::string_view name) const;

  // As it was given.
  const std::string& text() const { return text_; }
  bool is_regex() const { return is_regex_; }

 private:
  Pattern(absl::string_view text, bool is_regex,
          std::shared_ptr<const re2::RE2> regex)
      : text_(text), is_regex_(is_regex), regex_(std::move(regex)) {}

  std::string text_;
  bool is_regex_ = false;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace cvr

#endif  // SERVICES_POLICY_PATTERN_H_
