#include "services/blob/refresh_service.h"

#include <string>
#include <utility>
#include <vector>

#include "services/common/content.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

absl::StatusOr<ContentRef> ContentOf(const v1::RefreshTagRequest& request) {
  auto repository = Repository::Parse(request.repository());
  auto reference = Reference::Parse(request.tag());
  std::vector<FieldViolation> violations;
  if (!repository.ok()) {
    violations.push_back(
        {"repository", std::string(repository.status().message())});
  }
  if (!reference.ok()) {
    violations.push_back({"tag", std::string(reference.status().message())});
  } else if (reference->is_digest()) {
    violations.push_back(
        {"tag", "must be a tag; content addressed by digest never changes"});
  }
  if (!violations.empty()) return errors::FieldsInvalid(std::move(violations));
  return ContentRef{*std::move(repository), *std::move(reference),
                    ContentKind::kManifest};
}

int64_t FirstUpstream(const FetchPlan& plan) {
  return plan.candidates.empty() ? 0 : plan.candidates.front().upstream_id;
}

// What a pull is served before the refresh, if its upstreams stay silent.
std::string CachedDigest(const Resolution& resolution) {
  if (resolution.hit) return resolution.hit->target.digest.ToString();
  for (const Candidate& candidate : resolution.plan.candidates) {
    if (candidate.cached) return candidate.cached->target.digest.ToString();
  }
  return "";
}

}  // namespace

absl::StatusOr<v1::RefreshTagResponse> RefreshServiceImpl::Refresh(
    const v1::RefreshTagRequest& request, absl::Time deadline) {
  ASSIGN_OR_RETURN(const ContentRef content, ContentOf(request));
  ResolveRequest question = {request.registry_id(), content};
  question.caller = Caller::System();
  ASSIGN_OR_RETURN(Resolution resolution, resolver_.Resolve(question));
  const std::string previous = CachedDigest(resolution);
  // It keeps one of the server's threads until the upstreams have answered.
  ASSIGN_OR_RETURN(
      const auto pass,
      running_.Enter({resolution.plan.group, FirstUpstream(resolution.plan)}));
  FetchRequest fetch = {content, std::move(resolution.plan)};
  fetch.deadline = deadline;
  ASSIGN_OR_RETURN(const Hit now, engine_.RefreshTag(std::move(fetch)));
  v1::RefreshTagResponse response;
  response.set_digest(now.target.digest.ToString());
  response.set_media_type(now.target.media_type);
  response.set_size(static_cast<int64_t>(now.target.size_bytes));
  response.set_upstream_id(now.upstream_id);
  response.set_previous_digest(previous);
  return response;
}

grpc::Status RefreshServiceImpl::RefreshTag(
    grpc::ServerContext* context, const v1::RefreshTagRequest* request,
    v1::RefreshTagResponse* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return Refresh(*request, absl::FromChrono(context->deadline()));
  });
}

}  // namespace cvr
