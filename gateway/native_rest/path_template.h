#ifndef GATEWAY_NATIVE_REST_PATH_TEMPLATE_H_
#define GATEWAY_NATIVE_REST_PATH_TEMPLATE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Paths of google.api.http. All pure.
namespace cvr::native_rest {

// The path of a request, taken apart once.
struct RequestPath {
  // Percent-decoded after the path was split, so that they may hold `/`.
  std::vector<std::string> segments;
  // What follows the last `:` of the last segment as it was sent; empty = none.
  // A colon that belongs to a value is sent as `%3A`.
  std::string verb;

  // `path` is as in the request line, without a query. Absent for what no
  // template can match: a broken encoding, text that is not UTF-8 or holds
  // control characters, a segment that is empty, `.` or `..`, also between two
  // encoded slashes.
  static std::optional<RequestPath> Parse(absl::string_view path);
};

// A template of paths, such as `/v1/groups/{name=**}:run`. Segments are words,
// `*` for any one, or at the end `**` for one or more. `{field}` is
// `{field=*}`. Immutable.
class PathTemplate {
 public:
  // A field path of the request's message and the text to set it to.
  struct Binding {
    std::string field;
    std::string value;
  };

  // Errors: INVALID_ARGUMENT for what is no such template.
  static absl::StatusOr<PathTemplate> Parse(absl::string_view text);

  // What the variables stand for, in order; absent when `path` is of another
  // form. A variable of several segments has `/` between them, and encoded
  // slashes are slashes of it.
  std::optional<std::vector<Binding>> Match(const RequestPath& path) const;

  const std::string& text() const { return text_; }
  // The field paths of the variables.
  std::vector<std::string> fields() const;
  // Number of segments that are words: the more, the more specific.
  size_t word_count() const;

 private:
  enum class Kind { kWord, kAny, kRest };
  struct Part {
    Kind kind;
    std::string word;
  };
  // Stands for the parts from `begin` to before `end`.
  struct Variable {
    std::string field;
    size_t begin;
    size_t end;
  };

  absl::Status AddParts(absl::string_view text);
  absl::Status AddVariable(absl::string_view text);

  std::string text_;
  std::vector<Part> parts_;
  std::vector<Variable> variables_;
  std::string verb_;
};

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_PATH_TEMPLATE_H_
