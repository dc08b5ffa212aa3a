#include "services/metadata/admin/cache_entry_admin.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/conversion/cache_entry_conversion.h"
#include "services/metadata/resolution/upstream_route.h"
#include "services/metadata/resources/field_masks.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cache_rows.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_epoch.h"

namespace cvr {
namespace {

absl::StatusOr<v1::CacheEntry> Require(const ReadTransaction& transaction,
                                       int64_t id) {
  ASSIGN_OR_RETURN(const auto row, tables::FindCacheEntryById(transaction, id));
  if (!row) return errors::NoSuch("cache entry", absl::StrCat(id));
  return ToApi(*row);
}

// What of `given` a new row takes over.
v1::CacheEntry NewEntry(const v1::CacheEntry& given, absl::Time now) {
  v1::CacheEntry entry;
  entry.set_upstream_id(given.upstream_id());
  entry.set_relative_path(given.relative_path());
  entry.set_digest(given.digest());
  entry.set_media_type(given.media_type().empty() ? kOctetStream
                                                  : given.media_type());
  entry.set_size(given.size());
  entry.set_upstream_etag(given.upstream_etag());
  *entry.mutable_upstream_checked_at() = given.has_upstream_checked_at()
                                             ? given.upstream_checked_at()
                                             : ToWire(now);
  entry.set_status(v1::CacheEntry::ACTIVE);
  *entry.mutable_create_time() = ToWire(now);
  *entry.mutable_update_time() = ToWire(now);
  return entry;
}

absl::StatusOr<UpstreamRoute> RequireUpstream(
    const ReadTransaction& transaction, int64_t id) {
  ASSIGN_OR_RETURN(const auto row, tables::FindUpstream(transaction, id));
  if (!row) return errors::NoSuch("upstream", absl::StrCat(id));
  return UpstreamRoute::To(*row);
}

absl::Status RequireNew(const ReadTransaction& transaction,
                        const v1::CacheEntry& entry) {
  ASSIGN_OR_RETURN(const auto taken,
                   tables::FindCacheEntry(transaction, entry.upstream_id(),
                                          entry.relative_path()));
  if (!taken) return absl::OkStatus();
  return errors::Exists(
      {"cache_entry", entry.relative_path()},
      absl::StrCat("upstream ", entry.upstream_id(),
                   " already has a cache entry for ", entry.relative_path()));
}

std::string ScopeOf(const v1::ListCacheEntriesRequest& request) {
  return KeyBuilder()
      .String("cache_entries")
      .String(absl::StrCat(request.upstream_id()))
      .String(request.newest_first() ? "newest_first" : "")
      .Rest(request.path_contains())
      .Build();
}

// `part` in lower case.
bool HasPart(const stored::CacheEntry& entry, absl::string_view part) {
  return absl::StrContains(absl::AsciiStrToLower(entry.relative_path()), part);
}

}  // namespace

absl::StatusOr<v1::CacheEntry> CacheEntryAdmin::Create(
    const v1::CreateCacheEntryRequest& request) {
  RETURN_IF_ERROR(Validate(request.cache_entry()));
  v1::CacheEntry entry = NewEntry(request.cache_entry(), clock_.SteadyNow());
  ASSIGN_OR_RETURN(const auto given, ParseRelativePath(entry.relative_path()));
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(entry.digest()));
  return WriteValue<v1::CacheEntry>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::CacheEntry> {
        ASSIGN_OR_RETURN(const auto upstream,
                         RequireUpstream(transaction, entry.upstream_id()));
        const ContentRef content = upstream.Canonical(given);
        entry.set_relative_path(content.RelativePath());
        RETURN_IF_ERROR(RequireNew(transaction, entry));
        ASSIGN_OR_RETURN(const auto rows,
                         tables::RowsOf(transaction, entry.upstream_id()));
        if (rows.entries() >= entries_per_upstream_max_) {
          return errors::LimitReached(
              absl::StrCat("upstream ", entry.upstream_id()), "cache entries",
              entries_per_upstream_max_);
        }
        ASSIGN_OR_RETURN(const int64_t id,
                         tables::NextId(transaction, tables::kCacheEntryIds));
        entry.set_id(id);
        RETURN_IF_ERROR(tables::PutCacheEntry(transaction, /*digest_before=*/"",
                                              ToStored(entry)));
        // A name only: whether the upstream has it, it has to say itself.
        RETURN_IF_ERROR(reachability::NoteDeclared(
            transaction, entry.upstream_id(), content, digest));
        return entry;
      });
}

absl::StatusOr<v1::CacheEntry> CacheEntryAdmin::Get(
    const v1::GetCacheEntryRequest& request) {
  RETURN_IF_ERROR(downloads_.Flush());
  return ReadValue<v1::CacheEntry>(store_,
                                   [&](const ReadTransaction& transaction) {
                                     return Require(transaction, request.id());
                                   });
}

