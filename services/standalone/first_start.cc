#include "services/standalone/first_start.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/resources/upstream_url.h"
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

absl::Status CheckFirstStart(const FirstStartOptions& options,
                             int64_t root_registry) {
  const std::string problem = UpstreamUrlError(options.upstream_url);
  if (!problem.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--bootstrap_upstream=", options.upstream_url, ": ", problem));
  }
  if (root_registry != 0 && root_registry != kFirstRegistry) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--root_registry=", root_registry,
        ": a new data directory has registry ", kFirstRegistry, " only"));
  }
  return absl::OkStatus();
}

absl::Status CheckRegistryExists(MetadataStack& metadata,
                                 int64_t root_registry) {
  if (root_registry == 0) return absl::OkStatus();
  v1::GetRegistryRequest request;
  request.set_id(root_registry);
  const absl::Status found = metadata.registries().Get(request).status();
  if (!absl::IsNotFound(found)) return found;
  return absl::FailedPreconditionError(absl::StrCat(
      "--root_registry=", root_registry, ": there is no such registry"));
}

absl::Status SetUpFirstStart(MetadataStack& metadata,
                             const FirstStartOptions& options) {
  ASSIGN_OR_RETURN(const bool is_new, metadata.IsNew());
  if (!is_new) return absl::OkStatus();
  v1::Registry registry;
  registry.set_group(limits::kDefaultGroup);
  registry.set_name("default");
  registry.set_description("Created at the first start");
  registry.set_anonymous_pull(options.anonymous_pull);
  v1::Upstream upstream;
  upstream.set_group(limits::kDefaultGroup);
  upstream.set_name("upstream");
  upstream.set_url(options.upstream_url);
  // So that clients which name the registry they mean can use it as a mirror.
  upstream.add_source_namespaces(HostOf(options.upstream_url));
  ASSIGN_OR_RETURN(const v1::Registry made,
                   metadata.Bootstrap(registry, upstream));
  spdlog::info("first start: created registry {} with upstream {}", made.id(),
               options.upstream_url);
  return absl::OkStatus();
}

}  // namespace cvr
