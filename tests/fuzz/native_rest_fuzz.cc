// Whatever is asked of the native REST API is refused in words that are fit to
// be shown, or becomes a message that says what the path says and no secret of
// the query. The input is `METHOD target`, and a body on the lines after it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gateway/native_rest/answer_json.h"
#include "gateway/native_rest/path_template.h"
#include "gateway/native_rest/request_builder.h"
#include "gateway/native_rest/route_table.h"
#include "services/common/errors.h"
#include "services/common/utf8.h"
#include "tests/fuzz/check.h"

namespace {

using cvr::native_rest::PathTemplate;
using cvr::native_rest::RequestPath;
using cvr::native_rest::RouteTable;
using Two = std::pair<absl::string_view, absl::string_view>;

const RouteTable& Ours() {
  static const RouteTable* const table =
      new RouteTable(*RouteTable::Of(cvr::native_rest::ApiFiles(), "cvr.v1"));
  return *table;
}

void CheckSegments(absl::string_view text) {
  FUZZ_CHECK(cvr::IsUtf8(text));
  for (const absl::string_view part : absl::StrSplit(text, '/')) {
    FUZZ_CHECK(!part.empty() && part != "." && part != "..");
  }
}

void CheckMessage(const google::protobuf::Message& message) {
  // It is valid: text is UTF-8, and it can be sent and shown.
  std::string bytes;
  FUZZ_CHECK(message.SerializeToString(&bytes));
  FUZZ_CHECK(cvr::native_rest::AnswerJson(message).ok());
}

void CheckError(const absl::Status& status) {
  FUZZ_CHECK(absl::IsInvalidArgument(status));
  FUZZ_CHECK(!cvr::FieldViolationsOf(status).empty());
  for (const char c : status.message()) FUZZ_CHECK(c >= ' ' && c <= '~');
}

// Any text is a template, or none; one that is matches only its own form.
void CheckTemplate(absl::string_view text, absl::string_view path) {
  const auto parsed = PathTemplate::Parse(text);
  const auto request = RequestPath::Parse(path);
  if (!parsed.ok() || !request) return;
  const auto bindings = parsed->Match(*request);
  if (!bindings) return;
  FUZZ_CHECK(bindings->size() == parsed->fields().size());
  for (const auto& binding : *bindings) CheckSegments(binding.value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const Two line = absl::StrSplit(input, absl::MaxSplits('\n', 1));
  const Two words = absl::StrSplit(line.first, absl::MaxSplits(' ', 1));
  const Two target = absl::StrSplit(words.second, absl::MaxSplits('?', 1));
  CheckTemplate(line.second, target.first);
  const auto match = Ours().Find(words.first, target.first);
  FUZZ_CHECK(match.route == nullptr || !match.methods.empty());
  if (match.route == nullptr) return 0;
  FUZZ_CHECK(match.bindings.size() == match.route->path.fields().size());
  for (const auto& binding : match.bindings) CheckSegments(binding.value);
  const auto built = cvr::native_rest::BuildRequest(
      *match.route, {match.bindings, target.second, line.second});
  if (built.ok()) {
    CheckMessage(**built);
  } else {
    CheckError(built.status());
  }
  return 0;
}
