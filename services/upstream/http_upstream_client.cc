#include "services/upstream/http_upstream_client.h"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/policy/transfer_limits.h"
#include "services/upstream/api/list_page.h"
#include "services/upstream/blob_answer.h"
#include "services/upstream/gate/registry_guard.h"
#include "services/upstream/http/answer_status.h"
#include "services/upstream/http/http_fields.h"
#include "services/upstream/manifest_answer.h"
#include "services/upstream/manifest_type.h"

namespace cvr {
namespace {

// Tokens held; a few hundred bytes each.
constexpr size_t kAuthorizationsMax = 10000;

// Few requests even for long lists; what registries give at most.
constexpr size_t kTagsPerPage = 1000;
constexpr absl::string_view kIndexType =
    "application/vnd.oci.image.index.v1+json";

// How registries refuse to give a page that nobody has spoken of.
const std::set<int> kNoSuchPage = {400, 404, 405, 406, 410, 416, 422, 501};

HopRequest ManifestRequest(HttpCall::Method method, const Endpoint& endpoint,
                           const Repository& repository,
                           const Reference& reference) {
  HopRequest request = {method, endpoint.ManifestUrl(repository, reference)};
  request.fields.Add("Accept", kManifestAccept);
  request.is_verified = reference.is_digest();
  request.timeout = absl::Seconds(limits::kDocumentSecondsMax);
  return request;
}

bool IsSuccess(const HttpHead& head) {
  return head.status >= 200 && head.status < 300;
}

ShareKey ShareOf(const UpstreamAccess& access) {
  return {access.group, access.id};
}

// Shows an observer the answers of the upstream itself.
class ObservedReceiver : public HopReceiver {
 public:
  ObservedReceiver(AnswerObserver* observer, const UpstreamAccess& access,
                   const Url& upstream, HopReceiver& receiver)
      : observer_(observer),
        upstream_id_(access.id),
        upstream_(upstream),
        receiver_(receiver) {}

  absl::Status OnHead(const Url& url, const HttpHead& head) override {
    Observe(url, head);
    return receiver_.OnHead(url, head);
  }
  absl::Status OnBytes(absl::string_view bytes) override {
    return receiver_.OnBytes(bytes);
  }
  void Observe(const Url& url, const HttpHead& head) {
    if (observer_ == nullptr || !url.SameOrigin(upstream_)) return;
    observer_->OnAnswer(upstream_id_, head);
  }

