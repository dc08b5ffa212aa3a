#include "services/blob/engine/blob_fetcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/blob/engine/content_streams.h"
#include "services/blob/engine/resuming_stream.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

const Digest& DigestOf(const FetchRequest& request) {
  return request.content.reference.digest();
}

StreamWish WishOf(const FetchRequest& request) {
  return {request.range, request.header_only};
}

std::vector<BlobOrigin> OriginsOf(const FetchRequest& request) {
  std::vector<BlobOrigin> origins;
  for (const Candidate& candidate : request.plan.candidates) {
    origins.push_back({candidate.upstream_id, request.content.repository,
                       candidate.cached.has_value()});
  }
  return origins;
}

// The first candidate that is known to have the blob already.
std::optional<BlobOrigin> EntitledOrigin(const FetchRequest& request) {
  for (const Candidate& candidate : request.plan.candidates) {
    if (!candidate.reachable && !candidate.cached) continue;
    return BlobOrigin{candidate.upstream_id, request.content.repository,
                      candidate.cached.has_value()};
  }
  return std::nullopt;
}

// The first of the request's own origins that has answered the download.
std::optional<BlobOrigin> ProvenOrigin(const FetchRequest& request,
                                       const Download& download) {
  for (const BlobOrigin& origin : OriginsOf(request)) {
    if (download.IsProvenBy(origin)) return origin;
  }
  return std::nullopt;
}

StreamSubject SubjectOf(const Digest& digest, uint64_t size_bytes,
                        ContentOrigin how, const BlobOrigin& origin) {
  return {{kOctetStream, digest, size_bytes}, how, origin.upstream_id};
}

absl::Status Stopping() {
  return absl::UnavailableError("the blob service is stopping");
}

}  // namespace

