// A link survives being written down again, whatever a registry sends.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "services/upstream/http/link_header.h"
#include "tests/fuzz/check.h"

namespace {

std::string Escape(absl::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string Write(const cvr::Link& link) {
  return absl::StrCat("<", link.target, ">; rel=\"",
                      Escape(absl::StrJoin(link.relations, " ")), "\"");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  size_t target_bytes = 0;
  for (const cvr::Link& link : cvr::ParseLinks(input)) {
    FUZZ_CHECK(!link.target.empty());
    target_bytes += link.target.size();
    for (const std::string& relation : link.relations) {
      FUZZ_CHECK(!relation.empty());
      FUZZ_CHECK(relation == absl::AsciiStrToLower(relation));
    }
    if (link.target.find('>') != std::string::npos) continue;
    const auto again = cvr::ParseLinks(Write(link));
    FUZZ_CHECK(again.size() == 1);
    FUZZ_CHECK(again[0].target == link.target);
    FUZZ_CHECK(again[0].relations == link.relations);
  }
  FUZZ_CHECK(target_bytes <= size);
  return 0;
}
