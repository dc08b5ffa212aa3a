#ifndef SERVICES_POLICY_DOCKER_HUB_H_
#define SERVICES_POLICY_DOCKER_HUB_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/reference.h"

// Docker Hub has several host names and two spellings of its official images:
// `nginx` is `library/nginx`. Who must know that asks here, so that all agree.
namespace cvr::docker_hub {

// Where its registry API is.
inline constexpr absl::string_view kApiHost = "registry-1.docker.io";
// What its images are called by, as a source namespace.
inline constexpr absl::string_view kNamespace = "docker.io";

// Whether the host, of any case and without a port, is Docker Hub's.
bool IsHost(absl::string_view host);

// The one name of a repository there.
Repository CanonicalName(const Repository& repository);

// The other spelling of the same repository; nothing when there is none.
std::optional<std::string> OtherSpelling(absl::string_view repository);

}  // namespace cvr::docker_hub

#endif  // SERVICES_POLICY_DOCKER_HUB_H_
