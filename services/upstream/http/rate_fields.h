#ifndef SERVICES_UPSTREAM_HTTP_RATE_FIELDS_H_
#define SERVICES_UPSTREAM_HTTP_RATE_FIELDS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "services/upstream/http/http_fields.h"

namespace cvr {

// What an answer says of the requests that its sender grants. A value type.
struct RateFields {
  int64_t limit = 0;      // Requests in `window`; at least 1.
  int64_t remaining = 0;  // 0..limit.
  absl::Duration window;  // Positive.
};

// Reads `RateLimit-Limit` and `RateLimit-Remaining`: Docker Hub's
// `100;w=21600`, and plain numbers. Of several items the first counts. The
// window is `w` of either, in seconds; else an hour. Nothing unless both fields
// are there and make sense.
std::optional<RateFields> ParseRateFields(const HttpFields& fields);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_RATE_FIELDS_H_
