#ifndef SERVICES_METADATA_RESOLVER_H_
#define SERVICES_METADATA_RESOLVER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/content.h"

namespace cvr {

// What is recorded for a path.
struct CachedEntry {
  Descriptor target;
  absl::Time upstream_checked_at;
  // Whether it may be served without asking the upstream again. Always so for
  // what is addressed by digest.
  bool fresh = false;
  // Not to be served after this when the upstream fails.
  absl::Time serve_stale_until = absl::InfiniteFuture();
};

// An upstream that may be asked for some content.
struct Candidate {
  int64_t upstream_id = 0;
  // A manifest that this upstream supplied refers to the wanted digest, so
  // bytes that are stored already may be served in its name.
  bool reachable = false;
  std::optional<CachedEntry> cached;
};

// The candidates in order of precedence.
struct FetchPlan {
  std::vector<Candidate> candidates;
};

struct Hit {
  Descriptor target;
  int64_t upstream_id = 0;
};

struct ResolveRequest {
  int64_t registry_id = 0;
  ContentRef content;
  // Whether a hit counts as a download of its cache entry (GET).
  bool counts_as_download = false;
};

struct Resolution {
  // Set when a fresh entry answers; its bytes may still turn out to be gone.
  std::optional<Hit> hit;
  // Whom to ask when there is no hit, or its bytes are gone. Never empty.
  FetchPlan plan;
};

// Decides what a pull gets. Thread-safe.
class Resolver {
 public:
  virtual ~Resolver() = default;

  // Errors: NOT_FOUND (reason NAME_UNKNOWN) when there is no such registry or
  // nothing in it may answer; UNAVAILABLE when the metadata service cannot be
  // reached.
  virtual absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLVER_H_
