#include "gateway/message/url_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cvr {

std::optional<std::string> DecodeSegment(absl::string_view segment) {
  std::string decoded;
  decoded.reserve(segment.size());
  for (size_t i = 0; i < segment.size(); ++i) {
    char c = segment[i];
    if (c == '%') {
      if (i + 2 >= segment.size() || !absl::ascii_isxdigit(segment[i + 1]) ||
          !absl::ascii_isxdigit(segment[i + 2])) {
        return std::nullopt;
      }
      c = absl::HexStringToBytes(segment.substr(i + 1, 2))[0];
      i += 2;
    }
    if (!absl::ascii_isgraph(c)) return std::nullopt;
    decoded.push_back(c);
  }
  return decoded;
}

std::string EncodeQueryValue(absl::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' ||
        c == '~') {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, "%",
                      absl::AsciiStrToUpper(
                          absl::BytesToHexString(absl::string_view(&c, 1))));
    }
  }
  return encoded;
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
