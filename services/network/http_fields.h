#ifndef SERVICES_NETWORK_HTTP_FIELDS_H_
#define SERVICES_NETWORK_HTTP_FIELDS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cvr {

// The header fields of one HTTP message, in order; names compare without case
// (RFC 9110, section 5.1). A value type. Views that it returns are valid until
// it changes.
class HttpFields {
 public:
  using Field = std::pair<std::string, std::string>;

  void Add(absl::string_view name, absl::string_view value) {
    fields_.emplace_back(name, value);
  }

  // All values of `name`, joined by `, ` (section 5.3). Absent when there is no
  // such field.
  std::optional<std::string> Get(absl::string_view name) const {
    std::optional<std::string> joined;
    for (const auto& [field, value] : fields_) {
      if (!absl::EqualsIgnoreCase(field, name)) continue;
      joined = joined ? absl::StrCat(*joined, ", ", value) : value;
    }
    return joined;
  }

  // The first value of `name`, for fields of which a message has one; empty
  // when there is none.
  absl::string_view First(absl::string_view name) const {
    for (const auto& [field, value] : fields_) {
      if (absl::EqualsIgnoreCase(field, name)) return value;
    }
    return "";
  }

  // The values of `name`, one by one.
  std::vector<absl::string_view> GetAll(absl::string_view name) const {
    std::vector<absl::string_view> values;
    for (const auto& [field, value] : fields_) {
      if (absl::EqualsIgnoreCase(field, name)) values.push_back(value);
    }
    return values;
  }

  bool Has(absl::string_view name) const { return !GetAll(name).empty(); }

  std::vector<Field>::const_iterator begin() const { return fields_.begin(); }
  std::vector<Field>::const_iterator end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

}  // namespace cvr

#endif  // SERVICES_NETWORK_HTTP_FIELDS_H_
