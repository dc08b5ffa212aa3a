// A Range never leads outside the content.

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "gateway/range_header.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto spec =
      cvr::ParseRange({reinterpret_cast<const char*>(data), size});
  if (!spec) return 0;
  for (const uint64_t content : {uint64_t{0}, uint64_t{1}, uint64_t{1000},
                                 uint64_t{1} << 40, UINT64_MAX}) {
    const auto range = cvr::ResolveRange(spec, content);
    if (!range.ok()) continue;
    FUZZ_CHECK(range->length > 0);
    FUZZ_CHECK(range->offset < content);
    FUZZ_CHECK(range->length <= content - range->offset);
  }
  return 0;
}
