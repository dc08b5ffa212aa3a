// What is read of a list is JSON again, and no more than there was.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/referrer_line.h"
#include "services/upstream/api/list_page.h"
#include "tests/fuzz/check.h"

namespace {

using Json = nlohmann::json;

// What is no UTF-8 does not make a list unreadable.
Json Parse(absl::string_view text) {
  const std::string as_string =
      Json(std::string(text))
          .dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(Json::parse(as_string).get<std::string>(), nullptr,
                     /*allow_exceptions=*/false);
}

void CheckTags(absl::string_view input) {
  std::istringstream json{std::string(input)};
  cvr::UpstreamList tags(1000);
  if (!cvr::ReadTagsPage(json, tags)) return;
  const Json page = Parse(input);
  FUZZ_CHECK(page.is_object());
  for (const absl::string_view tag : tags.texts()) {
    FUZZ_CHECK(!tag.empty() && tag.size() <= 128);
    FUZZ_CHECK(tag.find_first_of("/:@ \n") == absl::string_view::npos);
  }
}

void CheckReferrers(absl::string_view input) {
  std::istringstream json{std::string(input)};
  cvr::UpstreamList referrers(1000);
  if (!cvr::ReadReferrersPage(json, referrers)) return;
  FUZZ_CHECK(Parse(input).is_object());
  for (const absl::string_view line : referrers.texts()) {
    FUZZ_CHECK(line.find('\n') == absl::string_view::npos);
    const auto referrer = cvr::ParseReferrerLine(line);
    FUZZ_CHECK(referrer.has_value());
    const Json descriptor = Parse(referrer->descriptor);
    FUZZ_CHECK(descriptor.is_object());
    FUZZ_CHECK(descriptor["digest"] == std::string(referrer->digest));
    if (!referrer->artifact_type.empty()) {
      FUZZ_CHECK(descriptor["artifactType"] ==
                 std::string(referrer->artifact_type));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  CheckTags(input);
  CheckReferrers(input);
  return 0;
}
