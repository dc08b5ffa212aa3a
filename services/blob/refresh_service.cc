#include "services/blob/refresh_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/content.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr int kTagsMax = 1000;
constexpr int kPlatformsMax = 32;

// The tag of a repository; adds to `violations` what is wrong, of fields whose
// names begin with `prefix`.
absl::StatusOr<ContentRef> TagOf(const std::string& repository_name,
                                 const std::string& tag,
                                 const std::string& prefix,
                                 std::vector<FieldViolation>& violations) {
  auto repository = Repository::Parse(repository_name);
  auto reference = Reference::Parse(tag);
  const size_t before = violations.size();
  if (!repository.ok()) {
    violations.push_back({absl::StrCat(prefix, "repository"),
                          std::string(repository.status().message())});
  }
  if (!reference.ok()) {
    violations.push_back({absl::StrCat(prefix, "tag"),
                          std::string(reference.status().message())});
  } else if (reference->is_digest()) {
    violations.push_back(
        {absl::StrCat(prefix, "tag"),
         "must be a tag; content addressed by digest never changes"});
  }
  if (violations.size() > before) return errors::FieldsInvalid(violations);
  return ContentRef{*std::move(repository), *std::move(reference),
                    ContentKind::kManifest};
}

absl::StatusOr<std::vector<ContentRef>> TagsOf(
    const v1::BatchRefreshTagsRequest& request) {
  if (request.tags().empty() || request.tags_size() > kTagsMax) {
    return errors::FieldInvalid(
        "tags", absl::StrCat("must have 1 to ", kTagsMax, " entries"));
  }
  std::vector<ContentRef> tags;
  std::vector<FieldViolation> violations;
  for (int i = 0; i < request.tags_size(); ++i) {
    const v1::BatchRefreshTagsRequest::Tag& tag = request.tags(i);
    auto content = TagOf(tag.repository(), tag.tag(),
                         absl::StrCat("tags[", i, "]."), violations);
    if (content.ok()) tags.push_back(*std::move(content));
  }
  if (!violations.empty()) return errors::FieldsInvalid(std::move(violations));
  return tags;
}

absl::StatusOr<Prefetcher::Image> ImageOf(
    const v1::PrefetchImageRequest& request) {
  std::vector<FieldViolation> violations;
  auto repository = Repository::Parse(request.repository());
  auto reference = Reference::Parse(request.reference());
  if (!repository.ok()) {
    violations.push_back(
        {"repository", std::string(repository.status().message())});
  }
  if (!reference.ok()) {
    violations.push_back(
        {"reference", std::string(reference.status().message())});
  }
  std::vector<Platform> platforms;
  if (request.platforms_size() > kPlatformsMax) {
    violations.push_back(
        {"platforms",
         absl::StrCat("must have at most ", kPlatformsMax, " entries")});
  }
  for (int i = 0; i < request.platforms_size(); ++i) {
    auto platform = Platform::Parse(request.platforms(i));
    if (platform.ok()) {
      platforms.push_back(*std::move(platform));
      continue;
    }
    for (FieldViolation& violation : FieldViolationsOf(platform.status())) {
      violations.push_back({absl::StrCat("platforms[", i, "]"),
                            std::move(violation.description)});
    }
  }
  if (!violations.empty()) return errors::FieldsInvalid(std::move(violations));
  return Prefetcher::Image{request.registry_id(), *std::move(repository),
                           *std::move(reference), std::move(platforms)};
}

template <typename Message>
absl::StatusOr<google::protobuf::Any> Packed(
    const absl::StatusOr<Message>& response) {
  RETURN_IF_ERROR(response.status());
  google::protobuf::Any any;
  any.PackFrom(*response);
  return any;
}

}  // namespace

absl::StatusOr<v1::RefreshTagResponse> RefreshServiceImpl::Refresh(
    const v1::RefreshTagRequest& request, absl::Time deadline) {
  std::vector<FieldViolation> violations;
  ASSIGN_OR_RETURN(
      const ContentRef content,
      TagOf(request.repository(), request.tag(), /*prefix=*/"", violations));
  ASSIGN_OR_RETURN(auto question,
                   refresher_.Resolve(request.registry_id(), content));
  // It keeps one of the server's threads until the upstreams have answered.
  ASSIGN_OR_RETURN(const auto pass, running_.Enter(question.share()));
  return refresher_.Refresh(std::move(question), deadline);
}

absl::StatusOr<std::string> RefreshServiceImpl::GroupOf(
    int64_t registry_id, absl::Span<const ContentRef> contents) {
  absl::Status first;
  for (const ContentRef& content : contents) {
    ResolveRequest request = {registry_id, content};
    request.caller = Caller::System();
    const auto resolution = resolver_.Resolve(request);
    if (resolution.ok()) return resolution->plan.group;
    if (first.ok()) first = resolution.status();
  }
  return first;
}

absl::StatusOr<v1::Operation> RefreshServiceImpl::StartBatch(
    const v1::BatchRefreshTagsRequest& request, const Caller& caller) {
  ASSIGN_OR_RETURN(auto tags, TagsOf(request));
  ASSIGN_OR_RETURN(const std::string group,
                   GroupOf(request.registry_id(), tags));
  return operations_.Start(
      {.method = "RefreshService.BatchRefreshTags",
       .group = group,
       .request_id = request.request_id(),
       .token_id = caller.token_id,
       .total_count = request.tags_size()},
      [&refresher = refresher_, registry_id = request.registry_id(),
       tags = std::move(tags)](RunningOperation& operation) {
        return Packed(refresher.RefreshAll(registry_id, tags, operation));
      });
}

absl::StatusOr<v1::Operation> RefreshServiceImpl::StartPrefetch(
    const v1::PrefetchImageRequest& request, const Caller& caller) {
  ASSIGN_OR_RETURN(auto image, ImageOf(request));
  const ContentRef content = {image.repository, image.reference,
                              ContentKind::kManifest};
  ASSIGN_OR_RETURN(const std::string group,
                   GroupOf(image.registry_id, {content}));
  return operations_.Start(
      {.method = "RefreshService.PrefetchImage",
       .group = group,
       .request_id = request.request_id(),
       .token_id = caller.token_id},
      [&prefetcher = prefetcher_,
       image = std::move(image)](RunningOperation& operation) {
        return Packed(prefetcher.Run(image, operation));
      });
}

grpc::Status RefreshServiceImpl::RefreshTag(
    grpc::ServerContext* context, const v1::RefreshTagRequest* request,
    v1::RefreshTagResponse* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller&) {
    return Refresh(*request, absl::FromChrono(context->deadline()));
  });
}

grpc::Status RefreshServiceImpl::BatchRefreshTags(
    grpc::ServerContext* context, const v1::BatchRefreshTagsRequest* request,
    v1::Operation* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return StartBatch(*request, caller);
  });
}

grpc::Status RefreshServiceImpl::PrefetchImage(
    grpc::ServerContext* context, const v1::PrefetchImageRequest* request,
    v1::Operation* response) {
  return guard_.Answer(*context, *request, response, [&](const Caller& caller) {
    return StartPrefetch(*request, caller);
  });
}

}  // namespace cvr
