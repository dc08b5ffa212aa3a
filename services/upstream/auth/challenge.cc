#include "services/upstream/auth/challenge.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace cvr {
namespace {

// RFC 9110, section 5.6.2.
bool IsTokenChar(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`|~", c);
}

bool IsToken68Char(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("-._~+/", c);
}

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

class Parser {
 public:
  explicit Parser(absl::string_view text) : rest_(text) {}

  std::vector<Challenge> Parse() {
    for (;;) {
      SkipSeparators();
      if (rest_.empty()) return std::move(challenges_);
      const absl::string_view name = TakeWhile(IsTokenChar);
      if (name.empty()) {
        SkipElement();
      } else if (!TakeParameter(name)) {
        TakeScheme(name);
      }
    }
  }

 private:
  template <typename Predicate>
  absl::string_view TakeWhile(Predicate is_part) {
    size_t length = 0;
    while (length < rest_.size() && is_part(rest_[length])) ++length;
    const absl::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  void SkipSpace() { TakeWhile(IsSpace); }
  void SkipSeparators() {
    TakeWhile([](char c) { return IsSpace(c) || c == ','; });
  }

  // To the next comma that is not quoted; at least one character.
  void SkipElement() {
    while (!rest_.empty() && rest_.front() != ',') {
      if (rest_.front() == '"') {
        TakeQuoted();
      } else {
        rest_.remove_prefix(1);
      }
    }
  }

  // Without its quotes and escapes; one that does not end goes to the end.
  std::string TakeQuoted() {
    std::string value;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    absl::ConsumePrefix(&rest_, "\"");
    return value;
  }

  // `= value` after a name, which belongs to the challenge before it.
  bool TakeParameter(absl::string_view name) {
    const absl::string_view before = rest_;
    SkipSpace();
    if (challenges_.empty() || !absl::ConsumePrefix(&rest_, "=")) {
      rest_ = before;
      return false;
    }
    SkipSpace();
    std::string value;
    if (absl::StartsWith(rest_, "\"")) {
      value = TakeQuoted();
    } else {
      value = std::string(
          TakeWhile([](char c) { return !IsSpace(c) && c != ','; }));
    }
    challenges_.back().parameters.emplace(absl::AsciiStrToLower(name),
                                          std::move(value));
    return true;
  }

  void TakeScheme(absl::string_view name) {
    Challenge challenge;
    challenge.scheme = absl::AsciiStrToLower(name);
    SkipSpace();
    // A token68 stands alone up to the comma; anything else is a parameter.
    const absl::string_view before = rest_;
    const size_t length = TakeWhile(IsToken68Char).size() +
                          TakeWhile([](char c) { return c == '='; }).size();
    SkipSpace();
    if (length > 0 && (rest_.empty() || rest_.front() == ',')) {
      challenge.token68 = std::string(before.substr(0, length));
    } else {
      rest_ = before;
    }
    challenges_.push_back(std::move(challenge));
  }

  absl::string_view rest_;
  std::vector<Challenge> challenges_;
};

}  // namespace

std::string Challenge::Parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

std::vector<Challenge> ParseChallenges(absl::string_view value) {
  return Parser(value).Parse();
}

}  // namespace cvr
