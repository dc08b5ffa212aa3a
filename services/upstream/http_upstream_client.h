#ifndef SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_H_
#define SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_H_

#include <memory>
#include <set>
#include <string>

#include "services/concurrency/clock.h"
#include "services/concurrency/memory_budget.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/auth/authorization_cache.h"
#include "services/upstream/auth/token_client.h"
#include "services/upstream/http/answer_observer.h"
#include "services/upstream/http/endpoint.h"
#include "services/upstream/http/hop_runner.h"
#include "services/upstream/http/http_transport.h"
#include "services/upstream/list_answer.h"

namespace cvr {

// Upstream registries over HTTP: OCI distribution-spec, "Pull" and "Content
// Discovery".
class HttpUpstreamClient : public UpstreamClient {
 public:
  // `observer` may be null, and `memory`, which large documents take room in,
  // in the share of their upstream. They and `clock` must outlive the client.
  HttpUpstreamClient(std::unique_ptr<HttpTransport> transport,
                     const Clock* clock, AnswerObserver* observer = nullptr,
                     MemoryBudget* memory = nullptr);

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
  absl::StatusOr<UpstreamList> ListTags(const UpstreamAccess& access,
                                        const Repository& repository) override;
  absl::StatusOr<UpstreamList> ListReferrers(const UpstreamAccess& access,
                                             const Repository& repository,
                                             const Digest& subject) override;

 private:
  // What it means that an upstream does not have something, and how it says so.
  struct Unknown {
    absl::Status meaning;
    std::set<int> statuses = {404, 410};
    // Others that the caller looks at itself.
    std::set<int> passed = {};
  };

  // Runs `request` with the upstream's authentication. OK for 2xx only.
  absl::StatusOr<HopAnswer> Ask(const UpstreamAccess& access,
                                const Endpoint& endpoint,
                                const Repository& repository,
                                HopRequest request, const Unknown& unknown,
                                HopReceiver& receiver);
  // A list whose first page is what `request` asks for.
  absl::StatusOr<UpstreamList> AskForList(const UpstreamAccess& access,
                                          const Endpoint& endpoint,
                                          const Repository& repository,
                                          HopRequest request, Unknown unknown,
                                          ListReceiver& list);

  const Clock* const clock_;
  AnswerObserver* const observer_;  // Or null.
  MemoryBudget* const memory_;      // Or null.
  const std::unique_ptr<HttpTransport> transport_;
  HopRunner hops_;
  TokenClient tokens_;
  AuthorizationCache authorizations_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_UPSTREAM_CLIENT_H_
