#ifndef SERVICES_METADATA_RESOURCES_ORDER_BY_H_
#define SERVICES_METADATA_RESOURCES_ORDER_BY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"

namespace cvr {

// The order of a list, by one field: `name`, `create_time desc`. A value type.
struct OrderBy {
  std::string field;
  bool descending = false;

  // `text` as an order by one of `offered`, which is not empty; an empty text
  // means the first of them. Errors: INVALID_ARGUMENT about `order_by`.
  static absl::StatusOr<OrderBy> Parse(
      absl::string_view text, absl::Span<const absl::string_view> offered);

  // A key whose bytes sort as resources are listed: by the field, then by
  // `id`, a tie-breaker that is never negative. Goes into page tokens. The
  // field is a text, an integer that is not negative, or a Timestamp.
  std::string KeyOf(const google::protobuf::Message& resource,
                    int64_t id) const;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_ORDER_BY_H_
