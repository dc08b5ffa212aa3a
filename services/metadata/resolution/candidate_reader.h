#ifndef SERVICES_METADATA_RESOLUTION_CANDIDATE_READER_H_
#define SERVICES_METADATA_RESOLUTION_CANDIDATE_READER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/content.h"
#include "services/metadata/api/resolver.h"
#include "services/metadata/resolution/upstream_route.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Reads what is recorded about one upstream for one piece of content: its cache
// entry, whether it is fresh, the negative cache, and whether rules exclude it.
// DecidePull() uses it, for LocalResolver (which answers) and for Explainer
// (which explains), so that `cvr explain` cannot contradict a real pull.
//
// Use it for one transaction only. It never asks an upstream. Errors: those of
// tables.h.
class CandidateReader {
 public:
  // All must outlive it.
  CandidateReader(const ReadTransaction& transaction, const ContentRef& content,
                  absl::Time now)
      : transaction_(transaction), content_(content), now_(now) {}

  // Why the upstream's rules keep it from supplying the content, for people.
  absl::StatusOr<std::optional<std::string>> WhyExcluded(
      const UpstreamRoute& route) const;

  struct Known {
    Candidate candidate;
    int64_t entry_id = 0;  // Of candidate.cached.
    absl::Time fresh_until = absl::InfiniteFuture();
    absl::Time stale_until = absl::InfiniteFuture();
    absl::Time denied_until = absl::InfinitePast();
  };
  absl::StatusOr<Known> Read(const UpstreamRoute& route) const;

  // Whether what is cached of an upstream that stands like this may be served
  // without asking it: it is fresh, and the upstream has delivered the bytes.
  static bool IsServedUnasked(const Candidate& candidate) {
    return candidate.cached && candidate.cached->fresh && candidate.possessed;
  }

 private:
  absl::Status ReadPossession(const Digest& digest, Candidate& candidate) const;
  absl::Status ReadNegativeEntry(const UpstreamRoute& route,
                                 const std::string& path, Known& known) const;
  absl::Status ReadEntry(const UpstreamRoute& route, const std::string& path,
                         Known& known) const;

  const ReadTransaction& transaction_;
  const ContentRef& content_;
  const absl::Time now_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_CANDIDATE_READER_H_
