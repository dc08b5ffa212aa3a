#include "gateway/message/form.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

constexpr size_t kPairsMax = 256;

std::optional<std::string> Decode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) ||
          !absl::ascii_isxdigit(text[i + 2])) {
        return std::nullopt;
      }
      decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    }
  }
  return decoded;
}

}  // namespace

absl::StatusOr<Form> Form::Parse(absl::string_view text) {
  Form form;
  for (const absl::string_view part :
       absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> sides =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    auto name = Decode(sides.first);
    auto value = Decode(sides.second);
    if (!name || !value || form.pairs_.size() >= kPairsMax) {
      return errors::FieldInvalid(
          "form", "is not valid form data (application/x-www-form-urlencoded)");
    }
    form.pairs_.emplace_back(*std::move(name), *std::move(value));
  }
  return form;
}

absl::string_view Form::Get(absl::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace cvr
