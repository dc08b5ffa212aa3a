#include "tools/cvr/commands/filter_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cvr {
namespace {

std::string Quoted(absl::string_view value) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

}  // namespace

void FilterText::AddEqual(absl::string_view field, absl::string_view value) {
  if (!value.empty()) AddTerms(absl::StrCat(field, " = ", Quoted(value)));
}

void FilterText::AddContains(absl::string_view field, absl::string_view value) {
  if (!value.empty()) AddTerms(absl::StrCat(field, " : ", Quoted(value)));
}

void FilterText::AddNumber(absl::string_view field, int64_t value) {
  AddTerms(absl::StrCat(field, " = ", value));
}

void FilterText::AddTerms(absl::string_view terms) {
  if (terms.empty()) return;
  absl::StrAppend(&text_, text_.empty() ? "" : " AND ", terms);
}

}  // namespace cvr
