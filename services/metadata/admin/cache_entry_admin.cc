#include "services/metadata/admin/cache_entry_admin.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/content.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/conversion/cache_entry_conversion.h"
#include "services/metadata/resources/filter.h"
#include "services/metadata/resources/order_by.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cache_rows.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_epoch.h"

namespace cvr {
namespace {

absl::Status NoSuchEntry(int64_t id) {
  return errors::NoSuch("cache entry", absl::StrCat(id));
}

absl::StatusOr<stored::CacheEntry> Require(const ReadTransaction& transaction,
                                           int64_t id) {
  ASSIGN_OR_RETURN(auto row, tables::FindCacheEntryById(transaction, id));
  if (!row) return NoSuchEntry(id);
  return *std::move(row);
}

// Whether the youngest come first. Errors: INVALID_ARGUMENT.
absl::StatusOr<bool> IsYoungestFirst(const std::string& order_by) {
  ASSIGN_OR_RETURN(const auto order,
                   OrderBy::Parse(order_by, {"id", "create_time"}));
  const bool is_by_time = order.field == "create_time";
  if (is_by_time == order.descending) return is_by_time;
  return errors::FieldInvalid("order_by", "must be `id` or `create_time desc`");
}

std::string ScopeOf(const v1::ListCacheEntriesRequest& request) {
  return KeyBuilder()
      .String("cache_entries")
      .String(absl::StrCat(request.upstream_id()))
      .String(request.order_by())
      .Rest(request.filter())
      .Build();
}

// Those of `ids` that exist. Errors: INVALID_ARGUMENT when one is of another
// upstream.
absl::StatusOr<std::vector<int64_t>> EntriesOf(
    const ReadTransaction& transaction,
    const v1::BatchDeleteCacheEntriesRequest& request) {
  const int64_t upstream_id = request.upstream_id();
  ASSIGN_OR_RETURN(const bool has_upstream,
                   tables::HasUpstream(transaction, upstream_id));
  if (!has_upstream) {
    return errors::NoSuch("upstream", absl::StrCat(upstream_id));
  }
  std::vector<int64_t> found;
  for (const int64_t id : request.ids()) {
    ASSIGN_OR_RETURN(const auto entry,
                     tables::FindCacheEntryById(transaction, id));
    if (!entry) continue;
    if (entry->upstream_id() != upstream_id) {
      return errors::FieldInvalid(
          "ids", absl::StrCat("cache entry ", id, " is not of upstream ",
                              upstream_id));
    }
    found.push_back(id);
  }
  return found;
}

}  // namespace

struct CacheEntryAdmin::Query {
  const v1::ListCacheEntriesRequest& request;
  const Caller& caller;
  const std::string scope;
  const int page_size;
  // Of the last entry of the page before; 0 = there is none.
  const int64_t last_id;
  const Filter filter;

  // Whether the entry is on one of the pages.
  absl::StatusOr<bool> Has(const stored::CacheEntry& entry,
                           Visibility& visibility) const {
    if (!filter.empty() && !filter.Matches(ToApi(entry))) return false;
    return visibility.OfUpstream(entry.upstream_id());
  }
};

absl::StatusOr<v1::CacheEntry> CacheEntryAdmin::Get(
    const v1::GetCacheEntryRequest& request) {
  RETURN_IF_ERROR(pulls_.Flush());
  return ReadValue<v1::CacheEntry>(
      store_,
      [&](const ReadTransaction& transaction)
          -> absl::StatusOr<v1::CacheEntry> {
        ASSIGN_OR_RETURN(const auto row, Require(transaction, request.id()));
        return ToApi(row);
      });
}

absl::StatusOr<v1::ListCacheEntriesResponse> CacheEntryAdmin::List(
    const v1::ListCacheEntriesRequest& request, const Caller& caller) {
  ASSIGN_OR_RETURN(const bool is_youngest_first,
                   IsYoungestFirst(request.order_by()));
  if (request.skip() < 0) {
    return errors::FieldInvalid("skip", "must not be negative");
  }
  if (request.skip() > 0 && !is_youngest_first) {
    return errors::FieldInvalid("skip", "requires `create_time desc`");
  }
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int64_t last_id,
                   ParseIdPageToken(scope, request.page_token()));
  ASSIGN_OR_RETURN(
      auto filter,
      Filter::Parse(request.filter(), *v1::CacheEntry::descriptor(),
                    {"relative_path", "digest", "media_type"}));
  RETURN_IF_ERROR(pulls_.Flush());
  const Query query{request,   caller,  scope,
                    page_size, last_id, std::move(filter)};
  return is_youngest_first ? ListYoungestFirst(query) : ListById(query);
}

absl::StatusOr<v1::ListCacheEntriesResponse> CacheEntryAdmin::ListById(
    const Query& query) {
  const bool counts = query.request.with_total_size();
  v1::ListCacheEntriesResponse response;
  int64_t total = 0;
  const auto visit =
      [&](Visibility& visibility,
          const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const bool is_listed, query.Has(entry, visibility));
    if (!is_listed) return true;
    ++total;
    if (entry.id() <= query.last_id) return true;
    if (response.cache_entries_size() < query.page_size) {
      *response.add_cache_entries() = ToApi(entry);
    } else if (response.next_page_token().empty()) {
      response.set_next_page_token(MakePageToken(
          query.scope, response.cache_entries(query.page_size - 1).id()));
    }
    return counts || response.next_page_token().empty();
  };
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    Visibility visibility(query.caller, transaction);
    return tables::VisitCacheEntries(transaction, query.request.upstream_id(),
                                     counts ? 0 : query.last_id,
                                     [&](const stored::CacheEntry& entry) {
                                       return visit(visibility, entry);
                                     });
  }));
  if (counts) response.set_total_size(total);
  return response;
}

