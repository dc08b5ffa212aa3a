#ifndef GATEWAY_REST_ARGUMENTS_H_
#define GATEWAY_REST_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/rest/api_document.h"

namespace cvr::rest {

// The values that a request gives to an operation's parameters, of the types
// that they have. Every text is UTF-8, but for Parameter::is_secret, which has
// any bytes.
class Arguments {
 public:
  using Value = std::variant<std::string, int64_t, bool>;

  void Set(const std::string& name, Value value) {
    values_[name] = std::move(value);
  }

  bool Has(absl::string_view name) const { return values_.contains(name); }
  // Empty, 0 or false when it was not given, or is of another type.
  std::string Text(absl::string_view name) const;
  int64_t Integer(absl::string_view name) const;
  bool Flag(absl::string_view name) const;

 private:
  const Value* Find(absl::string_view name) const;

  absl::flat_hash_map<std::string, Value> values_;
};

// A request as far as it holds arguments; all as it was sent.
struct ArgumentSource {
  std::vector<std::string> path;  // Decoded values of Operation::path.
  absl::string_view query;
  std::optional<std::string> content_type;
  absl::string_view body;
};

// Whether a body of this type can be read. Without a type it is JSON.
bool IsReadableType(const std::optional<std::string>& content_type);

// Checks and converts. Where the query and the body have a value, the body's
// counts; what the operation does not know is ignored. The type is readable.
// Errors: INVALID_ARGUMENT, without field violations, whose message is fit for
// the caller and repeats no value.
absl::StatusOr<Arguments> ReadArguments(const Operation& operation,
                                        const ArgumentSource& source);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_ARGUMENTS_H_
