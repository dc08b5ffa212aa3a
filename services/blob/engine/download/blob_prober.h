#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_PROBER_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_PROBER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/blob/engine/download/download.h"
#include "services/blob/engine/walk/single_flight.h"
#include "services/blob/engine/walk/upstream_tools.h"

namespace cvr {

// Asks upstreams whether they have a blob, without downloading it. Never with
// HEAD: some registries answer that wrongly. Thread-safe.
class BlobProber {
 public:
  struct Answer {
    BlobOrigin origin;
    std::optional<uint64_t> size_bytes;  // If the upstream says it.
  };

  // `pool` must be shut down before this object is destroyed.
  BlobProber(const UpstreamTools& tools, FairPool& pool);

  // The first of `origins`, in order, that has the blob. Origins that are known
  // to deny it are not asked, and none after one whose policy ends the walk.
  // Errors: NOT_FOUND (reason BLOB_UNKNOWN) when none has it; that of the one
  // that ended the walk; else the first other error when none is known to have
  // it; DEADLINE_EXCEEDED; CANCELLED.
  absl::StatusOr<Answer> FindFirst(const std::vector<BlobOrigin>& origins,
                                   const Digest& digest,
                                   const Patience& patience);

 private:
  absl::StatusOr<Answer> AskOnce(const BlobOrigin& origin, const Digest& digest,
                                 const Patience& patience);
  absl::StatusOr<Answer> Ask(const BlobOrigin& origin, const Digest& digest);

  const UpstreamTools tools_;
  SingleFlight<Answer> flights_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_PROBER_H_
