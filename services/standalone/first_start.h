#ifndef SERVICES_STANDALONE_FIRST_START_H_
#define SERVICES_STANDALONE_FIRST_START_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "services/metadata/metadata_stack.h"

namespace cvr {

// The registry that a new data directory has, and its upstream.
inline constexpr int64_t kFirstRegistry = 1;
inline constexpr char kDefaultUpstream[] = "https://registry-1.docker.io";

// What a new data directory begins with.
struct FirstStartOptions {
  std::string upstream_url;
  bool anonymous_pull = false;
};

// Whether SetUpFirstStart() would go well, and `root_registry` (0 = none) would
// exist then. Makes nothing. Errors: INVALID_ARGUMENT naming the flag.
absl::Status CheckFirstStart(const FirstStartOptions& options,
                             int64_t root_registry);

// Makes registry 1 with one upstream when nothing was ever made in `metadata`'s
// data directory, and nothing otherwise. Errors: INVALID_ARGUMENT when the URL
// is none.
absl::Status SetUpFirstStart(MetadataStack& metadata,
                             const FirstStartOptions& options);

// Errors: FAILED_PRECONDITION naming --root_registry when there is no such
// registry. 0 = none is wanted.
absl::Status CheckRegistryExists(MetadataStack& metadata,
                                 int64_t root_registry);

}  // namespace cvr

#endif  // SERVICES_STANDALONE_FIRST_START_H_
