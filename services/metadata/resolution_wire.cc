#include "services/metadata/resolution_wire.h"

#include <utility>

#include "services/common/content_wire.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

v1::CachedEntry EntryToWire(const CachedEntry& entry) {
  v1::CachedEntry message;
  *message.mutable_target() = ToWire(entry.target);
  *message.mutable_upstream_checked_at() = ToWire(entry.upstream_checked_at);
  message.set_fresh(entry.fresh);
  if (entry.serve_stale_until != absl::InfiniteFuture()) {
    *message.mutable_serve_stale_until() = ToWire(entry.serve_stale_until);
  }
  return message;
}

absl::StatusOr<CachedEntry> EntryFromWire(const v1::CachedEntry& message) {
  ASSIGN_OR_RETURN(auto target, FromWire(message.target()));
  CachedEntry entry{std::move(target), FromWire(message.upstream_checked_at()),
                    message.fresh()};
  if (message.has_serve_stale_until()) {
    entry.serve_stale_until = FromWire(message.serve_stale_until());
  }
  return entry;
}

}  // namespace

v1::ResolveRequest ToWire(const ResolveRequest& request) {
  v1::ResolveRequest message;
  message.set_registry_id(request.registry_id);
  *message.mutable_content() = ToWire(request.content);
  message.set_counts_as_download(request.counts_as_download);
  return message;
}

absl::StatusOr<ResolveRequest> FromWire(const v1::ResolveRequest& message) {
  ASSIGN_OR_RETURN(auto content, FromWire(message.content()));
  return ResolveRequest{message.registry_id(), std::move(content),
                        message.counts_as_download()};
}

v1::FetchPlan ToWire(const FetchPlan& plan) {
  v1::FetchPlan message;
  for (const Candidate& candidate : plan.candidates) {
    auto* const added = message.add_candidates();
    added->set_upstream_id(candidate.upstream_id);
    added->set_reachable(candidate.reachable);
    if (candidate.cached)
      *added->mutable_cached() = EntryToWire(*candidate.cached);
  }
  return message;
}

absl::StatusOr<FetchPlan> FromWire(const v1::FetchPlan& message) {
  FetchPlan plan;
  for (const auto& candidate : message.candidates()) {
    Candidate added{candidate.upstream_id(), candidate.reachable(), {}};
    if (candidate.has_cached()) {
      ASSIGN_OR_RETURN(added.cached, EntryFromWire(candidate.cached()));
    }
    plan.candidates.push_back(std::move(added));
  }
  return plan;
}

v1::ResolveResponse ToWire(const Resolution& resolution) {
  v1::ResolveResponse message;
  if (resolution.hit) {
    *message.mutable_hit()->mutable_target() = ToWire(resolution.hit->target);
    message.mutable_hit()->set_upstream_id(resolution.hit->upstream_id);
  }
  *message.mutable_plan() = ToWire(resolution.plan);
  return message;
}

absl::StatusOr<Resolution> FromWire(const v1::ResolveResponse& message) {
  Resolution resolution;
  if (message.has_hit()) {
    ASSIGN_OR_RETURN(auto target, FromWire(message.hit().target()));
    resolution.hit = Hit{std::move(target), message.hit().upstream_id()};
  }
  ASSIGN_OR_RETURN(resolution.plan, FromWire(message.plan()));
  return resolution;
}

}  // namespace cvr
