#ifndef SERVICES_PROCESS_NEAREST_WORD_H_
#define SERVICES_PROCESS_NEAREST_WORD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace cvr {

// Those of `words` that somebody who typed `typed` may have meant, at most
// three, best first: those with the fewest typing mistakes (a letter missing,
// added, wrong or swapped with the next), if these are few for its length; else
// those that begin or end with it or have it between separators (`-`, `_`).
// `-` and `_` are the same letter. Pure.
std::vector<std::string> NearestWords(absl::string_view typed,
                                      const std::vector<std::string>& words);

// `; did you mean A, B or C?`, with `prefix` (`--`) before each; empty when
// there is nothing to suggest.
std::string DidYouMean(absl::string_view typed,
                       const std::vector<std::string>& words,
                       absl::string_view prefix = "");

}  // namespace cvr

#endif  // SERVICES_PROCESS_NEAREST_WORD_H_
