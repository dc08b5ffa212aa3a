#include "tools/cvr/client/ttl_text.h"

#include "absl/strings/str_cat.h"
#include "tools/cvr/client/text.h"

namespace cvr {

absl::StatusOr<google::protobuf::Duration> ParseTtl(absl::string_view text) {
  if (text == "forever") {
    google::protobuf::Duration ttl;
    ttl.set_seconds(kForeverSeconds);
    return ttl;
  }
  auto parsed = ParseDuration(text);
  if (parsed.ok()) return parsed;
  return absl::InvalidArgumentError(absl::StrCat(
      "invalid duration '", text,
      "' (examples: 24h, 90m, 7d; 0 = not at all, forever = for ever)"));
}

std::string TtlText(const google::protobuf::Duration& ttl) {
  return ttl.seconds() >= kForeverSeconds ? "forever" : DurationText(ttl);
}

}  // namespace cvr