// Ids rise with age, but no table can be read from its end: the ids of all are
// gathered, and the page's entries then read by them.
absl::StatusOr<v1::ListCacheEntriesResponse> CacheEntryAdmin::ListYoungestFirst(
    const Query& query) {
  v1::ListCacheEntriesResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction)
                                  -> absl::Status {
    Visibility visibility(query.caller, transaction);
    std::vector<int64_t> ids;
    int64_t total = 0;
    RETURN_IF_ERROR(tables::VisitCacheEntriesByPath(
        transaction, query.request.upstream_id(),
        [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(const bool is_listed, query.Has(entry, visibility));
          if (!is_listed) return true;
          ++total;
          if (query.last_id == 0 || entry.id() < query.last_id) {
            ids.push_back(entry.id());
          }
          return true;
        }));
    const size_t begin = std::min<size_t>(query.request.skip(), ids.size());
    const size_t end = std::min<size_t>(begin + query.page_size, ids.size());
    std::partial_sort(ids.begin(), ids.begin() + end, ids.end(),
                      std::greater<int64_t>());
    for (size_t i = begin; i < end; ++i) {
      ASSIGN_OR_RETURN(const auto row, Require(transaction, ids[i]));
      *response.add_cache_entries() = ToApi(row);
    }
    if (end < ids.size() && end > 0) {
      response.set_next_page_token(MakePageToken(query.scope, ids[end - 1]));
    }
    if (query.request.with_total_size()) response.set_total_size(total);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ExpireCacheEntryResponse> CacheEntryAdmin::Expire(
    const v1::ExpireCacheEntryRequest& request) {
  RETURN_IF_ERROR(pulls_.Flush());
  return WriteValue<v1::ExpireCacheEntryResponse>(
      store_,
      [&](WriteTransaction& transaction)
          -> absl::StatusOr<v1::ExpireCacheEntryResponse> {
        ASSIGN_OR_RETURN(auto row, Require(transaction, request.id()));
        ASSIGN_OR_RETURN(const auto content,
                         ParseRelativePath(row.relative_path()));
        if (content.is_addressed_by_digest()) {
          return errors::PreconditionFailed(
              Reason::kPreconditionFailed,
              absl::StrCat("cache_entries/", row.id()),
              "what a digest names never changes, so it does not expire; "
              "delete the cache entry to have it fetched again");
        }
        // Else a pull that has asked the upstream before would undo it.
        RETURN_IF_ERROR(epochs::MoveCacheEpoch(transaction, row.upstream_id()));
        const auto now = ToWire(clock_.SteadyNow());
        *row.mutable_expire_time() = now;
        *row.mutable_update_time() = now;
        RETURN_IF_ERROR(tables::PutCacheEntry(transaction, row.digest(), row));
        v1::ExpireCacheEntryResponse response;
        *response.mutable_cache_entry() = ToApi(row);
        return response;
      });
}

absl::Status CacheEntryAdmin::Delete(
    const v1::DeleteCacheEntryRequest& request) {
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto entry,
                         tables::FindCacheEntryById(transaction, request.id()));
        if (!entry) {
          return request.allow_missing() ? absl::OkStatus()
                                         : NoSuchEntry(request.id());
        }
        // Else a download that runs would bring it back when it ends.
        RETURN_IF_ERROR(
            epochs::MoveCacheEpoch(transaction, entry->upstream_id()));
        return ForgetEntry(transaction, *entry);
      },
      Durability::kSynced);
}

absl::StatusOr<v1::BatchDeleteCacheEntriesResponse>
CacheEntryAdmin::BatchDelete(
    const v1::BatchDeleteCacheEntriesRequest& request) {
  if (request.ids().empty() ||
      request.ids_size() > limits::kBatchedEntriesMax) {
    return errors::FieldInvalid(
        "ids",
        absl::StrCat("must be 1 to ", limits::kBatchedEntriesMax, " ids"));
  }
  ASSIGN_OR_RETURN(const auto ids,
                   ReadValue<std::vector<int64_t>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return EntriesOf(transaction, request);
                       }));
  v1::BatchDeleteCacheEntriesResponse response;
  for (auto next = ids.begin(); next != ids.end();) {
    const auto end = next + std::min<size_t>(limits::kCleanupBatchEntriesMax,
                                             ids.end() - next);
    int64_t deleted = 0;
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          RETURN_IF_ERROR(
              epochs::MoveCacheEpoch(transaction, request.upstream_id()));
          for (auto id = next; id != end; ++id) {
            ASSIGN_OR_RETURN(const auto entry,
                             tables::FindCacheEntryById(transaction, *id));
            if (!entry) continue;  // Twice in the request, or just deleted.
            RETURN_IF_ERROR(ForgetEntry(transaction, *entry));
            ++deleted;
          }
          return absl::OkStatus();
        },
        Durability::kSynced));
    response.set_deleted_count(response.deleted_count() + deleted);
    next = end;
  }
  return response;
}

}  // namespace cvr
