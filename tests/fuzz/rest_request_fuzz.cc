// Whatever is asked of REST is refused in words that are fit to be shown, or
// becomes arguments that keep what the document promises of them. The input is
// `METHOD target`, a content type, and a body, each on a line of its own.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gateway/rest/api_document.h"
#include "gateway/rest/arguments.h"
#include "gateway/rest/openapi_text.h"
#include "services/common/utf8.h"
#include "tests/fuzz/check.h"

namespace {

using cvr::rest::ApiDocument;
using cvr::rest::Arguments;
using cvr::rest::Operation;
using cvr::rest::Parameter;
using cvr::rest::ValueType;
using Two = std::pair<absl::string_view, absl::string_view>;

const ApiDocument& Document() {
  static const ApiDocument* const document =
      new ApiDocument(*ApiDocument::Parse(cvr::rest::OpenApiText()));
  return *document;
}

void CheckValue(const Parameter& parameter, const Arguments& arguments) {
  FUZZ_CHECK(!parameter.required || arguments.Has(parameter.name));
  if (!arguments.Has(parameter.name)) return;
  if (parameter.type == ValueType::kText) {
    const std::string text = arguments.Text(parameter.name);
    FUZZ_CHECK(parameter.is_secret || cvr::IsUtf8(text));
    FUZZ_CHECK(parameter.may_be_blank || !text.empty());
  }
  if (parameter.type == ValueType::kInteger) {
    const int64_t number = arguments.Integer(parameter.name);
    FUZZ_CHECK(number >= parameter.minimum.value_or(number));
    FUZZ_CHECK(number <= parameter.maximum.value_or(number));
    FUZZ_CHECK(parameter.allowed.empty() ||
               absl::c_linear_search(parameter.allowed, number));
  }
}

void CheckArguments(const Operation& operation, const Arguments& arguments) {
  for (const auto* const list :
       {&operation.path, &operation.query, &operation.body}) {
    for (const Parameter& parameter : *list) CheckValue(parameter, arguments);
  }
  FUZZ_CHECK(!operation.needs_one ||
             absl::c_any_of(operation.body, [&](const Parameter& parameter) {
               return arguments.Has(parameter.name);
             }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const Two line = absl::StrSplit(input, absl::MaxSplits('\n', 1));
  const Two rest = absl::StrSplit(line.second, absl::MaxSplits('\n', 1));
  const Two words = absl::StrSplit(line.first, absl::MaxSplits(' ', 1));
  const Two target = absl::StrSplit(words.second, absl::MaxSplits('?', 1));
  const auto match = Document().Find(words.first, target.first);
  FUZZ_CHECK(match.operation == nullptr || !match.methods.empty());
  if (match.operation == nullptr) return 0;
  FUZZ_CHECK(match.values.size() == match.operation->path.size());

  const std::string type(rest.first);
  if (!cvr::rest::IsReadableType(type)) return 0;
  const auto arguments = cvr::rest::ReadArguments(
      *match.operation, {match.values, target.second, type, rest.second});
  if (arguments.ok()) {
    CheckArguments(*match.operation, *arguments);
  } else {
    FUZZ_CHECK(absl::IsInvalidArgument(arguments.status()));
    FUZZ_CHECK(cvr::IsUtf8(arguments.status().message()));
  }
  return 0;
}
