#ifndef SERVICES_BLOB_ENGINE_WALK_UPSTREAM_TOOLS_H_
#define SERVICES_BLOB_ENGINE_WALK_UPSTREAM_TOOLS_H_

#include "services/blob/engine/walk/cached_upstream_access.h"
#include "services/blob/store/blob_store.h"
#include "services/metadata/api/pull_metadata.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr {

// What asking an upstream takes, whatever it is asked for. All of it outlives
// those who are given it.
struct UpstreamTools {
  BlobStore& store;
  UpstreamClient& upstream;
  PullMetadata& metadata;
  CachedUpstreamAccess& accesses;
  UpstreamHealth* health;  // Null = no upstream is to be spared.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_WALK_UPSTREAM_TOOLS_H_
