// Any bytes are a request, not one yet, or an error with a status. What is
// accepted reads the same to a lenient parser, which is how requests are not
// smuggled past or through a proxy, and survives being written and read again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gateway/message/request_head.h"
#include "tests/fuzz/check.h"

namespace cvr {
namespace {

// The values of the field `name` as the most forgiving of parsers finds them:
// lines end with any CR or LF or NUL, names may have spaces around them.
std::vector<std::string> LenientValues(absl::string_view head,
                                       absl::string_view name) {
  std::vector<std::string> values;
  bool first = true;
  for (const absl::string_view line :
       absl::StrSplit(head, absl::ByAnyChar(absl::string_view("\r\n\0", 3)))) {
    const size_t colon = line.find(':');
    if (!first && colon != line.npos &&
        absl::EqualsIgnoreCase(
            absl::StripAsciiWhitespace(line.substr(0, colon)), name)) {
      values.emplace_back(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    }
    first = false;
  }
  return values;
}

void CheckFraming(absl::string_view bytes, const RequestHead& head) {
  const auto lengths = LenientValues(bytes, "Content-Length");
  const auto codings = LenientValues(bytes, "Transfer-Encoding");
  FUZZ_CHECK(lengths.size() + codings.size() <= 1);
  FUZZ_CHECK(LenientValues(bytes, "Host").size() <= 1);
  FUZZ_CHECK(head.chunked == !codings.empty());
  if (head.chunked) {
    FUZZ_CHECK(absl::EqualsIgnoreCase(codings[0], "chunked"));
    FUZZ_CHECK(head.has_body && !head.http_1_0);
  } else if (!lengths.empty()) {
    FUZZ_CHECK(head.has_body ==
               (lengths[0].find_first_not_of('0') != std::string::npos));
  } else {
    FUZZ_CHECK(!head.has_body);
  }
}

void CheckTarget(const RequestHead& head) {
  FUZZ_CHECK(!head.target.empty());
  FUZZ_CHECK(head.target[0] == '/' ||
             (head.target == "*" && head.method == "OPTIONS"));
  for (const unsigned char c : head.target) {
    FUZZ_CHECK(c > ' ' && c != 0x7f && c != '#');
  }
}

// In the form that the handlers know it in.
std::string Written(const RequestHead& head) {
  std::string text = absl::StrCat(head.method, " ", head.target, " HTTP/1.",
                                  head.http_1_0 ? "0" : "1", "\r\n");
  for (const auto& [name, value] : head.fields) {
    for (const unsigned char c : value) {
      FUZZ_CHECK(c == '\t' || !absl::ascii_iscntrl(c));
    }
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  }
  return text + "\r\n";
}

void CheckRoundTrip(const RequestHead& head) {
  const std::string text = Written(head);
  FUZZ_CHECK(FindHeadEnd(text) == text.size());
  // Spaces that were left out may make it longer than is taken.
  if (text.size() > kFieldLineBytesMax) return;
  const auto again = ParseRequestHead(text);
  const auto* const same = std::get_if<RequestHead>(&again);
  FUZZ_CHECK(same != nullptr && Written(*same) == text);
  FUZZ_CHECK(same->has_body == head.has_body && same->chunked == head.chunked &&
             same->content_length == head.content_length &&
             same->keep_alive == head.keep_alive &&
             same->expects_continue == head.expects_continue);
}

}  // namespace
}  // namespace cvr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = cvr::FindHeadEnd(bytes);
  if (end == absl::string_view::npos) {
    FUZZ_CHECK(size < cvr::kHeadBytesMax ||
               !cvr::CheckPartialHead(bytes).message.empty());
    return 0;
  }
  const absl::string_view head = bytes.substr(0, end);
  const auto parsed = cvr::ParseRequestHead(head);
  if (const auto* error = std::get_if<cvr::HeadError>(&parsed)) {
    FUZZ_CHECK(error->http_status >= 400 && !error->message.empty());
    return 0;
  }
  // Nothing that is accepted in whole is refused while it comes.
  for (size_t part = 0; part < end; ++part) {
    const absl::string_view come = head.substr(0, part);
    FUZZ_CHECK(cvr::CheckPartialHead(come).message.empty());
    FUZZ_CHECK(cvr::CheckPartialHead(come, part / 2).message.empty());
  }
  const auto& request = std::get<cvr::RequestHead>(parsed);
  cvr::CheckFraming(head, request);
  cvr::CheckTarget(request);
  cvr::CheckRoundTrip(request);
  return 0;
}
