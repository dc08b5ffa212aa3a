#include "services/process/nearest_word.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cvr {
namespace {

constexpr size_t kSuggestionsMax = 3;
// Nobody mistypes longer ones by hand, and comparing takes the product.
constexpr size_t kTypedCharsMax = 64;

std::string Folded(absl::string_view word) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"-", "_"}});
}

// Damerau's distance with each letter moved at most once.
size_t Mistakes(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1,
                                     std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1,
                          d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::vector<std::string> WithFewestMistakes(
    const std::string& typed, const std::vector<std::string>& words) {
  size_t best = std::max<size_t>(1, typed.size() / 3);
  std::vector<std::string> nearest;
  for (const std::string& word : words) {
    const size_t mistakes = Mistakes(typed, Folded(word));
    if (mistakes > best) continue;
    if (mistakes < best) nearest.clear();
    best = mistakes;
    nearest.push_back(word);
  }
  return nearest;
}

std::vector<std::string> ThatContain(const std::string& typed,
                                     const std::vector<std::string>& words) {
  std::vector<std::string> found;
  if (typed.size() < 3) return found;
  for (const std::string& word : words) {
    if (absl::StrContains(absl::StrCat("_", Folded(word), "_"),
                          absl::StrCat("_", typed, "_")) ||
        absl::StartsWith(Folded(word), typed)) {
      found.push_back(word);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> NearestWords(absl::string_view typed,
                                      const std::vector<std::string>& words) {
  const std::string folded = Folded(typed);
  if (folded.empty() || folded.size() > kTypedCharsMax) return {};
  std::vector<std::string> nearest = WithFewestMistakes(folded, words);
  if (nearest.empty()) nearest = ThatContain(folded, words);
  if (nearest.size() > kSuggestionsMax) nearest.resize(kSuggestionsMax);
  return nearest;
}

std::string DidYouMean(absl::string_view typed,
                       const std::vector<std::string>& words,
                       absl::string_view prefix) {
  const std::vector<std::string> nearest = NearestWords(typed, words);
  if (nearest.empty()) return "";
  std::string text = "; did you mean ";
  for (size_t i = 0; i < nearest.size(); ++i) {
    const bool is_last = i + 1 == nearest.size();
    absl::StrAppend(&text,
                    i == 0    ? ""
                    : is_last ? " or "
                              : ", ",
                    prefix, nearest[i]);
  }
  return absl::StrCat(text, "?");
}

}  // namespace cvr
