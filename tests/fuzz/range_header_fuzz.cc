// Ranges never lead outside the content, and parts are as long as they say.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/message/multipart.h"
#include "gateway/message/range_header.h"
#include "services/common/limits.h"
#include "tests/fuzz/check.h"

namespace cvr {
namespace {

void CheckRange(const ByteRange& range, uint64_t content) {
  FUZZ_CHECK(range.length > 0);
  FUZZ_CHECK(range.offset < content);
  FUZZ_CHECK(range.length <= content - range.offset);
}

// Sends the parts of content that is all zeros.
void CheckBody(const std::vector<ByteRange>& ranges, uint64_t content) {
  const MultipartLayout layout("boundary", "a/b", ranges, content);
  const auto open = [](const ByteRange& range) -> absl::StatusOr<BodyStream> {
    return [length = range.length]() -> absl::StatusOr<Chunk> {
      return Chunk::OfString(std::string(length, '\0'));
    };
  };
  BodyStream body = MultipartBody(layout, *open(ranges.front()), open);
  uint64_t length = 0;
  while (true) {
    const auto chunk = body();
    FUZZ_CHECK(chunk.ok());
    if (chunk->empty()) break;
    length += chunk->size();
  }
  FUZZ_CHECK(length == layout.content_length());
}

void CheckRanges(absl::string_view value) {
  const auto wanted = ParseRanges(value);
  FUZZ_CHECK(wanted.size() <= limits::kRangesPerRequestMax);
  for (const uint64_t content : {uint64_t{0}, uint64_t{1}, uint64_t{1000},
                                 uint64_t{1} << 40, UINT64_MAX}) {
    const auto ranges = SatisfiableRanges(wanted, content);
    FUZZ_CHECK(ranges.size() <= wanted.size());
    for (const ByteRange& range : ranges) CheckRange(range, content);
    if (content <= 1000 && !ranges.empty() && !ExceedContent(ranges, content)) {
      CheckBody(ranges, content);
    }
  }
}

}  // namespace
}  // namespace cvr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cvr::CheckRanges({reinterpret_cast<const char*>(data), size});
  return 0;
}
