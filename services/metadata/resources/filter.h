#ifndef SERVICES_METADATA_RESOURCES_FILTER_H_
#define SERVICES_METADATA_RESOURCES_FILTER_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace cvr {

// The part of AIP-160 that lists offer: terms with AND between them.
//   filter = [term *("AND" term)]
//   term   = field ("=" / ":") value
//   field  = name *("." name)
//   value  = '"' *(char / '\"' / '\\') '"' / word
// `=` is equality; `:` is "contains, ignoring case", for texts alone. A word is
// a number, `true` or `false`, the name of an enum's value, or a text without
// spaces, quotes, and the signs `=:()<>!,`. Space may stand around everything.
// A value type; immutable.
class Filter {
 public:
  // Bounds of what is parsed; each term costs a comparison for each resource.
  static constexpr size_t kBytesMax = 2048;
  static constexpr size_t kTermsMax = 16;

  // `text` as a filter on resources of type `type`, by the fields that the
  // method offers: paths such as `resource.type`. Empty = all match.
  // Errors: INVALID_ARGUMENT about `filter` that says at which character, for a
  // text that is none, a field that is not offered, a value that is not of the
  // field's type, and what exceeds the bounds.
  static absl::StatusOr<Filter> Parse(
      absl::string_view text, const google::protobuf::Descriptor& type,
      absl::Span<const absl::string_view> offered);

  // Whether a resource of that type fulfils all terms. What is not set counts
  // as its default.
  bool Matches(const google::protobuf::Message& resource) const;

  bool empty() const { return terms_.empty(); }

  // The value that `field` must be equal to, for a list that can look it up;
  // null when no term says so. Only of text fields.
  const std::string* EqualTo(absl::string_view field) const;

 private:
  friend class FilterParser;

  struct Term {
    std::string field;
    // The way to the field; all but the last are messages.
    std::vector<const google::protobuf::FieldDescriptor*> path;
    bool contains = false;
    // A text (lower case with `contains`), a number (also of an enum), or a
    // truth value.
    std::variant<std::string, int64_t, bool> value;
  };

  static bool Matches(const Term& term,
                      const google::protobuf::Message& resource);

  std::vector<Term> terms_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_FILTER_H_
