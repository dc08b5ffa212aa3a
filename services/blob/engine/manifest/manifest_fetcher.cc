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
      ManifestAnswer{answer->target, {}, answer->cache_status});
}

}  // namespace

ManifestFetcher::ManifestFetcher(const UpstreamTools& tools,
                                 StoredManifests& stored, FairPool& pool,
                                 absl::Duration overlap_delay)
    : store_(tools.store),
      loader_(tools, stored),
      flights_(pool, WithoutBytes),
      probes_(pool),
      tools_{loader_, tools.metadata, flights_, probes_, overlap_delay} {}

absl::StatusOr<std::unique_ptr<ContentStream>> ManifestFetcher::Fetch(
    const FetchRequest& request) {
  const bool counts = request.counts_as_pull && !request.header_only;
  return Open(request, counts ? Purpose::kPull : Purpose::kLook);
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
  auto& [target, bytes, cache_status] = found.answer;
  const StreamDescriptor descriptor = {std::move(target), cache_status,
                                       found.upstream_id};
  const StreamRequest stream_request = {request.range, request.header_only};
  if (bytes.reader != nullptr) {
    return MakeStoredStream(descriptor, stream_request, store_,
                            std::move(bytes.reader));
  }
  return MakeBytesStream(descriptor, stream_request, std::move(bytes.chunk));
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
    candidate.negative_answer = NegativeAnswer::kNone;
    if (candidate.cached) candidate.cached->fresh = false;
  }
  ASSIGN_OR_RETURN(ManifestWalk::Found found,
                   ManifestWalk(tools_, request, Purpose::kRefresh).Run());
  return Hit{std::move(found.answer.target), found.upstream_id};
}

}  // namespace cvr
