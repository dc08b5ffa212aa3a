// A challenge survives being written down again, whatever a server sends.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/upstream/auth/challenge.h"
#include "tests/fuzz/check.h"

namespace {

std::string Quote(absl::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Write(const cvr::Challenge& challenge) {
  if (challenge.parameters.empty()) {
    return absl::StrCat(challenge.scheme, " ", challenge.token68);
  }
  std::string text = challenge.scheme;
  const char* separator = " ";
  for (const auto& [name, value] : challenge.parameters) {
    absl::StrAppend(&text, separator, name, "=", Quote(value));
    separator = ", ";
  }
  return text;
}

bool IsLowerToken(const std::string& text) {
  return !text.empty() && text == absl::AsciiStrToLower(text) &&
         text.find_first_of(" \t,=\"\\") == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  for (const cvr::Challenge& challenge : cvr::ParseChallenges(input)) {
    FUZZ_CHECK(IsLowerToken(challenge.scheme));
    for (const auto& [name, value] : challenge.parameters) {
      FUZZ_CHECK(IsLowerToken(name));
    }
    const auto again = cvr::ParseChallenges(Write(challenge));
    FUZZ_CHECK(again.size() == 1);
    FUZZ_CHECK(again[0].scheme == challenge.scheme);
    FUZZ_CHECK(again[0].parameters == challenge.parameters);
    if (challenge.parameters.empty()) {
      FUZZ_CHECK(again[0].token68 == challenge.token68);
    }
  }
  return 0;
}
