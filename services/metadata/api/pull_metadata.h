#ifndef SERVICES_METADATA_API_PULL_METADATA_H_
#define SERVICES_METADATA_API_PULL_METADATA_H_

#include "services/metadata/api/cache_recorder.h"
#include "services/metadata/api/possession_source.h"
#include "services/metadata/api/upstream_access_source.h"

namespace cvr {

// What the metadata service does for pulls: the Engine of the blob service asks
// nothing else of it. Thread-safe. A class that needs a part takes that part.
class PullMetadata : public UpstreamAccessSource,
                     public PossessionSource,
                     public CacheRecorder {};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_PULL_METADATA_H_
