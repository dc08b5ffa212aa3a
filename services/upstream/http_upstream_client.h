#ifndef SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_H_
#define SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_H_

#include <memory>

#include "services/common/clock.h"
#include "services/upstream/authorization_cache.h"
#include "services/upstream/endpoint.h"
#include "services/upstream/hop_runner.h"
#include "services/upstream/http_transport.h"
#include "services/upstream/token_client.h"
#include "services/upstream/upstream_client.h"

namespace cvr {

// Upstream registries over HTTP: OCI distribution-spec, "Pull".
class HttpUpstreamClient : public UpstreamClient {
 public:
  // `clock` must outlive it.
  HttpUpstreamClient(std::unique_ptr<HttpTransport> transport,
                     const Clock* clock);

  absl::StatusOr<UpstreamManifest> GetManifest(
      const UpstreamAccess& access, const Repository& repository,
      const Reference& reference) override;
  absl::StatusOr<Descriptor> HeadManifest(const UpstreamAccess& access,
                                          const Repository& repository,
                                          const Reference& reference) override;
  absl::Status GetBlob(const UpstreamAccess& access,
                       const Repository& repository, const Digest& digest,
                       const UpstreamBlobPart& part,
                       UpstreamBlobSink& sink) override;
  absl::StatusOr<std::vector<std::string>> ListTags(
      const UpstreamAccess& access, const Repository& repository) override;
  absl::StatusOr<std::vector<std::string>> ListReferrers(
      const UpstreamAccess& access, const Repository& repository,
      const Digest& subject) override;

 private:
  // Runs `request` with the upstream's authentication. OK for 2xx only; 404 is
  // `unknown`.
  absl::StatusOr<HopAnswer> Ask(const UpstreamAccess& access,
                                const Endpoint& endpoint,
                                const Repository& repository,
                                HopRequest request, const absl::Status& unknown,
                                HopReceiver& receiver);

  const Clock* const clock_;
  const std::unique_ptr<HttpTransport> transport_;
  HopRunner hops_;
  TokenClient tokens_;
  AuthorizationCache authorizations_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_H_
