#ifndef SERVICES_METADATA_RESOLUTION_EXPLAINER_H_
#define SERVICES_METADATA_RESOLUTION_EXPLAINER_H_

#include "absl/status/statusor.h"
#include "cvr/v1/explain_service.pb.h"
#include "services/concurrency/clock.h"
#include "services/metadata/resolution/route_cache.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Tells why a pull gets what it gets: the same PullDecision as LocalResolver's,
// with reasons. Changes and counts nothing. Thread-safe.
class Explainer {
 public:
  // All must outlive it.
  Explainer(const MetadataStore& store, RouteCache& routes, const Clock& clock)
      : store_(store), routes_(routes), clock_(clock) {}

  // Errors: those that ExplainService states; DATA_LOSS.
  absl::StatusOr<v1::ExplainResponse> Explain(
      const v1::ExplainRequest& request);

 private:
  const MetadataStore& store_;
  RouteCache& routes_;
  const Clock& clock_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_RESOLUTION_EXPLAINER_H_
