#include "services/metadata/resources/etag.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cvr {

std::string NextEtag(absl::string_view current, absl::Time now) {
  uint64_t last = 0;
  if (!absl::SimpleHexAtoi(current, &last)) last = 0;
  const auto time =
      static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixNanos(now)));
  return absl::StrCat(absl::Hex(std::max(time, last + 1)));
}

absl::Status CheckEtag(const ErrorResource& resource, absl::string_view wanted,
                       absl::string_view current) {
  if (wanted.empty() || wanted == current) return absl::OkStatus();
  return errors::EtagMismatch(resource);
}

}  // namespace cvr
