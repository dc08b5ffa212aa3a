// What is read of a list is JSON again, and no more than there was.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "services/upstream/list_page.h"
#include "tests/fuzz/check.h"

namespace {

using Json = nlohmann::json;

Json Parse(absl::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr,
                     /*allow_exceptions=*/false);
}

void CheckTags(absl::string_view input) {
  const auto tags = cvr::ParseTagsPage(input);
  if (!tags) return;
  const Json page = Parse(input);
  FUZZ_CHECK(page.is_object() && page.contains("tags"));
  for (const std::string& tag : *tags) {
    FUZZ_CHECK(!tag.empty() && tag.size() <= 128);
    FUZZ_CHECK(tag.find_first_of("/:@ ") == std::string::npos);
  }
}

void CheckReferrers(absl::string_view input) {
  const auto descriptors = cvr::ParseReferrersPage(input);
  if (!descriptors) return;
  FUZZ_CHECK(Parse(input).is_object());
  for (const std::string& text : *descriptors) {
    const Json descriptor = Parse(text);
    FUZZ_CHECK(descriptor.is_object());
    FUZZ_CHECK(descriptor.contains("digest"));
    FUZZ_CHECK(descriptor["digest"].is_string());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  CheckTags(input);
  CheckReferrers(input);
  return 0;
}
