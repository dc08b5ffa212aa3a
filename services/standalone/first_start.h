#ifndef SERVICES_STANDALONE_FIRST_START_H_
#define SERVICES_STANDALONE_FIRST_START_H_

#include <string>

#include "absl/status/status.h"
#include "services/metadata/metadata_stack.h"

namespace cvr {

// What a new data directory begins with.
struct FirstStartOptions {
  std::string upstream_url;
  bool anonymous_pull = false;
};

// Makes registry 1 with one upstream when nothing was ever made in `metadata`'s
// data directory, and nothing otherwise. Errors: INVALID_ARGUMENT when the URL
// is none.
absl::Status SetUpFirstStart(MetadataStack& metadata,
                             const FirstStartOptions& options);

}  // namespace cvr

#endif  // SERVICES_STANDALONE_FIRST_START_H_
