#ifndef TOOLS_CVR_UPSTREAMS_PATTERN_TEXT_H_
#define TOOLS_CVR_UPSTREAMS_PATTERN_TEXT_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "cvr/v1/upstream.pb.h"

// Patterns as they are typed: a wildcard, or RE2 after `re:`.
namespace cvr {

v1::Pattern ToPattern(const std::string& text);
std::string PatternText(const v1::Pattern& pattern);

// `v*=1h` in two at the last `=`, which patterns may have too. `form` is what
// an error says that `word` should be. Errors: INVALID_ARGUMENT.
absl::StatusOr<std::pair<std::string, std::string>> SplitAtLast(
    const std::string& word, const char* form);

}  // namespace cvr

#endif  // TOOLS_CVR_UPSTREAMS_PATTERN_TEXT_H_
