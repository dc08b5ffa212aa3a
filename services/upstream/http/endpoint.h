#ifndef SERVICES_UPSTREAM_HTTP_ENDPOINT_H_
#define SERVICES_UPSTREAM_HTTP_ENDPOINT_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/common/digest.h"
#include "services/common/reference.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/http/url.h"

namespace cvr {

// Where an upstream's content is: OCI distribution-spec, end-2, end-3, end-8
// and end-12, under the upstream's URL. A value type.
//
// `https://h`, `https://h/`, `https://h/v2` and `https://h/v2/` are the same;
// a path before that is kept. The hosts of
// Docker Hub (docker_hub.h) are one registry: its API is at one of them, and
// its one-word repositories live under `library/`.
class Endpoint {
 public:
  // Errors: UNAVAILABLE (reason UPSTREAM_INVALID) when its URL is none.
  static absl::StatusOr<Endpoint> Of(const UpstreamAccess& access);

  // The upstream itself: its origin is what it may be trusted by.
  const Url& url() const { return url_; }

  Url ManifestUrl(const Repository& repository,
                  const Reference& reference) const;
  Url BlobUrl(const Repository& repository, const Digest& digest) const;
  Url TagsUrl(const Repository& repository) const;
  Url ReferrersUrl(const Repository& repository, const Digest& subject) const;
  // What a token must allow: `repository:library/alpine:pull`.
  std::string PullScope(const Repository& repository) const;

 private:
  Endpoint(Url url, bool is_docker_hub)
      : url_(std::move(url)), is_docker_hub_(is_docker_hub) {}

  std::string NameOf(const Repository& repository) const;
  Url ContentUrl(const Repository& repository, absl::string_view kind,
                 absl::string_view reference) const;

  Url url_;  // Ends before `/v2/`.
  bool is_docker_hub_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_ENDPOINT_H_
