#include "gateway/registry/conditions.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cvr {
namespace {

absl::string_view Unquote(absl::string_view tag) {
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
    return tag.substr(1, tag.size() - 2);
  }
  return tag;
}

// `q=0` means "not this one": RFC 9110, section 12.4.2.
bool IsRefused(absl::string_view parameters) {
  for (absl::string_view parameter : absl::StrSplit(parameters, ';')) {
    parameter = absl::StripAsciiWhitespace(parameter);
    double weight = 1;
    if (absl::StartsWithIgnoreCase(parameter, "q=") &&
        absl::SimpleAtod(parameter.substr(2), &weight) && weight == 0) {
      return true;
    }
  }
  return false;
}

// How closely a media range describes `media_type`: 0 is not at all.
int Specificity(absl::string_view range, absl::string_view media_type) {
  if (absl::EqualsIgnoreCase(range, media_type)) return 3;
  if (range == "*/*" || range == "*") return 1;
  if (absl::ConsumeSuffix(&range, "*") && absl::EndsWith(range, "/") &&
      absl::StartsWithIgnoreCase(media_type, range)) {
    return 2;
  }
  return 0;
}

}  // namespace

std::string EntityTagOf(const Digest& digest) {
  return absl::StrCat("\"", digest.ToString(), "\"");
}

bool NamesDigest(absl::string_view if_none_match, const Digest& digest) {
  const std::string wanted = digest.ToString();
  for (absl::string_view tag : absl::StrSplit(if_none_match, ',')) {
    tag = absl::StripAsciiWhitespace(tag);
    if (tag == "*") return true;
    absl::ConsumePrefix(&tag, "W/");
    if (Unquote(tag) == wanted) return true;
  }
  return false;
}

bool IfRangeHolds(absl::string_view if_range, const Digest& digest) {
  return absl::StripAsciiWhitespace(if_range) == EntityTagOf(digest);
}

bool Accepts(absl::string_view accept, absl::string_view media_type) {
  if (absl::StripAsciiWhitespace(accept).empty()) return true;
  int best = 0;
  bool accepted = false;
  for (const absl::string_view entry : absl::StrSplit(accept, ',')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(entry, absl::MaxSplits(';', 1));
    const int specificity =
        Specificity(absl::StripAsciiWhitespace(parts.first), media_type);
    if (specificity <= best) continue;
    best = specificity;
    accepted = !IsRefused(parts.second);
  }
  return accepted;
}

}  // namespace cvr
