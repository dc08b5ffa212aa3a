// Any bytes are a request, not one yet, or an error with a status; and the
// server library never sees a Range.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "gateway/request_head.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = cvr::FindHeadEnd(bytes);
  if (end == absl::string_view::npos) {
    FUZZ_CHECK(size < cvr::kHeadBytesMax ||
               !cvr::CheckPartialHead(bytes).message.empty());
    return 0;
  }
  std::string head(bytes.substr(0, end));
  const auto parsed = cvr::ParseRequestHead(head);
  if (const auto* error = std::get_if<cvr::HeadError>(&parsed)) {
    FUZZ_CHECK(error->http_status >= 400 && !error->message.empty());
    return 0;
  }
  FUZZ_CHECK(!std::get<cvr::RequestHead>(parsed).target.empty());
  cvr::HideRange(head);
  FUZZ_CHECK(head.size() == end);
  FUZZ_CHECK(absl::AsciiStrToLower(head).find("\r\nrange:") ==
             std::string::npos);
  return 0;
}
