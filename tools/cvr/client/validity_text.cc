#include "tools/cvr/client/validity_text.h"

#include "absl/strings/str_cat.h"
#include "tools/cvr/client/text.h"

namespace cvr {

absl::StatusOr<google::protobuf::Duration> ParseValidity(
    absl::string_view text) {
  google::protobuf::Duration validity;
  if (text == "never") return validity;
  if (text == "always") {
    validity.set_nanos(1);
    return validity;
  }
  auto parsed = ParseDuration(text);
  if (parsed.ok()) return parsed;
  return absl::InvalidArgumentError(
      absl::StrCat("invalid duration '", text,
                   "' (examples: 24h, 90m, 7d; 0 or never = never revalidate, "
                   "always = revalidate at each pull)"));
}

std::string ValidityText(const google::protobuf::Duration& validity) {
  if (validity.seconds() != 0) return DurationText(validity);
  if (validity.nanos() == 0) return "forever";
  return validity.nanos() < 1000 ? "none (revalidated at each pull)"
                                 : DurationText(validity);
}

}  // namespace cvr
