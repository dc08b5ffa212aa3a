#include "gateway/message/url_text.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/network/percent_encoding.h"

namespace cvr {

std::optional<std::string> DecodeSegment(absl::string_view segment) {
  auto decoded = PercentDecode(segment);
  if (decoded && !absl::c_all_of(*decoded, absl::ascii_isgraph)) {
    return std::nullopt;
  }
  return decoded;
}

std::string Printable(absl::string_view text, size_t bytes_max) {
  std::string printable;
  for (const char c : text.substr(0, bytes_max)) {
    if (absl::ascii_isprint(c) && c != '"' && c != '\\') {
      printable.push_back(c);
    } else {
      absl::StrAppend(
          &printable, "\\x",
          absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  if (text.size() > bytes_max) printable += "...";
  return printable;
}

}  // namespace cvr
