#ifndef SERVICES_METADATA_RESOURCES_ADMIN_LIMITS_H_
#define SERVICES_METADATA_RESOURCES_ADMIN_LIMITS_H_

#include "services/common/limits.h"

namespace cvr {

// What an operator may raise.
struct AdminLimits {
  int registries_per_group = limits::kRegistriesPerGroupDefault;
  int upstreams_per_registry = limits::kUpstreamsPerRegistryDefault;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOURCES_ADMIN_LIMITS_H_
