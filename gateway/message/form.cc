#include "gateway/message/form.h"

#include <optional>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/common/errors.h"
#include "services/network/percent_encoding.h"

namespace cvr {
namespace {

constexpr size_t kPairsMax = 256;

std::optional<std::string> Decode(absl::string_view text) {
  return PercentDecode(absl::StrReplaceAll(text, {{"+", " "}}));
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
