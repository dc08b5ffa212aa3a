#include "services/metadata/resolution/candidate_reader.h"

#include <algorithm>
#include <utility>

#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/possession.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/reachability_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {

absl::StatusOr<std::optional<std::string>> CandidateReader::WhyExcluded(
    const UpstreamRoute& route) const {
  auto why = route.WhyExcluded(content_);
  if (why || !content_.reference.is_digest() || !route.rules.HasTagRules()) {
    return why;
  }
  // A digest must not be a way around the rules on tags.
  ASSIGN_OR_RETURN(
      const bool is_reached,
      reachability::IsReachedByTag(
          transaction_, route.upstream_id, route.purge_mark,
          route.CanonicalName(content_.repository), content_.reference.digest(),
          [&](absl::string_view tag) { return route.rules.AllowsTag(tag); }));
  if (is_reached) return std::nullopt;
  return "tag rules: no allowed tag is known to reference this digest";
}

absl::StatusOr<CandidateReader::Known> CandidateReader::Read(
    const UpstreamRoute& route) const {
  Known known;
  Candidate& candidate = known.candidate;
  candidate.upstream_id = route.upstream_id;
  candidate.cache_epoch = route.cache_epoch;
  candidate.upstream_version = route.upstream_version;
  candidate.rate_reserve_percent = route.rate_reserve_percent;
  const ContentRef content = route.Canonical(content_);
  if (!(content.repository == content_.repository)) {
    candidate.repository = content.repository;
  }
  const std::string path = content.RelativePath();
  candidate.failure_policy = route.failure_policy;
  candidate.identity = route.identity;
  candidate.public_identity = route.public_identity;
  if (content_.kind == ContentKind::kTags) {
    candidate.tag_rules = route.rules.TagRules();
  }
  RETURN_IF_ERROR(ReadNegativeEntry(route, path, known));
  if (candidate.negative_answer != NegativeAnswer::kNone) return known;
  if (content_.is_addressed_by_digest()) {
    const Digest& digest = content.reference.digest();
    ASSIGN_OR_RETURN(
        candidate.reachable,
        reachability::Has(transaction_, route.upstream_id, route.purge_mark,
                          content.repository, digest));
    RETURN_IF_ERROR(ReadPossession(digest, candidate));
    if (!candidate.reachable) return known;
  }
  RETURN_IF_ERROR(ReadEntry(route, path, known));
  if (candidate.cached && !content_.is_addressed_by_digest()) {
    RETURN_IF_ERROR(ReadPossession(candidate.cached->target.digest, candidate));
  }
  return known;
}

absl::Status CandidateReader::ReadPossession(const Digest& digest,
                                             Candidate& candidate) const {
  ASSIGN_OR_RETURN(candidate.possessed,
                   possession::Has(transaction_, digest, candidate.identity,
                                   candidate.public_identity));
  return absl::OkStatus();
}

absl::Status CandidateReader::ReadNegativeEntry(const UpstreamRoute& route,
                                                const std::string& path,
                                                Known& known) const {
  ASSIGN_OR_RETURN(const auto row, tables::FindNegativeEntry(
                                       transaction_, route.upstream_id, path));
  if (!row || FromWire(row->upstream_update_time()) != route.update_time ||
      purges::IsPurged(*row, route.purge_mark)) {
    return absl::OkStatus();
  }
  // Longer than any lasts: it was written under a clock that was set back
  // since.
  const absl::Duration left = FromWire(row->until()) - now_;
  const absl::Duration ttl =
      route.NegativeTtlOf(content_, row->refused() || row->hidden());
  if (left <= absl::ZeroDuration() || left > ttl) return absl::OkStatus();
  known.candidate.negative_answer = row->refused()  ? NegativeAnswer::kRefused
                                    : row->hidden() ? NegativeAnswer::kHidden
                                                    : NegativeAnswer::kNotFound;
  known.denied_until = FromWire(row->until());
  return absl::OkStatus();
}

absl::Status CandidateReader::ReadEntry(const UpstreamRoute& route,
                                        const std::string& path,
                                        Known& known) const {
  ASSIGN_OR_RETURN(const auto row, tables::FindCacheEntry(
                                       transaction_, route.upstream_id, path));
  if (!row || row->status() != stored::CacheEntry::STATUS_ACTIVE ||
      purges::IsPurged(*row, route.purge_mark)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(row->digest()));
  CachedEntry entry{
      Descriptor{row->media_type(), digest, static_cast<uint64_t>(row->size())},
      FromWire(row->upstream_checked_at())};
  known.fresh_until = entry.last_check_time + route.ValidityOf(content_);
  if (content_.is_addressed_by_digest()) {
    known.fresh_until = absl::InfiniteFuture();
  }
  // What was checked in the future, was so under a clock that was set back
  // since: nobody knows how old it is.
  if (!content_.is_addressed_by_digest() && entry.last_check_time > now_) {
    known.fresh_until = now_;
  }
  if (row->has_expire_time()) {
    known.fresh_until =
        std::min(known.fresh_until, FromWire(row->expire_time()));
  }
  entry.fresh = now_ < known.fresh_until;
  known.stale_until = known.fresh_until + route.max_stale;
  entry.stale_for = known.stale_until - now_;
  known.candidate.cached = std::move(entry);
  known.entry_id = row->id();
  return absl::OkStatus();
}

}  // namespace cvr
