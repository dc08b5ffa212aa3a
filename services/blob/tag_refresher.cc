#include "services/blob/tag_refresher.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "services/blob/parallel_work.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/operation_record_wire.h"

namespace cvr {
namespace {

// What a pull is served before the refresh, if its upstreams stay silent.
std::string CachedDigest(const Resolution& resolution) {
  if (resolution.hit) return resolution.hit->target.digest.ToString();
  for (const Candidate& candidate : resolution.plan.candidates) {
    if (candidate.cached) return candidate.cached->target.digest.ToString();
  }
  return "";
}

void ResultToWire(const ContentRef& tag,
                  absl::StatusOr<v1::RefreshTagResponse> refreshed,
                  v1::BatchRefreshTagsResponse::Result& message) {
  message.set_repository(tag.repository.name());
  message.set_tag(tag.reference.tag());
  if (refreshed.ok()) {
    *message.mutable_response() = *std::move(refreshed);
  } else {
    *message.mutable_error() = ErrorToWire(refreshed.status());
  }
}

}  // namespace

ShareKey TagRefresher::Question::share() const {
  const auto& candidates = resolution.plan.candidates;
  return {resolution.plan.group,
          candidates.empty() ? 0 : candidates.front().upstream_id};
}

absl::StatusOr<TagRefresher::Question> TagRefresher::Resolve(
    int64_t registry_id, const ContentRef& content) {
  ResolveRequest request = {registry_id, content};
  request.caller = Caller::System();
  ASSIGN_OR_RETURN(Resolution resolution, resolver_.Resolve(request));
  return Question{content, std::move(resolution)};
}

absl::StatusOr<v1::RefreshTagResponse> TagRefresher::Refresh(
    Question question, absl::Time deadline, std::stop_token cancel) {
  const std::string previous = CachedDigest(question.resolution);
  FetchRequest fetch = {std::move(question.content),
                        std::move(question.resolution.plan)};
  fetch.deadline = deadline;
  fetch.cancel = std::move(cancel);
  ASSIGN_OR_RETURN(const Hit now, engine_.RefreshTag(std::move(fetch)));
  v1::RefreshTagResponse response;
  response.set_digest(now.target.digest.ToString());
  response.set_media_type(now.target.media_type);
  response.set_size_bytes(static_cast<int64_t>(now.target.size_bytes));
  response.set_upstream_id(now.upstream_id);
  response.set_previous_digest(previous);
  return response;
}

absl::StatusOr<v1::BatchRefreshTagsResponse> TagRefresher::RefreshAll(
    int64_t registry_id, const std::vector<ContentRef>& tags,
    RunningOperation& operation) {
  const std::stop_token stop = operation.stop_token();
  operation.SetTotal(static_cast<int64_t>(tags.size()));
  std::vector<absl::StatusOr<v1::RefreshTagResponse>> refreshed(
      tags.size(), absl::CancelledError("refresh cancelled"));
  // By the upstream that is asked first.
  std::map<int64_t, std::vector<size_t>> places;
  for (size_t i = 0; i < tags.size() && !stop.stop_requested(); ++i) {
    const auto question = Resolve(registry_id, tags[i]);
    if (question.ok()) {
      places[question->share().upstream_id].push_back(i);
    } else {
      refreshed[i] = question.status();
      operation.Add(1);
    }
  }
  std::vector<std::vector<size_t>> lanes;
  for (auto& [upstream_id, lane] : places) lanes.push_back(std::move(lane));
  std::atomic<size_t> next_lane = 0;
  WorkInParallel("refresh", std::min(kParallelMax, lanes.size()), [&] {
    for (size_t lane = next_lane++; lane < lanes.size(); lane = next_lane++) {
      for (const size_t i : lanes[lane]) {
        if (stop.stop_requested()) return;
        // Anew: what was cached when the first tag's turn came may be old.
        auto question = Resolve(registry_id, tags[i]);
        refreshed[i] =
            question.ok()
                ? Refresh(*std::move(question), absl::InfiniteFuture(), stop)
                : absl::StatusOr<v1::RefreshTagResponse>(question.status());
        operation.Add(1);
      }
    }
  });
  if (stop.stop_requested()) return absl::CancelledError("refresh cancelled");
  v1::BatchRefreshTagsResponse response;
  for (size_t i = 0; i < tags.size(); ++i) {
    ResultToWire(tags[i], std::move(refreshed[i]), *response.add_results());
  }
  return response;
}

}  // namespace cvr
