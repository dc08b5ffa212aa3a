#ifndef SERVICES_METADATA_API_METADATA_CLIENT_H_
#define SERVICES_METADATA_API_METADATA_CLIENT_H_

#include "services/metadata/api/content_index.h"
#include "services/metadata/api/garbage_list.h"
#include "services/metadata/api/pull_metadata.h"
#include "services/metadata/api/refresh_source.h"
#include "services/metadata/api/upstream_checker.h"

namespace cvr {

// All that the metadata service does for the blob service. For what implements
// the whole of it and what assembles a process; every other class takes the
// interface that it uses. Thread-safe.
class MetadataClient : public PullMetadata,
                       public RefreshSource,
                       public UpstreamChecker,
                       public ContentIndex,
                       public GarbageList {};

}  // namespace cvr

#endif  // SERVICES_METADATA_API_METADATA_CLIENT_H_
