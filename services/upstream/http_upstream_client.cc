#include "services/upstream/http_upstream_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/upstream/answer_status.h"
#include "services/upstream/blob_answer.h"
#include "services/upstream/manifest_answer.h"
#include "services/upstream/manifest_type.h"
#include "services/upstream/registry_guard.h"

namespace cvr {
namespace {

// Tokens held; a few hundred bytes each.
constexpr size_t kAuthorizationsMax = 10000;

HopRequest ManifestRequest(HttpCall::Method method, const Endpoint& endpoint,
                           const Repository& repository,
                           const Reference& reference) {
  HopRequest request = {method, endpoint.ManifestUrl(repository, reference)};
  request.fields.Add("Accept", kManifestAccept);
  request.is_verified = reference.is_digest();
  return request;
}

}  // namespace

HttpUpstreamClient::HttpUpstreamClient(std::unique_ptr<HttpTransport> transport,
                                       const Clock* clock)
    : clock_(clock),
      transport_(std::move(transport)),
      hops_(transport_.get()),
      tokens_(&hops_, clock),
      authorizations_(clock, kAuthorizationsMax) {}

absl::StatusOr<UpstreamManifest> HttpUpstreamClient::GetManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  ASSIGN_OR_RETURN(const Endpoint endpoint, Endpoint::Of(access));
  ManifestReceiver receiver;
  ASSIGN_OR_RETURN(
      const HopAnswer answer,
      Ask(access, endpoint, repository,
          ManifestRequest(HttpCall::Method::kGet, endpoint, repository,
                          reference),
          errors::ManifestUnknown(repository.name(), reference.ToString()),
          receiver));
  if (answer.head.status != 200) {
    return AnswerStatus(answer.url, answer.head, clock_->Now());
  }
  return std::move(receiver).Finish(answer, reference);
}

absl::StatusOr<Descriptor> HttpUpstreamClient::HeadManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  ASSIGN_OR_RETURN(const Endpoint endpoint, Endpoint::Of(access));
  ManifestReceiver receiver;
  ASSIGN_OR_RETURN(
      const HopAnswer answer,
      Ask(access, endpoint, repository,
          ManifestRequest(HttpCall::Method::kHead, endpoint, repository,
                          reference),
          errors::ManifestUnknown(repository.name(), reference.ToString()),
          receiver));
  if (answer.head.status != 200) {
    return AnswerStatus(answer.url, answer.head, clock_->Now());
  }
  return ManifestInHead(answer, reference);
}

absl::Status HttpUpstreamClient::GetBlob(const UpstreamAccess& access,
                                         const Repository& repository,
                                         const Digest& digest,
                                         const UpstreamBlobPart& part,
                                         UpstreamBlobSink& sink) {
  ASSIGN_OR_RETURN(const Endpoint endpoint, Endpoint::Of(access));
  HopRequest request = {HttpCall::Method::kGet,
                        endpoint.BlobUrl(repository, digest)};
  request.is_verified = true;
  AddPartFields(part, request.fields);
  BlobAnswerReceiver receiver(part, sink);
  const auto answer = Ask(access, endpoint, repository, std::move(request),
                          errors::BlobUnknown(digest.ToString()), receiver);
  RETURN_IF_ERROR(answer.status());
  return receiver.Finish();
}

absl::StatusOr<HopAnswer> HttpUpstreamClient::Ask(const UpstreamAccess& access,
                                                  const Endpoint& endpoint,
                                                  const Repository& repository,
                                                  HopRequest request,
                                                  const absl::Status& unknown,
                                                  HopReceiver& receiver) {
  RegistryGuard guard(&tokens_, &authorizations_, clock_, access,
                      endpoint.url(), endpoint.PullScope(repository));
  const auto unknown_at = [&](const Url& url) {
    return Annotate(unknown, absl::StrCat("upstream ", url.host_and_port()));
  };
  absl::StatusOr<HopAnswer> answer =
      hops_.Run(std::move(request), guard, receiver);
  if (!answer.ok()) {
    if (!guard.was_refused_token()) return answer;
    return guard.Explain(401, answer.status(), unknown_at(endpoint.url()));
  }
  const HttpHead& head = answer->head;
  if (head.status >= 200 && head.status < 300) return answer;
  if (head.status == 404) return unknown_at(answer->url);
  const absl::Status refusal = AnswerStatus(answer->url, head, clock_->Now());
  if (ReasonOf(refusal) != Reason::kUpstreamDenied) return refusal;
  return guard.Explain(head.status, refusal, unknown_at(answer->url));
}

absl::StatusOr<std::vector<std::string>> HttpUpstreamClient::ListTags(
    const UpstreamAccess&, const Repository&) {
  return absl::UnimplementedError("tags");
}

absl::StatusOr<std::vector<std::string>> HttpUpstreamClient::ListReferrers(
    const UpstreamAccess&, const Repository&, const Digest&) {
  return absl::UnimplementedError("referrers");
}

}  // namespace cvr
