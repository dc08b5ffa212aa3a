#ifndef GATEWAY_MESSAGE_FORM_H_
#define GATEWAY_MESSAGE_FORM_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// The pairs of an application/x-www-form-urlencoded text (WHATWG URL, section
// 5.1), of a body or a query, in order. Values may hold any byte. Pure.
class Form {
 public:
  // Errors: INVALID_ARGUMENT (FIELD_INVALID) for a broken encoding or more than
  // 256 pairs; the text is not repeated.
  static absl::StatusOr<Form> Parse(absl::string_view text);

  // The first value of `name`; empty when there is none.
  absl::string_view Get(absl::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& pairs() const {
    return pairs_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_FORM_H_
