#include "services/common/referrer_line.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace cvr {

std::string MakeReferrerLine(const ReferrerLine& referrer) {
  const absl::string_view type = referrer.artifact_type;
  const bool is_word =
      std::all_of(type.begin(), type.end(), absl::ascii_isgraph);
  return absl::StrCat(referrer.digest, " ", is_word ? type : "", " ",
                      referrer.descriptor);
}

std::optional<ReferrerLine> ParseReferrerLine(absl::string_view line) {
  const size_t digest_end = line.find(' ');
  if (digest_end == absl::string_view::npos) return std::nullopt;
  const size_t type_end = line.find(' ', digest_end + 1);
  if (type_end == absl::string_view::npos) return std::nullopt;
  const absl::string_view descriptor = line.substr(type_end + 1);
  if (descriptor.empty() || descriptor.front() != '{') return std::nullopt;
  return ReferrerLine{line.substr(0, digest_end),
                      line.substr(digest_end + 1, type_end - digest_end - 1),
                      descriptor};
}

}  // namespace cvr
