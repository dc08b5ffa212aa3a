#include <string>
#include <utility>

#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/resolution/cache_catalog.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/garbage.h"
#include "services/metadata/tables/possession.h"
#include "services/metadata/tables/possession_tables.h"
#include "services/metadata/tables/tables.h"

// What the blob service reports and asks of stored bytes, of cache_catalog.h.
namespace cvr {
namespace {

// An entry has three rows, one counts it, and others tell whose the bytes were.
constexpr int kEntriesPerTransaction = limits::kRowsPerTransaction / 10;
// So has a digest that is garbage no more.
constexpr int kGarbagePerTransaction = limits::kRowsPerTransaction / 5;

// The bytes of `digest` are stored no more. That is nothing to an upstream that
// has not delivered them: its entry must not tell of others' bytes.
absl::Status Forget(WriteTransaction& transaction,
                    const stored::CacheEntry& entry, const Digest& digest) {
  ASSIGN_OR_RETURN(const auto upstream,
                   tables::FindUpstream(transaction, entry.upstream_id()));
  if (upstream) {
    ASSIGN_OR_RETURN(const bool had_them,
                     possession::Has(transaction, digest, upstream->identity(),
                                     upstream->public_identity()));
    if (!had_them) return absl::OkStatus();
  }
  return tables::DeleteCacheEntry(transaction, entry);
}

}  // namespace

absl::Status CacheCatalog::ForgetContent(absl::Span<const Digest> digests) {
  if (digests.size() > limits::kForgottenDigestsMax) {
    return errors::FieldInvalid("digests", "has too many entries");
  }
  auto next = digests.begin();
  std::string cursor;  // Among the entries of that one.
  while (next != digests.end()) {
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          int left = kEntriesPerTransaction;
          while (left > 0 && next != digests.end()) {
            ASSIGN_OR_RETURN(const auto entries,
                             tables::NextCacheEntriesOfDigest(
                                 transaction, *next, left, cursor));
            for (const auto& entry : entries) {
              RETURN_IF_ERROR(Forget(transaction, entry, *next));
            }
            left -= static_cast<int>(entries.size());
            // All of its entries; to look for them is work, too.
            if (left-- <= 0) continue;
            RETURN_IF_ERROR(tables::DeletePossessions(transaction, *next));
            ++next;
            cursor.clear();
          }
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Digest>> CacheCatalog::FilterUnreferenced(
    absl::Span<const Digest> digests) {
  using Unreferenced = std::vector<Digest>;
  if (digests.size() > limits::kForgottenDigestsMax) {
    return errors::FieldInvalid("digests", "has too many entries");
  }
  return ReadValue<Unreferenced>(
      store_,
      [&](const ReadTransaction& transaction) -> absl::StatusOr<Unreferenced> {
        Unreferenced found;
        for (const Digest& digest : digests) {
          ASSIGN_OR_RETURN(
              const bool is_used,
              tables::IsDigestUsed(transaction, digest.ToString()));
          if (!is_used) found.push_back(digest);
        }
        return found;
      });
}

absl::StatusOr<std::vector<Garbage>> CacheCatalog::ListGarbage(
    int64_t start_after, int max) {
  if (max < 1 || max > limits::kPageSizeMax) {
    return errors::FieldInvalid("max", "must be 1 to 1000");
  }
  while (true) {
    std::vector<int64_t> outdated;
    ASSIGN_OR_RETURN(auto found,
                     ReadValue<std::vector<Garbage>>(
                         store_, [&](const ReadTransaction& transaction) {
                           return garbage::List(transaction, start_after, max,
                                                outdated);
                         }));
    if (!outdated.empty()) RETURN_IF_ERROR(RemoveGarbage(outdated));
    if (!found.empty() || outdated.empty()) return found;
  }
}

absl::Status CacheCatalog::RemoveGarbage(absl::Span<const int64_t> ids) {
  while (!ids.empty()) {
    const auto some = ids.subspan(0, kGarbagePerTransaction);
    ids.remove_prefix(some.size());
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) {
          return garbage::Remove(transaction, some);
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

}  // namespace cvr
