#include "services/standalone/first_start.h"

#include <string>

#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Of a URL; of what is none, which will be refused, anything.
std::string HostOf(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  return url.substr(begin, url.find('/', begin) - begin);
}

}  // namespace

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
  // So that clients which name the registry they mean can use it as a mirror.
  upstream.add_source_namespaces(HostOf(options.upstream_url));
  ASSIGN_OR_RETURN(const v1::Registry made,
                   metadata.Bootstrap(registry, upstream));
  spdlog::info("new data directory: made registry {} with upstream {}",
               made.id(), options.upstream_url);
  return absl::OkStatus();
}

}  // namespace cvr
