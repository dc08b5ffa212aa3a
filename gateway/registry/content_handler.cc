#include "gateway/registry/content_handler.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/message/multipart.h"
#include "gateway/message/range_header.h"
#include "gateway/outage/resumed_stream.h"
#include "gateway/registry/cache_status.h"
#include "gateway/registry/conditions.h"
#include "gateway/registry/http_error.h"
#include "gateway/registry/namespace_field.h"
#include "services/common/errors.h"
#include "services/common/manifest_facts.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// What an upstream, or who edits a cache entry, calls content must not make it
// active in a browser. Strict clients take no parameters, either.
std::string WireMediaType(absl::string_view media_type) {
  media_type =
      absl::StripAsciiWhitespace(media_type.substr(0, media_type.find(';')));
  return IsManifestType(media_type) ? std::string(media_type) : kOctetStream;
}

bool IsNotModified(const HttpRequest& request, const Digest& digest) {
  const auto if_none_match = request.fields.Get("If-None-Match");
  return if_none_match && NamesDigest(*if_none_match, digest);
}

// Empty = everything.
std::vector<ByteRangeSpec> WantedRanges(const HttpRequest& request,
                                        const ContentRef& content) {
  // HEAD tells of the whole; manifests are too small for parts.
  if (request.is_head() || content.kind != ContentKind::kBlob) return {};
  if (IsNotModified(request, content.reference.digest())) return {};
  const auto value = request.fields.Get("Range");
  if (!value) return {};
  const auto if_range = request.fields.Get("If-Range");
  if (if_range && !IfRangeHolds(*if_range, content.reference.digest())) {
    return {};
  }
  return ParseRanges(*value);
}

ByteRangeSpec SpecOf(const ByteRange& range) {
  return {ByteRangeSpec::From{range.offset, range.end() - 1}};
}

bool BytesAreGone(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsDataLoss(status);
}

// Sends `first`, then what follows in `stream`.
BodyStream BodyOf(Chunk first, std::unique_ptr<ContentStream> stream) {
  return [first = std::move(first),
          stream = std::move(stream)]() mutable -> absl::StatusOr<Chunk> {
    if (!first.empty()) return std::exchange(first, Chunk());
    return stream->Next();
  };
}

}  // namespace

// What was asked for.
struct ContentHandler::Pull {
  const HttpRequest& request;
  const ContentRoute& route;
  std::optional<ByteRangeSpec> range = std::nullopt;  // Absent = all.

  bool is_blob() const { return route.content.kind == ContentKind::kBlob; }
};

// What will be answered. `stream` is absent when there are no bytes to send.
struct ContentHandler::Opened {
  ContentHeader header;
  Chunk first;
  std::unique_ptr<ContentStream> stream;
};

namespace {

// A tag may name what this client cannot read. What it names by digest it has
// chosen itself. Nothing is ever converted: that would change the digest.
absl::Status CheckAccept(const HttpRequest& request, const ContentRef& content,
                         const std::string& media_type) {
  if (content.kind == ContentKind::kBlob || content.reference.is_digest() ||
      Accepts(request.fields.Get("Accept").value_or(""), media_type)) {
    return absl::OkStatus();
  }
  return WithReason(absl::NotFoundError(absl::StrCat(
                        "the manifest has media type ", media_type,
                        ", which is not in the request's Accept header")),
                    Reason::kManifestUnknown);
}

HttpReply DescribedReply(const ContentHeader& header,
                         absl::string_view content_type, bool is_blob,
                         bool stored) {
  HttpReply reply;
  HttpFields& fields = reply.fields;
  fields.Add("Content-Type", content_type);
  fields.Add("Docker-Content-Digest", header.target.digest.ToString());
  fields.Add("ETag", EntityTagOf(header.target.digest));
  if (is_blob) fields.Add("Accept-Ranges", "bytes");
  AddCacheStatus(fields, header.cache_status, stored);
  return reply;
}

}  // namespace

ContentHandler::ContentHandler(Resolver& resolver, ContentSource& source,
                               ActiveStreams& streams, OutageHold& outages,
                               const Clock& clock, absl::Duration fetch_timeout)
    : resolver_(resolver),
      source_(source),
      streams_(streams),
      outages_(outages),
      clock_(clock),
      fetch_timeout_(fetch_timeout) {}