absl::StatusOr<v1::ListCacheEntriesResponse> CacheEntryAdmin::List(
    const v1::ListCacheEntriesRequest& request, const Caller& caller) {
  if (request.newest_first()) return ListNewestFirst(request, caller);
  if (request.skip() != 0) {
    return errors::FieldInvalid("skip", "requires newest_first");
  }
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t start_after,
                   ParseIdPageToken(scope, request.page_token()));
  RETURN_IF_ERROR(downloads_.Flush());
  const std::string part = absl::AsciiStrToLower(request.path_contains());
  v1::ListCacheEntriesResponse response;
  const auto visit =
      [&](Visibility& visibility,
          const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
    if (!HasPart(entry, part)) return true;
    ASSIGN_OR_RETURN(const bool seen,
                     visibility.OfUpstream(entry.upstream_id()));
    if (!seen) return true;
    if (response.cache_entries_size() == page_size) {
      response.set_next_page_token(
          MakePageToken(scope, response.cache_entries(page_size - 1).id()));
      return false;
    }
    *response.add_cache_entries() = ToApi(entry);
    return true;
  };
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    Visibility visibility(caller, transaction);
    return tables::VisitCacheEntries(transaction, request.upstream_id(),
                                     start_after,
                                     [&](const stored::CacheEntry& entry) {
                                       return visit(visibility, entry);
                                     });
  }));
  return response;
}

// Ids rise with age, but no table can be read from its end: the ids of all are
// gathered, and the page's entries then read by them.
absl::StatusOr<v1::ListCacheEntriesResponse> CacheEntryAdmin::ListNewestFirst(
    const v1::ListCacheEntriesRequest& request, const Caller& caller) {
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t before,
                   ParseIdPageToken(scope, request.page_token()));
  if (request.skip() < 0) {
    return errors::FieldInvalid("skip", "must not be negative");
  }
  RETURN_IF_ERROR(downloads_.Flush());
  const std::string part = absl::AsciiStrToLower(request.path_contains());
  v1::ListCacheEntriesResponse response;
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        Visibility visibility(caller, transaction);
        std::vector<int64_t> ids;
        RETURN_IF_ERROR(tables::VisitCacheEntriesByPath(
            transaction, request.upstream_id(),
            [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
              if (!HasPart(entry, part)) return true;
              ASSIGN_OR_RETURN(const bool seen,
                               visibility.OfUpstream(entry.upstream_id()));
              if (!seen) return true;
              response.set_total_size(response.total_size() + 1);
              if (before == 0 || entry.id() < before) ids.push_back(entry.id());
              return true;
            }));
        const size_t begin = std::min<size_t>(request.skip(), ids.size());
        const size_t end = std::min<size_t>(begin + page_size, ids.size());
        std::partial_sort(ids.begin(), ids.begin() + end, ids.end(),
                          std::greater<int64_t>());
        for (size_t i = begin; i < end; ++i) {
          ASSIGN_OR_RETURN(*response.add_cache_entries(),
                           Require(transaction, ids[i]));
        }
        if (end < ids.size() && end > 0) {
          response.set_next_page_token(MakePageToken(scope, ids[end - 1]));
        }
        return absl::OkStatus();
      }));
  return response;
}

absl::StatusOr<v1::CacheEntry> CacheEntryAdmin::Update(
    const v1::UpdateCacheEntryRequest& request) {
  return WriteValue<v1::CacheEntry>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::CacheEntry> {
        ASSIGN_OR_RETURN(auto entry,
                         Require(transaction, request.cache_entry().id()));
        using E = v1::CacheEntry;
        RETURN_IF_ERROR(ApplyMask<E>(
            request.update_mask(),
            {{"upstream_checked_at",
              [](const E& f, E& t) {
                *t.mutable_upstream_checked_at() = f.upstream_checked_at();
              }},
             {"media_type",
              [](const E& f, E& t) { t.set_media_type(f.media_type()); }}},
            request.cache_entry(), entry));
        RETURN_IF_ERROR(Validate(entry));
        *entry.mutable_update_time() = ToWire(clock_.SteadyNow());
        RETURN_IF_ERROR(tables::PutCacheEntry(transaction, entry.digest(),
                                              ToStored(entry)));
        return entry;
      });
}

absl::Status CacheEntryAdmin::Delete(
    const v1::DeleteCacheEntryRequest& request) {
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto entry,
                         tables::FindCacheEntryById(transaction, request.id()));
        if (!entry) return absl::OkStatus();
        // Else a download that runs would bring it back when it ends.
        RETURN_IF_ERROR(
            epochs::MoveCacheEpoch(transaction, entry->upstream_id()));
        return ForgetEntry(transaction, *entry);
      },
      Durability::kSynced);
}

}  // namespace cvr
