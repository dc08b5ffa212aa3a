#ifndef SERVICES_COMMON_TAG_ORDER_H_
#define SERVICES_COMMON_TAG_ORDER_H_

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace cvr {

// The lexical order of tags in the distribution-spec: case-insensitive; tags
// that differ only in case are in the order of their bytes.
inline bool TagPrecedes(absl::string_view a, absl::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  for (size_t i = 0; i < size; ++i) {
    const char x = absl::ascii_tolower(a[i]);
    const char y = absl::ascii_tolower(b[i]);
    if (x != y) return x < y;
  }
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace cvr

#endif  // SERVICES_COMMON_TAG_ORDER_H_
