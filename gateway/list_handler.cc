#include "gateway/list_handler.h"

#include <istream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/cache_status.h"
#include "gateway/content_stream_buffer.h"
#include "gateway/http_error.h"
#include "gateway/json_text.h"
#include "gateway/namespace_field.h"
#include "gateway/referrers_filter.h"
#include "gateway/tag_page.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

HttpReply ListReply(absl::string_view media_type, ContentOrigin origin) {
  HttpReply reply;
  reply.fields.Add("Content-Type", media_type);
  AddOrigin(reply.fields, origin, /*stored=*/true);
  return reply;
}

void AddFilterApplied(HttpFields& fields) {
  fields.Add("OCI-Filters-Applied", "artifactType");
}

// What every upstream denies is a repository that is not there, whatever the
// last of them called it.
absl::Status AsRepositoryUnknown(const absl::Status& status) {
  if (!absl::IsNotFound(status)) return status;
  return WithReason(status, Reason::kNameUnknown);
}

std::string TagListBody(const std::string& name,
                        const std::vector<std::string>& tags) {
  std::string body = absl::StrCat("{\"name\":", JsonString(name), ",\"tags\":");
  AppendJsonArray(tags, body);
  body.push_back('}');
  return body;
}

// Sends `first`, then what follows in `stream`.
BodyStream BodyOf(Chunk first, std::unique_ptr<ContentStream> stream) {
  return [first = std::move(first),
          stream = std::move(stream)]() mutable -> absl::StatusOr<Chunk> {
    if (!first.empty()) return std::exchange(first, Chunk());
    return stream->Next();
  };
}

HttpReply ReplyOf(absl::StatusOr<HttpReply> reply) {
  return reply.ok() ? *std::move(reply) : ErrorReply(reply.status());
}

}  // namespace

ListHandler::ListHandler(Resolver& resolver, ContentSource& source,
                         ActiveStreams& streams, const Clock& clock,
                         absl::Duration fetch_timeout)
    : resolver_(resolver),
      source_(source),
      streams_(streams),
      clock_(clock),
      fetch_timeout_(fetch_timeout) {}

HttpReply ListHandler::Tags(const TagsRoute& route, absl::string_view query,
                            const Caller& caller) {
  const auto page = ParsePageRequest(query);
  if (!page.ok()) return ErrorReply(page.status());
  const ContentRef content = ContentRef::TagList(route.repository);
  const auto resolution =
      resolver_.Resolve({route.registry_id, content,
                         /*counts_as_download=*/false,
                         ResolvedNamespace(route.source_namespace), caller});
  return WithNamespace(
      resolution.ok()
          ? ReplyOf(TagsReply(route, *page, content, resolution->plan))
          : ErrorReply(resolution.status()),
      route.source_namespace, resolution.status());
}

HttpReply ListHandler::Referrers(const ReferrersRoute& route,
                                 absl::string_view query,
                                 const Caller& caller) {
  const auto artifact_type = QueryValue(query, "artifactType");
  if (!artifact_type.ok()) return ErrorReply(artifact_type.status());
  const ContentRef content{route.repository, Reference(route.subject),
                           ContentKind::kReferrers};
  const auto resolution =
      resolver_.Resolve({route.registry_id, content,
                         /*counts_as_download=*/false,
                         ResolvedNamespace(route.source_namespace), caller});
  return WithNamespace(resolution.ok()
                           ? ReplyOf(ReferrersReply(artifact_type->value_or(""),
                                                    content, resolution->plan))
                           : ErrorReply(resolution.status()),
                       route.source_namespace, resolution.status());
}

// For HEAD as well: only the list tells how long an answer would be.
absl::StatusOr<std::unique_ptr<ContentStream>> ListHandler::Fetch(
    const ContentRef& content, const FetchPlan& plan) {
  FetchRequest request{content, plan};
  request.deadline = clock_.Now() + fetch_timeout_;
  ASSIGN_OR_RETURN(auto stream, source_.Fetch(request));
  return streams_.Track(std::move(stream));
}

absl::StatusOr<HttpReply> ListHandler::TagsReply(const TagsRoute& route,
                                                 const PageRequest& page,
                                                 const ContentRef& content,
                                                 const FetchPlan& plan) {
  const auto stream = Fetch(content, plan);
  RETURN_IF_ERROR(AsRepositoryUnknown(stream.status()));
  ContentStreamBuffer buffer(**stream);
  std::istream document(&buffer);
  TagPage tags(page);
  const absl::Status read = ReadTags(document, tags);
  RETURN_IF_ERROR(buffer.status());
  RETURN_IF_ERROR(read);
  HttpReply reply = ListReply("application/json", (*stream)->header().origin);
  const bool has_more = tags.has_more();
  const std::vector<std::string> listed = std::move(tags).Take();
  if (has_more) {
    reply.fields.Add(
        "Link", NextPageLink(absl::StrCat("/v2/", route.name, "/tags/list"),
                             {page.n, listed.back()}, route.source_namespace));
  }
  reply.body = TagListBody(route.name, listed);
  return reply;
}

absl::StatusOr<HttpReply> ListHandler::ReferrersReply(
    const std::string& artifact_type, const ContentRef& content,
    const FetchPlan& plan) {
  auto stream = Fetch(content, plan);
  if (absl::IsNotFound(stream.status())) {
    HttpReply reply = ListReply(kIndexMediaType, ContentOrigin::kMiss);
    reply.body = EmptyIndex();
    if (!artifact_type.empty()) AddFilterApplied(reply.fields);
    return reply;
  }
  RETURN_IF_ERROR(stream.status());
  HttpReply reply = ListReply(kIndexMediaType, (*stream)->header().origin);
  if (artifact_type.empty()) {
    reply.content_length = (*stream)->header().target.size_bytes;
    ASSIGN_OR_RETURN(Chunk first, (*stream)->Next());
    reply.stream = BodyOf(std::move(first), *std::move(stream));
    return reply;
  }
  ContentStreamBuffer buffer(**stream);
  std::istream document(&buffer);
  auto filtered = FilterReferrers(document, artifact_type);
  RETURN_IF_ERROR(buffer.status());
  ASSIGN_OR_RETURN(reply.body, std::move(filtered));
  AddFilterApplied(reply.fields);
  return reply;
}

}  // namespace cvr
