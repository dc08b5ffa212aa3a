#ifndef GATEWAY_REST_API_DOCUMENT_H_
#define GATEWAY_REST_API_DOCUMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr::rest {

enum class ValueType { kText, kInteger, kFlag };

// What the document says of one value that a caller gives.
struct Parameter {
  std::string name;
  ValueType type = ValueType::kText;
  bool required = false;
  bool nullable = false;     // null stands for the empty text.
  bool may_be_blank = true;  // Of a text.
  bool is_secret = false;    // Taken from a body only.
  std::optional<int64_t> minimum;
  std::optional<int64_t> maximum;
  std::vector<int64_t> allowed;          // Empty = all.
  std::optional<int64_t> default_value;  // Of an integer.
};

// An operation of the document.
struct Operation {
  std::string id;
  std::string method;
  // `{id}` stands for a value. Aliases are told apart no more.
  std::vector<std::string> segments;
  std::vector<Parameter> path;
  std::vector<Parameter> query;
  std::vector<Parameter> body;
  bool takes_body = false;
  bool needs_one = false;  // Of `body`.
  bool is_public = false;  // Needs no token.
};

// An OpenAPI 3.0 document, of whose constructs those are understood that ours
// uses. It is the one place that says which requests there are and what they
// may hold. Immutable.
class ApiDocument {
 public:
  // Errors: INVALID_ARGUMENT for what is not such a document.
  static absl::StatusOr<ApiDocument> Parse(absl::string_view text);

  const std::vector<Operation>& operations() const { return operations_; }

  struct Match {
    const Operation* operation = nullptr;  // Null = none.
    // Of Operation::path, in order.
    std::vector<std::string> values;
    // What the path can be asked; empty = there is no such path.
    std::vector<std::string> methods;
  };
  // `path` is as in the request line, without a query. Segments are
  // percent-decoded once, after they were split.
  Match Find(absl::string_view method, absl::string_view path) const;

 private:
  std::vector<Operation> operations_;
};

}  // namespace cvr::rest

#endif  // GATEWAY_REST_API_DOCUMENT_H_
