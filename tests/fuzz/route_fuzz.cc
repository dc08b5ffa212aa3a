// Whatever a client puts into a request line is understood or refused, and what
// is understood is unambiguous.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/route.h"
#include "services/common/errors.h"
#include "tests/fuzz/check.h"

namespace cvr {
namespace {

void CheckContent(const ContentRoute& route) {
  FUZZ_CHECK(route.registry_id > 0);
  const std::string canonical =
      absl::StrCat("/v2/virtual_registries/containers/", route.registry_id,
                   route.content.RelativePath());
  const auto again = ParseTarget(canonical);
  FUZZ_CHECK(again.ok());
  const auto* same = std::get_if<ContentRoute>(&again->route);
  FUZZ_CHECK(same != nullptr && same->registry_id == route.registry_id);
  FUZZ_CHECK(same->content.repository == route.content.repository);
  FUZZ_CHECK(same->content.reference == route.content.reference);
  FUZZ_CHECK(same->content.kind == route.content.kind);
}

void CheckError(absl::string_view target, const absl::Status& status) {
  for (const char c : status.message()) FUZZ_CHECK(c >= ' ' && c <= '~');
  FUZZ_CHECK(status.message().size() < 1000);
  FUZZ_CHECK(!IsRegistryTarget(target) || ReasonOf(status) != Reason::kNone);
}

}  // namespace
}  // namespace cvr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view target(reinterpret_cast<const char*>(data), size);
  const auto parsed = cvr::ParseTarget(target);
  if (!parsed.ok()) {
    cvr::CheckError(target, parsed.status());
  } else if (const auto* route =
                 std::get_if<cvr::ContentRoute>(&parsed->route)) {
    cvr::CheckContent(*route);
  }
  return 0;
}