HttpReply ContentHandler::Handle(const HttpRequest& request,
                                 const ContentRoute& route,
                                 const Caller& caller) {
  ResolveRequest question{route.registry_id, route.content,
                          /*counts_as_pull=*/!request.is_head(),
                          ResolvedNamespace(route.source_namespace), caller};
  question.registry_path = route.registry_path;
  const auto resolution = resolver_.Resolve(question);
  auto reply = resolution.ok() ? Answer({request, route}, *resolution)
                               : resolution.status();
  return WithNamespace(
      reply.ok() ? *std::move(reply) : ErrorReply(reply.status()),
      route.source_namespace, resolution.status());
}

absl::StatusOr<HttpReply> ContentHandler::Answer(Pull pull,
                                                 const Resolution& resolution) {
  const std::vector<ByteRangeSpec> wanted =
      WantedRanges(pull.request, pull.route.content);
  if (wanted.size() > 1) return AnswerRanges(pull, resolution, wanted);
  if (!wanted.empty()) pull.range = wanted.front();
  ASSIGN_OR_RETURN(Opened opened, Open(pull, resolution));
  return ReplyFrom(pull, std::move(opened));
}

// Which of the ranges exist is known with the size, and the size with the first
// stream that is opened, or with its refusal.
absl::StatusOr<HttpReply> ContentHandler::AnswerRanges(
    Pull pull, const Resolution& resolution,
    const std::vector<ByteRangeSpec>& wanted) {
  pull.range = wanted.front();
  absl::StatusOr<Opened> opened = Open(pull, resolution);
  const std::optional<uint64_t> size = opened.ok()
                                           ? opened->header.target.size_bytes
                                           : ContentSizeOf(opened.status());
  if (!size) return opened.status();
  const std::vector<ByteRange> ranges = SatisfiableRanges(wanted, *size);
  if (ranges.empty()) return opened.status();
  const bool take_all = ExceedContent(ranges, *size);
  if (take_all || !opened.ok()) {
    pull.range = std::nullopt;
    if (!take_all) pull.range = SpecOf(ranges.front());
    opened = Open(pull, resolution);
    RETURN_IF_ERROR(opened.status());
  }
  if (take_all || ranges.size() == 1) {
    return ReplyFrom(pull, *std::move(opened));
  }
  return ReplyInParts(pull, resolution, ranges, *std::move(opened));
}

absl::StatusOr<ContentHandler::Opened> ContentHandler::Open(
    const Pull& pull, const Resolution& resolution) {
  ASSIGN_OR_RETURN(Opened opened, OpenOnce(pull, resolution));
  const bool may_go_on = pull.is_blob() && opened.stream != nullptr &&
                         outages_.wait_max() > absl::ZeroDuration();
  if (!may_go_on) return opened;
  return Resuming(pull, resolution, std::move(opened));
}

ContentHandler::Opened ContentHandler::Resuming(const Pull& pull,
                                                const Resolution& resolution,
                                                Opened opened) {
  // Stored by then, as a rule, and asked for there first: a fetch would count
  // as another pull.
  Resolution again = resolution;
  again.hit = Hit{opened.header.target, opened.header.upstream_id};
  auto reopen = [this, request = pull.request, route = pull.route,
                 again = std::move(again), end = opened.header.range.end()](
                    uint64_t offset) -> absl::StatusOr<BegunStream> {
    const Pull rest{request, route,
                    SpecOf({.offset = offset, .length = end - offset})};
    ASSIGN_OR_RETURN(Opened opened, OpenOnce(rest, again));
    return BegunStream{std::move(opened.first), std::move(opened.stream)};
  };
  opened.stream = ResumeAfterOutages(opened.first, std::move(opened.stream),
                                     outages_, std::move(reopen));
  return opened;
}

absl::StatusOr<ContentHandler::Opened> ContentHandler::OpenOnce(
    const Pull& pull, const Resolution& resolution) {
  absl::StatusOr<Opened> opened = absl::NotFoundError("no hit");
  if (resolution.hit) opened = OpenHit(pull, *resolution.hit, resolution.plan);
  if (BytesAreGone(opened.status())) {
    opened = resolution.remembered
                 ? absl::UnavailableError("who has the bytes cannot be asked")
                 : OpenFetched(pull, resolution.plan);
  }
  // A tag may point elsewhere by now, and nobody can be asked.
  if (opened.ok() && resolution.remembered &&
      !pull.route.content.is_addressed_by_digest()) {
    opened->header.cache_status = CacheStatus::kStale;
  }
  return opened;
}

