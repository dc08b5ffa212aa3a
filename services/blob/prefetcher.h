#ifndef SERVICES_BLOB_PREFETCHER_H_
#define SERVICES_BLOB_PREFETCHER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "cvr/v1/refresh_service.pb.h"
#include "services/blob/api/content_source.h"
#include "services/blob/image_parts.h"
#include "services/blob/operation_runner.h"
#include "services/common/content.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// Pulls images into the cache before clients ask for them: a manifest, the
// manifests that it names, their configs and layers. Each part is resolved and
// fetched as for a client's pull, so rules, provenance and the shares of
// upstreams and groups hold, and running fetches are joined; but nothing of it
// counts as a pull.
//
// Layers that registries do not have (`nondistributable`) are left out. What
// has been fetched stays cached, also when a later part fails. Thread-safe.
class Prefetcher {
 public:
  struct Image {
    int64_t registry_id = 0;
    Repository repository;
    Reference reference;
    // Of the images of an index only those for one of these; empty = all.
    std::vector<Platform> platforms = {};
  };

  // Parts of one image that are pulled at the same time, a thread each: as many
  // as clients pull.
  static constexpr size_t kParallelMax = 4;
  // Parts of one image: a hundred times as many as real ones have.
  static constexpr size_t kPartsMax = 10'000;

  // Both must outlive it.
  Prefetcher(Resolver& resolver, ContentSource& source)
      : resolver_(resolver), source_(source) {}

  // Blocks until all parts are cached, or one could not be. Ends early with
  // CANCELLED when `operation` says so; a part is one thing that is done.
  // Errors: those of Resolver::Resolve() and ContentSource::Fetch() of the part
  // that failed; NOT_FOUND when an index has no image for one of the platforms;
  // RESOURCE_EXHAUSTED for more parts than kPartsMax.
  absl::StatusOr<v1::PrefetchImageResponse> Run(const Image& image,
                                                RunningOperation& operation);

 private:
  Resolver& resolver_;
  ContentSource& source_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_PREFETCHER_H_
