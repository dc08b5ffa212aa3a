#include "services/standalone/first_start.h"

#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {

absl::Status SetUpFirstStart(MetadataStack& metadata,
                             const FirstStartOptions& options) {
  ASSIGN_OR_RETURN(const bool is_new, metadata.IsNew());
  if (!is_new) return absl::OkStatus();
  v1::Registry registry;
  registry.set_name("default");
  registry.set_description("Made at the first start");
  registry.set_anonymous_pull(options.anonymous_pull);
  v1::Upstream upstream;
  upstream.set_name("upstream");
  upstream.set_url(options.upstream_url);
  ASSIGN_OR_RETURN(const v1::Registry made,
                   metadata.Bootstrap(registry, upstream));
  spdlog::info("new data directory: made registry {} with upstream {}",
               made.id(), options.upstream_url);
  return absl::OkStatus();
}

}  // namespace cvr
