#include "gateway/registry/list_handler.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/message/json_text.h"
#include "gateway/registry/cache_status.h"
#include "gateway/registry/http_error.h"
#include "gateway/registry/namespace_field.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";
constexpr char kEmptyIndex[] =
    R"({"schemaVersion":2,)"
    R"("mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})";

HttpReply ListReply(absl::string_view media_type, CacheStatus cache_status) {
  HttpReply reply;
  reply.fields.Add("Content-Type", media_type);
  AddCacheStatus(reply.fields, cache_status, /*stored=*/true);
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

// Sends `first`, then what follows in `stream`.
BodyStream BodyOf(Chunk first, std::unique_ptr<ContentStream> stream) {
  return [first = std::move(first),
          stream = std::move(stream)]() mutable -> absl::StatusOr<Chunk> {
    if (!first.empty()) return std::exchange(first, Chunk());
    if (stream == nullptr) return Chunk();
    return stream->Next();
  };
}

// Of lists up to this size nothing is sent before all of it is there, so that
// what fails is told as an error. Longer ones break off short of their length.
constexpr uint64_t kReadAheadBytesMax = 64 * 1024;

// What the source says of a list becomes the body, without being held or looked
// at, except that `head` replaces its first `replaced` bytes.
absl::Status SetBody(std::unique_ptr<ContentStream> stream,
                     absl::string_view head, size_t replaced,
                     HttpReply& reply) {
  const uint64_t size = stream->header().range.length;
  ASSIGN_OR_RETURN(Chunk chunk, stream->Next());
  if (chunk.size() < replaced) {
    return absl::InternalError("a list that is none");
  }
  std::string first = absl::StrCat(head, chunk.bytes().substr(replaced));
  while (size <= kReadAheadBytesMax) {
    ASSIGN_OR_RETURN(chunk, stream->Next());
    if (chunk.empty()) break;
    absl::StrAppend(&first, chunk.bytes());
  }
  reply.content_length = size - replaced + head.size();
  reply.stream = BodyOf(Chunk::OfString(std::move(first)), std::move(stream));
  return absl::OkStatus();
}

template <typename ListRoute>
ResolveRequest QuestionOf(const ListRoute& route, const ContentRef& content,
                          const Caller& caller) {
  ResolveRequest question{route.registry_id, content,
                          /*counts_as_pull=*/false,
                          ResolvedNamespace(route.source_namespace), caller};
  question.registry_path = route.registry_path;
  return question;
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
  const auto resolution = resolver_.Resolve(QuestionOf(route, content, caller));
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
  const auto resolution = resolver_.Resolve(QuestionOf(route, content, caller));
  return WithNamespace(resolution.ok()
                           ? ReplyOf(ReferrersReply(artifact_type->value_or(""),
                                                    content, resolution->plan))
                           : ErrorReply(resolution.status()),
                       route.source_namespace, resolution.status());
}

// For HEAD as well: only the list tells how long an answer would be.
absl::StatusOr<std::unique_ptr<ContentStream>> ListHandler::Fetch(
    const ContentRef& content, const FetchPlan& plan, ListQuery query) {
  FetchRequest request{content, plan};
  request.list = std::move(query);
  request.deadline = clock_.SteadyNow() + fetch_timeout_;
  ASSIGN_OR_RETURN(auto stream, source_.Fetch(request));
  return streams_.Track(std::move(stream));
}

absl::StatusOr<HttpReply> ListHandler::TagsReply(const TagsRoute& route,
                                                 const PageRequest& page,
                                                 const ContentRef& content,
                                                 const FetchPlan& plan) {
  auto stream = Fetch(content, plan, {page.last, page.n, ""});
  RETURN_IF_ERROR(AsRepositoryUnknown(stream.status()));
  const ContentHeader& header = (*stream)->header();
  HttpReply reply = ListReply("application/json", header.cache_status);
  if (header.goes_on_after) {
    reply.fields.Add(
        "Link",
        NextPageLink(absl::StrCat("/v2/", route.name, "/tags/list"),
                     {page.n, *header.goes_on_after}, route.source_namespace));
  }
  // `{"tags":...}` begins with the name then.
  const std::string head =
      absl::StrCat("{\"name\":", JsonString(route.name), ",");
  RETURN_IF_ERROR(
      SetBody(*std::move(stream), head, absl::string_view("{").size(), reply));
  return reply;
}

absl::StatusOr<HttpReply> ListHandler::ReferrersReply(
    const std::string& artifact_type, const ContentRef& content,
    const FetchPlan& plan) {
  auto stream = Fetch(content, plan, {"", std::nullopt, artifact_type});
  const bool is_unknown = absl::IsNotFound(stream.status());
  if (!is_unknown) RETURN_IF_ERROR(stream.status());
  HttpReply reply =
      ListReply(kIndexType, is_unknown ? CacheStatus::kMiss
                                       : (*stream)->header().cache_status);
  if (!artifact_type.empty()) AddFilterApplied(reply.fields);
  if (is_unknown) {
    reply.body = kEmptyIndex;
  } else {
    RETURN_IF_ERROR(SetBody(*std::move(stream), "", 0, reply));
  }
  return reply;
}

}  // namespace cvr
