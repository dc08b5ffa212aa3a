#include "services/metadata/local_resolver.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables.h"

namespace cvr {
namespace {

// One Resolve() at work.
class Resolving {
 public:
  Resolving(const ReadTransaction& transaction, const ContentRef& content,
            absl::Time now)
      : transaction_(transaction),
        content_(content),
        path_(content.RelativePath()),
        now_(now) {}

  // Asks what is known of the next upstream in order of precedence.
  absl::Status Add(const Route& route) {
    ASSIGN_OR_RETURN(
        const auto row,
        tables::FindCacheEntry(transaction_, route.upstream_id, path_));
    Candidate candidate;
    candidate.upstream_id = route.upstream_id;
    if (row && row->status() == v1::CacheEntry::ACTIVE) {
      ASSIGN_OR_RETURN(candidate.cached, FromRow(*row, route));
    }
    ASSIGN_OR_RETURN(candidate.reachable, IsReachable(candidate));
    if (candidate.cached && candidate.cached->fresh && MayAnswer()) {
      resolution_.hit = Hit{candidate.cached->target, route.upstream_id};
      hit_entry_id_ = row->id();
    }
    earlier_may_have_it_ = true;
    resolution_.plan.candidates.push_back(std::move(candidate));
    return absl::OkStatus();
  }

  Resolution& resolution() { return resolution_; }
  int64_t hit_entry_id() const { return hit_entry_id_; }

 private:
  bool by_digest() const { return content_.reference.is_digest(); }

  // A digest proves itself, whoever has it. A tag of this upstream counts only
  // when no upstream before may have that tag, or a lower one would shadow a
  // higher one. Nothing is recorded yet of tags that an upstream is known not
  // to have; such absences will be asked for in Add(), where
  // earlier_may_have_it_ is set.
  bool MayAnswer() const {
    return !resolution_.hit && (by_digest() || !earlier_may_have_it_);
  }

  absl::StatusOr<CachedEntry> FromRow(const v1::CacheEntry& row,
                                      const Route& route) const {
    ASSIGN_OR_RETURN(const auto digest, Digest::Parse(row.digest()));
    CachedEntry entry{
        Descriptor{row.media_type(), digest, static_cast<uint64_t>(row.size())},
        FromWire(row.upstream_checked_at())};
    const absl::Time fresh_until =
        by_digest() ? absl::InfiniteFuture()
                    : entry.upstream_checked_at + route.cache_validity;
    entry.fresh = now_ < fresh_until;
    entry.serve_stale_until = fresh_until + route.max_stale;
    return entry;
  }

  // Only of digests. An entry says it too: both rows are written together.
  absl::StatusOr<bool> IsReachable(const Candidate& candidate) const {
    if (!by_digest()) return false;
    if (candidate.cached) return true;
    return tables::IsReachable(transaction_, candidate.upstream_id,
                               content_.repository,
                               content_.reference.digest());
  }

  const ReadTransaction& transaction_;
  const ContentRef& content_;
  const std::string path_;
  const absl::Time now_;

  Resolution resolution_;
  int64_t hit_entry_id_ = 0;
  bool earlier_may_have_it_ = false;
};

}  // namespace

absl::StatusOr<Resolution> LocalResolver::Resolve(
    const ResolveRequest& request) {
  ASSIGN_OR_RETURN(const auto routes, routes_.Get(request.registry_id));
  if (routes == nullptr || routes->empty()) {
    return errors::RegistryUnknown(absl::StrCat(request.registry_id));
  }
  const absl::Time now = clock_.Now();
  Resolution resolution;
  int64_t hit_entry_id = 0;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    Resolving resolving(transaction, request.content, now);
    for (const Route& route : *routes) RETURN_IF_ERROR(resolving.Add(route));
    resolution = std::move(resolving.resolution());
    hit_entry_id = resolving.hit_entry_id();
    return absl::OkStatus();
  }));
  if (hit_entry_id != 0 && request.counts_as_download) {
    downloads_.Count(hit_entry_id, now);
  }
  return resolution;
}

absl::StatusOr<std::vector<CachedRepository>> LocalResolver::ListRepositories(
    int64_t, const CachedRepository&, int) {
  return std::vector<CachedRepository>();
}

}  // namespace cvr
