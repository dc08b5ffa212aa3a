// What an Authorization field shows is one thing, and a part of what was sent
// or of what that decodes to.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gateway/message/authorization_field.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  using Kind = cvr::ShownCredential::Kind;
  const auto shown = cvr::ParseAuthorization(input);
  FUZZ_CHECK(shown.kind != Kind::kNone);
  if (shown.kind == Kind::kSecret || shown.kind == Kind::kJwt) {
    FUZZ_CHECK(!shown.value.empty());
    FUZZ_CHECK(shown.value.size() <= input.size());
  } else {
    FUZZ_CHECK(shown.value.empty());
  }
  // A password is found whatever user it comes with.
  if (!absl::StrContains(input, ':') && !input.empty()) {
    const auto basic =
        cvr::ParseAuthorization("Basic " + absl::Base64Escape("user:" + input));
    FUZZ_CHECK(basic.kind != Kind::kSecret || basic.value == input);
  }
  return 0;
}
