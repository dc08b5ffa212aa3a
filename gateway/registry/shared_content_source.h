#ifndef GATEWAY_REGISTRY_SHARED_CONTENT_SOURCE_H_
#define GATEWAY_REGISTRY_SHARED_CONTENT_SOURCE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "gateway/http/keyed_shares.h"
#include "services/blob/api/content_source.h"

namespace cvr {

// A ContentSource that limits how many requests wait for one upstream at the
// same time, whichever registries they use, so that a slow upstream holds few
// threads. A fetch counts for the first upstream of its plan, until its first
// bytes are there. Thread-safe.
class SharedContentSource : public ContentSource {
 public:
  // `source` must outlive it.
  SharedContentSource(ContentSource& source, size_t waits_per_upstream_max)
      : source_(source), waits_(waits_per_upstream_max) {}

  absl::StatusOr<std::unique_ptr<ContentStream>> Read(
      const ReadRequest& request) override {
    return source_.Read(request);
  }
  // Errors: also RESOURCE_EXHAUSTED when too many wait already.
  absl::StatusOr<std::unique_ptr<ContentStream>> Fetch(
      const FetchRequest& request) override;

 private:
  ContentSource& source_;
  KeyedShares waits_;
};

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_SHARED_CONTENT_SOURCE_H_
