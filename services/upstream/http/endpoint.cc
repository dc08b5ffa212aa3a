#include "services/upstream/http/endpoint.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/errors.h"
#include "services/policy/docker_hub.h"

namespace cvr {

absl::StatusOr<Endpoint> Endpoint::Of(const UpstreamAccess& access) {
  absl::StatusOr<Url> url = Url::Parse(access.url);
  const bool is_docker_hub = url.ok() && docker_hub::IsHost(url->host());
  if (is_docker_hub) url = url->WithHost(docker_hub::kApiHost);
  if (!url.ok()) {
    return errors::UpstreamInvalid(access.name, url.status().message());
  }
  return Endpoint(*std::move(url), is_docker_hub);
}

std::string Endpoint::NameOf(const Repository& repository) const {
  return (is_docker_hub_ ? docker_hub::CanonicalName(repository) : repository)
      .name();
}

Url Endpoint::ContentUrl(const Repository& repository, absl::string_view kind,
                         absl::string_view reference) const {
  absl::string_view base = url_.path();
  while (absl::ConsumeSuffix(&base, "/")) {
  }
  absl::ConsumeSuffix(&base, "/v2");
  // Names, tags and digests need no encoding and cannot break a URL.
  return *url_.WithPath(absl::StrCat(base, "/v2/", NameOf(repository), "/",
                                     kind, "/", reference));
}

Url Endpoint::ManifestUrl(const Repository& repository,
                          const Reference& reference) const {
  return ContentUrl(repository, "manifests", reference.ToString());
}

Url Endpoint::BlobUrl(const Repository& repository,
                      const Digest& digest) const {
  return ContentUrl(repository, "blobs", digest.ToString());
}

Url Endpoint::TagsUrl(const Repository& repository) const {
  return ContentUrl(repository, "tags", "list");
}

Url Endpoint::ReferrersUrl(const Repository& repository,
                           const Digest& subject) const {
  return ContentUrl(repository, "referrers", subject.ToString());
}

std::string Endpoint::PullScope(const Repository& repository) const {
  return absl::StrCat("repository:", NameOf(repository), ":pull");
}

}  // namespace cvr
