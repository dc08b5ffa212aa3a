#ifndef SERVICES_POLICY_DOCKER_HUB_H_
#define SERVICES_POLICY_DOCKER_HUB_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/reference.h"

// The special cases of Docker Hub: it has several host names, and two spellings
// of official images (`nginx` is `library/nginx`). All code that depends on
// them uses these functions, so that it agrees.
namespace cvr::docker_hub {

// Host of the registry API.
inline constexpr absl::string_view kApiHost = "registry-1.docker.io";
// The source namespace (`ns=` of a pull) of Docker Hub's images.
inline constexpr absl::string_view kNamespace = "docker.io";

// Whether `host`, in any case and without a port, belongs to Docker Hub.
bool IsHost(absl::string_view host);

// The canonical spelling of a repository on Docker Hub: `library/nginx`.
Repository CanonicalName(const Repository& repository);

// The other spelling of the same repository; nothing if it has only one.
std::optional<std::string> OtherSpelling(absl::string_view repository);

}  // namespace cvr::docker_hub

#endif  // SERVICES_POLICY_DOCKER_HUB_H_
