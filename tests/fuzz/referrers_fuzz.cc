// Whatever an index of referrers holds, the filtered one is an index, and all
// that is in it is of the wanted type.

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "gateway/referrers_filter.h"
#include "nlohmann/json.hpp"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::istringstream document(
      std::string(reinterpret_cast<const char*>(data), size));
  const auto filtered = cvr::FilterReferrers(document, "a");
  if (!filtered.ok()) {
    FUZZ_CHECK(absl::IsInternal(filtered.status()));
    return 0;
  }
  const auto index = nlohmann::json::parse(*filtered, nullptr, false);
  FUZZ_CHECK(index.is_object() && index["schemaVersion"] == 2);
  for (const auto& descriptor : index["manifests"]) {
    FUZZ_CHECK(descriptor.is_object() && descriptor["artifactType"] == "a");
  }
  return 0;
}