 private:
  AnswerObserver* const observer_;
  const int64_t upstream_id_;
  const Url& upstream_;
  HopReceiver& receiver_;
};

}  // namespace

HttpUpstreamClient::HttpUpstreamClient(std::unique_ptr<HttpTransport> transport,
                                       const Clock* clock,
                                       AnswerObserver* observer,
                                       MemoryBudget* memory)
    : clock_(clock),
      observer_(observer),
      memory_(memory),
      transport_(std::move(transport)),
      hops_(transport_.get()),
      tokens_(&hops_, clock),
      authorizations_(clock, kAuthorizationsMax) {}

absl::StatusOr<UpstreamManifest> HttpUpstreamClient::GetManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  ASSIGN_OR_RETURN(const Endpoint endpoint, Endpoint::Of(access));
  ManifestReceiver receiver(memory_, ShareOf(access));
  ASSIGN_OR_RETURN(
      const HopAnswer answer,
      Ask(access, endpoint, repository,
          ManifestRequest(HttpCall::Method::kGet, endpoint, repository,
                          reference),
          {errors::ManifestUnknown(repository.name(), reference.ToString())},
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
          {errors::ManifestUnknown(repository.name(), reference.ToString())},
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
  request.cancel = sink.cancel();
  AddPartFields(part, request.fields);
  BlobAnswerReceiver receiver(part, sink);
  const Unknown unknown = {
      errors::BlobUnknown(digest.ToString()), {404, 410}, {416}};
  const auto answer =
      Ask(access, endpoint, repository, std::move(request), unknown, receiver);
  if (receiver.has_all()) return absl::OkStatus();
  RETURN_IF_ERROR(answer.status());
  if (answer->head.status == 416) {
    if (ParseUnsatisfiedRange(answer->head.fields.First("Content-Range"))) {
      return receiver.OnUnsatisfied(answer->url, answer->head);
    }
    // It may know the blob all the same. `sink` has seen nothing.
    if (IsPart(part)) return GetBlob(access, repository, digest, {}, sink);
    return AnswerStatus(answer->url, answer->head, clock_->Now());
  }
  return receiver.Finish();
}

absl::StatusOr<UpstreamList> HttpUpstreamClient::ListTags(
    const UpstreamAccess& access, const Repository& repository) {
  ASSIGN_OR_RETURN(const Endpoint endpoint, Endpoint::Of(access));
  HopRequest request = {HttpCall::Method::kGet,
                        endpoint.TagsUrl(repository)
                            .WithParameter("n", absl::StrCat(kTagsPerPage))};
  request.fields.Add("Accept", "application/json");
  ListReceiver tags(ReadTagsPage, limits::kTagsMax, memory_, ShareOf(access));
  tags.set_page_items(kTagsPerPage);
  return AskForList(access, endpoint, repository, std::move(request),
                    {errors::RepositoryUnknown(repository.name())}, tags);
}

absl::StatusOr<UpstreamList> HttpUpstreamClient::ListReferrers(
    const UpstreamAccess& access, const Repository& repository,
    const Digest& subject) {
  ASSIGN_OR_RETURN(const Endpoint endpoint, Endpoint::Of(access));
  HopRequest request = {HttpCall::Method::kGet,
                        endpoint.ReferrersUrl(repository, subject)};
  request.fields.Add("Accept", kIndexType);
  ListReceiver referrers(ReadReferrersPage, limits::kReferrersMax, memory_,
                         ShareOf(access));
  // Registries that do not know the API have different words for it.
  return AskForList(
      access, endpoint, repository, std::move(request),
      {errors::ManifestUnknown(repository.name(), subject.ToString()),
       {400, 404, 405, 406, 410, 501}},
      referrers);
}

absl::StatusOr<UpstreamList> HttpUpstreamClient::AskForList(
    const UpstreamAccess& access, const Endpoint& endpoint,
    const Repository& repository, HopRequest request, Unknown unknown,
    ListReceiver& list) {
  request.timeout = absl::Seconds(limits::kDocumentSecondsMax);
  for (;;) {
    ASSIGN_OR_RETURN(const HopAnswer answer,
                     Ask(access, endpoint, repository, request, unknown, list));
    if (answer.head.status != 200) {
      if (list.is_guess() && unknown.passed.count(answer.head.status) > 0) {
        return std::move(list).Take();
      }
      return AnswerStatus(answer.url, answer.head, clock_->Now());
    }
    ASSIGN_OR_RETURN(const std::optional<Url> next,
                     list.TakePage(request.url, answer));
    if (!next) return std::move(list).Take();
    request.url = *next;
    // It is there, since it has a first page.
    unknown = {errors::UpstreamInvalid(
        next->host_and_port(),
        "the next page of the list (Link header) was not found")};
    if (list.is_guess()) {
      unknown.statuses = {};
      unknown.passed = kNoSuchPage;
    }
  }
}

absl::StatusOr<HopAnswer> HttpUpstreamClient::Ask(const UpstreamAccess& access,
                                                  const Endpoint& endpoint,
                                                  const Repository& repository,
                                                  HopRequest request,
                                                  const Unknown& unknown,
                                                  HopReceiver& receiver) {
  RegistryGuard guard(&tokens_, &authorizations_, clock_, access,
                      endpoint.url(), endpoint.PullScope(repository),
                      request.cancel);
  ObservedReceiver observed(observer_, access, endpoint.url(), receiver);
  const auto unknown_at = [&](const Url& url) {
    return Annotate(unknown.meaning,
                    absl::StrCat("upstream ", url.host_and_port()));
  };
  absl::StatusOr<HopAnswer> answer =
      hops_.Run(std::move(request), guard, observed);
  if (!answer.ok()) {
    if (!guard.was_refused_token()) return answer;
    return guard.Explain(endpoint.url(), 401, answer.status(), unknown.meaning);
  }
  const HttpHead& head = answer->head;
  if (IsSuccess(head)) return answer;
  if (unknown.passed.count(head.status) > 0) return answer;
  observed.Observe(answer->url, head);
  if (unknown.statuses.count(head.status) > 0) return unknown_at(answer->url);
  const absl::Status refusal = AnswerStatus(answer->url, head, clock_->Now());
  if (ReasonOf(refusal) != Reason::kUpstreamRefused) return refusal;
  return guard.Explain(answer->url, head.status, refusal, unknown.meaning);
}

}  // namespace cvr
