#ifndef SERVICES_UPSTREAM_HTTP_HTTP_FIELDS_H_
#define SERVICES_UPSTREAM_HTTP_HTTP_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/network/http_fields.h"

// What values of header fields mean: RFC 9110. All of it is pure.
namespace cvr {

// `bytes first-last/total`, both ends inclusive.
struct ContentRange {
  uint64_t first = 0;
  uint64_t last = 0;
  std::optional<uint64_t> total;  // Absent for `*`.

  uint64_t length() const { return last - first + 1; }
};

// Nothing for what is malformed or contradicts itself.
std::optional<ContentRange> ParseContentRange(absl::string_view value);

// The size in `bytes */size`, as a 416 has it; nothing for anything else.
std::optional<uint64_t> ParseUnsatisfiedRange(absl::string_view value);

std::optional<uint64_t> ParseContentLength(absl::string_view value);

// Seconds or a date; never negative and at most a day, since nobody means more.
// Nothing for what is neither.
std::optional<absl::Duration> ParseRetryAfter(absl::string_view value,
                                              absl::Time now);

// Without quotes and weakness mark; empty when it is no entity tag or longer
// than limits::kEtagCharsMax.
std::string EtagOf(absl::string_view value);
// The same, and empty for a weak one.
std::string StrongEtagOf(absl::string_view value);

// Without parameters, in lower case; empty when it is no media type.
std::string MediaTypeOf(absl::string_view value);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_HTTP_FIELDS_H_