absl::StatusOr<HttpReply> ContentHandler::ReplyFrom(const Pull& pull,
                                                    Opened opened) const {
  const HttpRequest& request = pull.request;
  const ContentHeader& header = opened.header;
  const std::string media_type = WireMediaType(header.target.media_type);
  RETURN_IF_ERROR(CheckAccept(request, pull.route.content, media_type));
  HttpReply reply =
      DescribedReply(header, pull.is_blob() ? kOctetStream : media_type,
                     pull.is_blob(), /*stored=*/!request.is_head());
  if (IsNotModified(request, header.target.digest)) {
    reply.status = 304;
    return reply;
  }
  if (pull.range) {
    reply.status = 206;
    reply.fields.Add("Content-Range",
                     ContentRange(header.range, header.target.size_bytes));
  }
  reply.content_length =
      pull.range ? header.range.length : header.target.size_bytes;
  if (opened.stream != nullptr) {
    reply.stream = BodyOf(std::move(opened.first), std::move(opened.stream));
  }
  return reply;
}

HttpReply ContentHandler::ReplyInParts(const Pull& pull, Resolution resolution,
                                       std::vector<ByteRange> ranges,
                                       Opened opened) {
  const Descriptor& target = opened.header.target;
  MultipartLayout layout(RandomBoundary(), kOctetStream, std::move(ranges),
                         target.size_bytes);
  HttpReply reply =
      DescribedReply(opened.header, layout.content_type(), /*is_blob=*/true,
                     /*stored=*/true);
  reply.status = 206;
  reply.content_length = layout.content_length();
  // What was fetched for the first part may be stored by the next, and is asked
  // for there first: a fetch would count as another pull.
  resolution.hit = Hit{target, opened.header.upstream_id};
  auto open = [this, request = pull.request, route = pull.route,
               resolution = std::move(resolution)](
                  const ByteRange& range) -> absl::StatusOr<BodyStream> {
    ASSIGN_OR_RETURN(Opened part,
                     Open({request, route, SpecOf(range)}, resolution));
    return BodyOf(std::move(part.first), std::move(part.stream));
  };
  reply.stream =
      MultipartBody(std::move(layout),
                    BodyOf(std::move(opened.first), std::move(opened.stream)),
                    std::move(open));
  return reply;
}

absl::StatusOr<ContentHandler::Opened> ContentHandler::OpenHit(
    const Pull& pull, const Hit& hit, const FetchPlan& plan) {
  // The client has it already; whether we still have the bytes is no matter.
  if (IsNotModified(pull.request, hit.target.digest)) {
    return Opened{{hit.target, {}, CacheStatus::kHit, hit.upstream_id}};
  }
  ReadRequest request{hit.target.digest, pull.range, pull.request.is_head()};
  // Damage in the middle of a body can no longer be told as an error.
  request.repair = RepairPlan{pull.route.content, plan};
  ASSIGN_OR_RETURN(auto stream, source_.Read(request));
  ASSIGN_OR_RETURN(Opened opened, Begin(pull, std::move(stream)));
  std::string& media_type = opened.header.target.media_type;
  media_type =
      RecordedManifestType(WireMediaType(hit.target.media_type), media_type);
  return opened;
}

absl::StatusOr<ContentHandler::Opened> ContentHandler::OpenFetched(
    const Pull& pull, const FetchPlan& plan) {
  FetchRequest request{pull.route.content, plan, pull.range};
  request.header_only = pull.request.is_head();
  request.deadline = clock_.SteadyNow() + fetch_timeout_;
  ASSIGN_OR_RETURN(auto stream, source_.Fetch(request));
  return Begin(pull, std::move(stream));
}

// Waits for the first bytes as well: until they are there, a failure can still
// be told as an error instead of a connection that breaks off.
absl::StatusOr<ContentHandler::Opened> ContentHandler::Begin(
    const Pull& pull, std::unique_ptr<ContentStream> stream) {
  Opened opened{stream->header()};
  if (pull.request.is_head() || opened.header.range.length == 0) return opened;
  stream = streams_.Track(std::move(stream));
  ASSIGN_OR_RETURN(opened.first, stream->Next());
  opened.stream = std::move(stream);
  return opened;
}

}  // namespace cvr
