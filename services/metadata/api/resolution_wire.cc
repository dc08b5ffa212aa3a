#include "services/metadata/api/resolution_wire.h"

#include <utility>

#include "services/access/caller_wire.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/resources/policy_wire.h"

namespace cvr {
namespace {

internal::v1::CachedEntry EntryToWire(const CachedEntry& entry) {
  internal::v1::CachedEntry message;
  *message.mutable_target() = ToWire(entry.target);
  *message.mutable_last_check_time() = ToWire(entry.last_check_time);
  message.set_fresh(entry.fresh);
  if (entry.stale_for != absl::InfiniteDuration()) {
    *message.mutable_stale_for() = ToWire(entry.stale_for);
  }
  return message;
}

absl::StatusOr<CachedEntry> EntryFromWire(
    const internal::v1::CachedEntry& message) {
  ASSIGN_OR_RETURN(auto target, FromWire(message.target()));
  CachedEntry entry{std::move(target), FromWire(message.last_check_time()),
                    message.fresh()};
  if (message.has_stale_for()) {
    entry.stale_for = FromWire(message.stale_for());
  }
  return entry;
}

}  // namespace

internal::v1::Candidate::NegativeAnswer ToWire(NegativeAnswer negative_answer) {
  switch (negative_answer) {
    case NegativeAnswer::kNone:
      break;
    case NegativeAnswer::kNotFound:
      return internal::v1::Candidate::NEGATIVE_ANSWER_NOT_FOUND;
    case NegativeAnswer::kRefused:
      return internal::v1::Candidate::NEGATIVE_ANSWER_REFUSED;
    case NegativeAnswer::kHidden:
      return internal::v1::Candidate::NEGATIVE_ANSWER_HIDDEN;
  }
  return internal::v1::Candidate::NEGATIVE_ANSWER_UNSPECIFIED;
}

absl::StatusOr<NegativeAnswer> FromWire(
    internal::v1::Candidate::NegativeAnswer negative_answer) {
  switch (negative_answer) {
    case internal::v1::Candidate::NEGATIVE_ANSWER_UNSPECIFIED:
      return NegativeAnswer::kNone;
    case internal::v1::Candidate::NEGATIVE_ANSWER_NOT_FOUND:
      return NegativeAnswer::kNotFound;
    case internal::v1::Candidate::NEGATIVE_ANSWER_REFUSED:
      return NegativeAnswer::kRefused;
    case internal::v1::Candidate::NEGATIVE_ANSWER_HIDDEN:
      return NegativeAnswer::kHidden;
    default:
      return errors::FieldInvalid("negative_answer", "unknown value");
  }
}

internal::v1::Candidate ToWire(const Candidate& candidate) {
  internal::v1::Candidate message;
  message.set_upstream_id(candidate.upstream_id);
  message.set_reachable(candidate.reachable);
  if (candidate.cached) {
    *message.mutable_cached() = EntryToWire(*candidate.cached);
  }
  message.set_negative_answer(ToWire(candidate.negative_answer));
  if (!(candidate.failure_policy == FailurePolicy())) {
    *message.mutable_failure_policy() = ToWire(candidate.failure_policy);
  }
  for (const Rule& rule : candidate.tag_rules.rules()) {
    *message.add_tag_rules() = ToWire(rule);
  }
  message.set_identity(candidate.identity);
  message.set_public_identity(candidate.public_identity);
  message.set_possessed(candidate.possessed);
  message.set_cache_epoch(candidate.cache_epoch);
  if (candidate.repository) {
    message.set_repository(candidate.repository->name());
  }
  message.set_upstream_version(candidate.upstream_version);
  message.set_rate_reserve_percent(candidate.rate_reserve_percent);
  return message;
}

absl::StatusOr<Candidate> FromWire(const internal::v1::Candidate& message) {
  Candidate candidate{message.upstream_id(), message.reachable()};
  if (message.has_cached()) {
    ASSIGN_OR_RETURN(candidate.cached, EntryFromWire(message.cached()));
  }
  ASSIGN_OR_RETURN(candidate.negative_answer,
                   FromWire(message.negative_answer()));
  candidate.failure_policy = FromWire(message.failure_policy());
  ASSIGN_OR_RETURN(candidate.tag_rules, FromWire(message.tag_rules()));
  candidate.identity = message.identity();
  candidate.public_identity = message.public_identity();
  candidate.possessed = message.possessed();
  candidate.cache_epoch = message.cache_epoch();
  if (!message.repository().empty()) {
    ASSIGN_OR_RETURN(candidate.repository,
                     Repository::Parse(message.repository()));
  }
  candidate.upstream_version = message.upstream_version();
  if (message.has_rate_reserve_percent()) {
    candidate.rate_reserve_percent = message.rate_reserve_percent();
  }
  return candidate;
}

internal::v1::ListRepositoriesRequest ToListRequest(
    const Caller& caller, int64_t registry_id,
    const CachedRepository& start_after, int max) {
  internal::v1::ListRepositoriesRequest message;
  *message.mutable_caller() = ToWire(caller);
  message.set_registry_id(registry_id);
  message.mutable_start_after()->set_registry_id(start_after.registry_id);
  message.mutable_start_after()->set_repository(start_after.name);
  message.set_page_size(max);
  return message;
}

internal::v1::ListRepositoriesResponse ToWire(
    const std::vector<CachedRepository>& repositories) {
  internal::v1::ListRepositoriesResponse message;
  for (const auto& repository : repositories) {
    auto* const added = message.add_repositories();
    added->set_registry_id(repository.registry_id);
    added->set_repository(repository.name);
  }
  return message;
}

std::vector<CachedRepository> FromWire(
    const internal::v1::ListRepositoriesResponse& message) {
  std::vector<CachedRepository> repositories;
  for (const auto& one : message.repositories()) {
    repositories.push_back({one.registry_id(), one.repository()});
  }
  return repositories;
}

internal::v1::ResolveRequest ToWire(const ResolveRequest& request) {
  internal::v1::ResolveRequest message;
  message.set_registry_id(request.registry_id);
  *message.mutable_content() = ToWire(request.content);
  message.set_counts_as_pull(request.counts_as_pull);
  message.set_source_namespace(request.source_namespace);
  *message.mutable_caller() = ToWire(request.caller);
  message.set_registry_path(request.registry_path);
  return message;
}

absl::StatusOr<ResolveRequest> FromWire(
    const internal::v1::ResolveRequest& message) {
  ASSIGN_OR_RETURN(auto content, FromWire(message.content()));
  ResolveRequest request{message.registry_id(), std::move(content),
                         message.counts_as_pull(), message.source_namespace(),
                         FromWire(message.caller())};
  request.registry_path = message.registry_path();
  return request;
}

internal::v1::FetchPlan ToWire(const FetchPlan& plan) {
  internal::v1::FetchPlan message;
  for (const Candidate& candidate : plan.candidates) {
    *message.add_candidates() = ToWire(candidate);
  }
  if (plan.resolved_at != absl::InfiniteFuture()) {
    *message.mutable_resolve_time() = ToWire(plan.resolved_at);
  }
  message.set_group(plan.group);
  return message;
}

absl::StatusOr<FetchPlan> FromWire(const internal::v1::FetchPlan& message) {
  FetchPlan plan;
  for (const auto& candidate : message.candidates()) {
    ASSIGN_OR_RETURN(auto added, FromWire(candidate));
    plan.candidates.push_back(std::move(added));
  }
  if (message.has_resolve_time()) {
    plan.resolved_at = FromWire(message.resolve_time());
  }
  plan.group = message.group();
  return plan;
}

internal::v1::ResolveResponse ToWire(const Resolution& resolution) {
  internal::v1::ResolveResponse message;
  if (resolution.hit) {
    *message.mutable_hit()->mutable_target() = ToWire(resolution.hit->target);
    message.mutable_hit()->set_upstream_id(resolution.hit->upstream_id);
  }
  *message.mutable_plan() = ToWire(resolution.plan);
  return message;
}

absl::StatusOr<Resolution> FromWire(
    const internal::v1::ResolveResponse& message) {
  Resolution resolution;
  if (message.has_hit()) {
    ASSIGN_OR_RETURN(auto target, FromWire(message.hit().target()));
    resolution.hit = Hit{std::move(target), message.hit().upstream_id()};
  }
  ASSIGN_OR_RETURN(resolution.plan, FromWire(message.plan()));
  return resolution;
}

}  // namespace cvr