BlobFetcher::BlobFetcher(Download::Tools& tools, BlobFeed::Options feed_options,
                         ThreadPool& downloads, BlobProber& prober)
    : tools_(tools),
      feed_options_(feed_options),
      downloads_(downloads),
      prober_(prober) {}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Fetch(
    const FetchRequest& request) {
  ASSIGN_OR_RETURN(Stream stream, FetchOnce(request));
  if (request.header_only) return stream;
  return MakeResumingStream(std::move(stream),
                            [this, request](const ByteRangeSpec& rest) {
                              FetchRequest again = request;
                              again.range = rest;
                              // A stream that has begun is bounded by progress
                              // instead.
                              again.deadline = absl::InfiniteFuture();
                              return FetchOnce(again);
                            });
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::FetchOnce(
    const FetchRequest& request) {
  while (true) {
    ASSIGN_OR_RETURN(Stream stream, TryFetch(request));
    if (stream != nullptr) return stream;
  }
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::TryFetch(
    const FetchRequest& request) {
  const Digest& digest = DigestOf(request);
  std::shared_ptr<BlobFlight> flight;
  uint64_t ends_seen = 0;
  {
    MutexLock lock(&mutex_);
    if (stopping_) return Stopping();
    if (const auto it = flights_.find(digest); it != flights_.end()) {
      flight = it->second;
    }
    ends_seen = ends_;
  }
  if (flight != nullptr) {
    return Join(request, flight,
                std::make_unique<BlobFeed::Reader>(flight->download().feed()));
  }
  auto stored = tools_.store.Open(digest);
  if (stored.ok()) return ServeStored(request, *std::move(stored));
  if (!absl::IsNotFound(stored.status())) {
    spdlog::error("open blob {}: {}", digest.ToString(),
                  stored.status().ToString());
  }
  return request.header_only ? Probe(request) : Start(request, ends_seen);
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::ServeStored(
    const FetchRequest& request, std::shared_ptr<const BlobReader> reader) {
  const Digest& digest = DigestOf(request);
  std::optional<BlobOrigin> origin = EntitledOrigin(request);
  if (!origin) {
    ASSIGN_OR_RETURN(
        const auto answer,
        prober_.FindFirst(OriginsOf(request), digest, request.deadline));
    origin = answer.origin;
  }
  const StreamSubject subject =
      SubjectOf(digest, reader->size(), ContentOrigin::kHit, *origin);
  ASSIGN_OR_RETURN(Stream stream,
                   MakeStoredStream(subject, WishOf(request), tools_.store,
                                    std::move(reader)));
  RecordBlob(tools_.metadata, {*origin, !request.header_only}, subject.target);
  return stream;
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Probe(
    const FetchRequest& request) {
  const Digest& digest = DigestOf(request);
  ASSIGN_OR_RETURN(
      const auto answer,
      prober_.FindFirst(OriginsOf(request), digest, request.deadline));
  if (!answer.size_bytes) {
    return errors::UpstreamInvalid(absl::StrCat(answer.origin.upstream_id),
                                   "does not say how large the blob is");
  }
  return MakeHeaderStream(SubjectOf(digest, *answer.size_bytes,
                                    ContentOrigin::kMiss, answer.origin),
                          WishOf(request));
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Start(
    const FetchRequest& request, uint64_t ends_seen) {
  const Digest& digest = DigestOf(request);
  const auto flight = std::make_shared<BlobFlight>(std::make_unique<Download>(
      tools_, digest, OriginsOf(request), feed_options_));
  // Before the download runs: one that finds no reader may end early.
  auto reader = std::make_unique<BlobFeed::Reader>(flight->download().feed());
  {
    MutexLock lock(&mutex_);
    if (stopping_) return Stopping();
    // Somebody else began since, or has ended: the blob may be stored now.
    if (ends_ != ends_seen || flights_.contains(digest)) return nullptr;
    flights_[digest] = flight;
    running_.push_back(flight);
  }
  if (!downloads_.Schedule([this, flight] { Run(flight); })) {
    const absl::Status busy =
        WithRetryAfter(absl::UnavailableError("too many downloads are waiting"),
                       absl::Seconds(5));
    End(flight, busy);
    return busy;
  }
  return Join(request, flight, std::move(reader));
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Join(
    const FetchRequest& request, const std::shared_ptr<BlobFlight>& flight,
    std::unique_ptr<BlobFeed::Reader> reader) {
  const Download& download = flight->download();
  const auto size = reader->WaitForSize(request.deadline);
  if (!size.ok()) {
    // Others' candidates may have failed where this request's own would not.
    const bool final = absl::IsDeadlineExceeded(size.status()) ||
                       download.origins() == OriginsOf(request);
    return final ? absl::StatusOr<Stream>(size.status()) : nullptr;
  }
  std::optional<BlobOrigin> origin = ProvenOrigin(request, download);
  if (!origin) origin = EntitledOrigin(request);
  if (!origin) {
    ASSIGN_OR_RETURN(const auto answer,
                     prober_.FindFirst(OriginsOf(request), download.digest(),
                                       request.deadline));
    origin = answer.origin;
  }
  // There is no last chunk to be held back.
  if (*size == 0) RETURN_IF_ERROR(reader->WaitUntilVerified(request.deadline));
  const StreamSubject subject =
      SubjectOf(download.digest(), *size, ContentOrigin::kMiss, *origin);
  if (request.header_only) return MakeHeaderStream(subject, WishOf(request));
  auto stream =
      MakeFollowingStream(subject, WishOf(request), std::move(reader));
  if (absl::IsAborted(stream.status())) {
    Remove(*flight);
    return nullptr;
  }
  RETURN_IF_ERROR(stream.status());
  if (!flight->Note(*origin, /*counts_as_download=*/true) &&
      download.is_stored()) {
    origin->recorded = download.serving_origin() == origin;
    RecordBlob(tools_.metadata, {*origin, 1}, subject.target);
  }
  return stream;
}

void BlobFetcher::Run(const std::shared_ptr<BlobFlight>& flight) {
  Download& download = flight->download();
  const absl::Status status = download.Run();
  if (status.ok()) {
    const Descriptor target = {kOctetStream, download.digest(),
                               download.feed()->size().value_or(0)};
    for (const auto& served : flight->Close()) {
      if (download.is_stored()) RecordBlob(tools_.metadata, served, target);
    }
  }
  End(flight, status);
}

// Readers learn of a failure only when nobody can find the flight any more, so
// that looking again makes sense.
void BlobFetcher::End(const std::shared_ptr<BlobFlight>& flight,
                      const absl::Status& status) {
  Remove(*flight);
  if (!status.ok()) flight->download().feed()->Fail(status);
  MutexLock lock(&mutex_);
  running_.erase(std::find(running_.begin(), running_.end(), flight));
  flight_ended_.SignalAll();
}

// From now on nobody joins it.
void BlobFetcher::Remove(const BlobFlight& flight) {
  MutexLock lock(&mutex_);
  const auto it = flights_.find(flight.download().digest());
  if (it == flights_.end() || it->second.get() != &flight) return;
  flights_.erase(it);
  ++ends_;
}

void BlobFetcher::Shutdown(absl::Time deadline) {
  MutexLock lock(&mutex_);
  stopping_ = true;
  while (!running_.empty()) {
    if (flight_ended_.WaitWithDeadline(&mutex_, deadline)) break;
  }
  for (const auto& flight : running_) flight->download().Abandon();
}

size_t BlobFetcher::download_count() const {
  MutexLock lock(&mutex_);
  return running_.size();
}

}  // namespace cvr
