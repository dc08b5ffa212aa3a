#include "gateway/content_handler.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/cache_status.h"
#include "gateway/conditions.h"
#include "gateway/http_error.h"
#include "gateway/range_header.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr char kStaleWarning[] =
    "299 - \"served from the cache: the upstream could not be asked\"";

// Strict clients take no parameters, and a type that an upstream made up must
// not break our header.
std::string WireMediaType(absl::string_view media_type) {
  media_type =
      absl::StripAsciiWhitespace(media_type.substr(0, media_type.find(';')));
  const bool plain = absl::c_all_of(media_type, absl::ascii_isgraph);
  return media_type.empty() || !plain ? kOctetStream : std::string(media_type);
}

bool IsNotModified(const HttpRequest& request, const Digest& digest) {
  const auto if_none_match = request.fields.Get("If-None-Match");
  return if_none_match && NamesDigest(*if_none_match, digest);
}

std::optional<ByteRangeSpec> WantedRange(const HttpRequest& request,
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
  return ParseRange(*value);
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
  std::optional<ByteRangeSpec> range;

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
                        "the manifest is of type ", media_type,
                        ", which the request's Accept header does not take")),
                    Reason::kManifestUnknown);
}

HttpReply DescribedReply(const ContentHeader& header, bool is_blob,
                         bool stored) {
  HttpReply reply;
  HttpFields& fields = reply.fields;
  fields.Add("Content-Type",
             is_blob ? kOctetStream : WireMediaType(header.target.media_type));
  fields.Add("Docker-Content-Digest", header.target.digest.ToString());
  fields.Add("ETag", EntityTagOf(header.target.digest));
  if (is_blob) fields.Add("Accept-Ranges", "bytes");
  fields.Add("Cache-Status", CacheStatusOf(header.origin, stored));
  if (header.origin == ContentOrigin::kStale) {
    fields.Add("Warning", kStaleWarning);
  }
  return reply;
}

}  // namespace

ContentHandler::ContentHandler(Resolver& resolver, ContentSource& source,
                               ActiveStreams& streams, const Clock& clock,
                               absl::Duration fetch_timeout)
    : resolver_(resolver),
      source_(source),
      streams_(streams),
      clock_(clock),
      fetch_timeout_(fetch_timeout) {}

HttpReply ContentHandler::Handle(const HttpRequest& request,
                                 const ContentRoute& route) {
  auto reply = Answer({request, route, WantedRange(request, route.content)});
  return reply.ok() ? *std::move(reply) : ErrorReply(reply.status());
}

absl::StatusOr<HttpReply> ContentHandler::Answer(const Pull& pull) {
  ASSIGN_OR_RETURN(
      const Resolution resolution,
      resolver_.Resolve({pull.route.registry_id, pull.route.content,
                         /*counts_as_download=*/!pull.request.is_head()}));
  absl::StatusOr<Opened> opened = absl::NotFoundError("no hit");
  if (resolution.hit) opened = OpenHit(pull, *resolution.hit, resolution.plan);
  if (BytesAreGone(opened.status())) {
    opened = OpenFetched(pull, resolution.plan);
  }
  RETURN_IF_ERROR(opened.status());
  return ReplyFrom(pull, *std::move(opened));
}

absl::StatusOr<HttpReply> ContentHandler::ReplyFrom(const Pull& pull,
                                                    Opened opened) const {
  const HttpRequest& request = pull.request;
  const ContentHeader& header = opened.header;
  RETURN_IF_ERROR(CheckAccept(request, pull.route.content,
                              WireMediaType(header.target.media_type)));
  HttpReply reply =
      DescribedReply(header, pull.is_blob(), /*stored=*/!request.is_head());
  if (IsNotModified(request, header.target.digest)) {
    reply.status = 304;
    return reply;
  }
  if (pull.range) {
    reply.status = 206;
    reply.fields.Add(
        "Content-Range",
        absl::StrCat("bytes ", header.range.offset, "-", header.range.end() - 1,
                     "/", header.target.size_bytes));
  }
  reply.content_length =
      pull.range ? header.range.length : header.target.size_bytes;
  if (opened.stream != nullptr) {
    reply.stream = BodyOf(std::move(opened.first), std::move(opened.stream));
  }
  return reply;
}

absl::StatusOr<ContentHandler::Opened> ContentHandler::OpenHit(
    const Pull& pull, const Hit& hit, const FetchPlan& plan) {
  // The client has it already; whether we still have the bytes is no matter.
  if (IsNotModified(pull.request, hit.target.digest)) {
    return Opened{{hit.target, {}, ContentOrigin::kHit, hit.upstream_id}};
  }
  ReadRequest request{hit.target.digest, pull.range, pull.request.is_head()};
  // Damage in the middle of a body can no longer be told as an error.
  if (pull.is_blob()) request.repair = RepairPlan{pull.route.content, plan};
  ASSIGN_OR_RETURN(auto stream, source_.Read(request));
  ASSIGN_OR_RETURN(Opened opened, Begin(pull, std::move(stream)));
  // The store knows bytes by their digest alone, not what they are.
  opened.header.target.media_type = hit.target.media_type;
  return opened;
}

absl::StatusOr<ContentHandler::Opened> ContentHandler::OpenFetched(
    const Pull& pull, const FetchPlan& plan) {
  FetchRequest request{pull.route.content, plan, pull.range};
  request.header_only = pull.request.is_head();
  request.deadline = clock_.Now() + fetch_timeout_;
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
