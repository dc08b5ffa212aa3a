#include "services/blob/engine/manifest/manifest_fetcher.h"

#include <utility>

#include "services/blob/engine/download/content_streams.h"
#include "services/common/status_macros.h"

namespace cvr {

using Purpose = ManifestWalk::Purpose;

namespace {

std::shared_ptr<const ManifestAnswer> WithoutBytes(
    const std::shared_ptr<const ManifestAnswer>& answer) {
  return std::make_shared<const ManifestAnswer>(
      ManifestAnswer{answer->target, {}, answer->origin});
}

}  // namespace

ManifestFetcher::ManifestFetcher(BlobStore& store, StoredManifests& stored,
                                 UpstreamClient& upstream,
                                 PullMetadata& metadata, UpstreamHealth* health,
                                 FairPool& pool, absl::Duration overlap_delay)
    : store_(store),
      asker_(store, stored, upstream, metadata, health),
      flights_(pool, WithoutBytes),
      probes_(pool),
      tools_{asker_, metadata, flights_, probes_, overlap_delay} {}

absl::StatusOr<std::unique_ptr<ContentStream>> ManifestFetcher::Fetch(
    const FetchRequest& request) {
  return Open(request, request.header_only ? Purpose::kLook : Purpose::kPull);
}

absl::StatusOr<std::unique_ptr<ContentStream>> ManifestFetcher::Repair(
    FetchRequest request) {
  // What a tag points at elsewhere is another manifest.
  for (Candidate& candidate : request.plan.candidates) {
    if (candidate.cached &&
        candidate.cached->target.digest != request.content.reference.digest()) {
      candidate.cached.reset();
      candidate.possessed = false;
    }
  }
  return Open(request, Purpose::kLook);
}

absl::StatusOr<std::unique_ptr<ContentStream>> ManifestFetcher::Open(
    const FetchRequest& request, Purpose purpose) {
  ASSIGN_OR_RETURN(ManifestWalk::Found found,
                   ManifestWalk(tools_, request, purpose).Run());
  auto& [target, bytes, origin] = found.answer;
  const StreamSubject subject = {std::move(target), origin, found.upstream_id};
  const StreamWish wish = {request.range, request.header_only};
  if (bytes.reader != nullptr) {
    return MakeStoredStream(subject, wish, store_, std::move(bytes.reader));
  }
  return MakeBytesStream(subject, wish, std::move(bytes.chunk));
}

std::vector<absl::Status> ManifestFetcher::Refresh(
    const std::vector<RefreshDue>& due) {
  std::vector<ManifestFlights::Ticket> tickets;
  for (const auto& [content, candidate] : due) {
    tickets.push_back(
        BeginManifestFlight(tools_, {content, candidate, /*counts=*/false}));
  }
  std::vector<absl::Status> outcomes;
  for (const auto& ticket : tickets) {
    outcomes.push_back(flights_.Wait(ticket, Patience()).status());
  }
  return outcomes;
}

absl::StatusOr<Hit> ManifestFetcher::RefreshTag(FetchRequest request) {
  for (Candidate& candidate : request.plan.candidates) {
    candidate.denial = Denial::kNone;
    if (candidate.cached) candidate.cached->fresh = false;
  }
  ASSIGN_OR_RETURN(ManifestWalk::Found found,
                   ManifestWalk(tools_, request, Purpose::kRefresh).Run());
  return Hit{std::move(found.answer.target), found.upstream_id};
}

}  // namespace cvr
