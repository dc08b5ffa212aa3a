#include "services/upstream/manifest_type.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/manifest_facts.h"
#include "services/upstream/http/http_fields.h"

namespace cvr {

absl::StatusOr<std::string> ManifestType(absl::string_view content_type,
                                         absl::string_view bytes) {
  const ManifestFacts facts = ReadManifest(bytes);
  if (!facts.is_object) {
    return absl::InvalidArgumentError("the manifest is not a JSON object");
  }
  const std::string said = MediaTypeOf(content_type);
  const std::string fault = FaultSentAs(said, facts);
  if (!fault.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a manifest with ", fault, " (CVE-2021-41190)"));
  }
  return ServedManifestType(said, facts);
}

}  // namespace cvr
