#ifndef TOOLS_CVR_COMMANDS_FILTER_TEXT_H_
#define TOOLS_CVR_COMMANDS_FILTER_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// The `filter` of a list method (AIP-160), made of what options say. A field
// without a value adds no term. Not thread-safe.
class FilterText {
 public:
  // `field = "value"`, with quotes and backslashes in `value` escaped.
  void AddEqual(absl::string_view field, absl::string_view value);
  // `field : "value"`: contains it.
  void AddContains(absl::string_view field, absl::string_view value);
  // `field = 3`.
  void AddNumber(absl::string_view field, int64_t value);
  // Terms as they were typed.
  void AddTerms(absl::string_view terms);

  // All terms, with AND between them.
  const std::string& ToString() const { return text_; }

 private:
  std::string text_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_FILTER_TEXT_H_
