#include "services/metadata/metadata_flags.h"

#include <utility>

#include "absl/flags/flag.h"
#include "services/common/limits.h"

ABSL_FLAG(int, registries_per_group_max,
          cvr::limits::kRegistriesPerGroupDefault,
          "Registries that a group may have.");
ABSL_FLAG(int, upstreams_per_registry_max,
          cvr::limits::kUpstreamsPerRegistryDefault,
          "Upstreams that a registry may have.");

namespace cvr {

MetadataStack::Options MetadataOptionsFromFlags(std::string data_dir) {
  MetadataStack::Options options;
  options.data_dir = std::move(data_dir);
  options.limits.registries_per_group =
      absl::GetFlag(FLAGS_registries_per_group_max);
  options.limits.upstreams_per_registry =
      absl::GetFlag(FLAGS_upstreams_per_registry_max);
  return options;
}

}  // namespace cvr
