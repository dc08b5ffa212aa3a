#include "services/metadata/resolution/sweeper.h"

#include <optional>

#include "services/common/status_macros.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/cache_rows.h"
#include "services/metadata/tables/operation_tables.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Until it is tried again after an error of the store, or looked whether what
// an operation has claimed is left over.
constexpr absl::Duration kPause = absl::Seconds(30);

}  // namespace

Sweeper::Sweeper(MetadataStore& store)
    : store_(store), thread_("sweeper", [this] { return Run(); }) {}

absl::Duration Sweeper::Run() {
  const absl::Status swept = Sweep();
  if (swept.ok()) {
    // An operation may end without a word.
    MutexLock lock(&mutex_);
    return claims_.empty() ? absl::InfiniteDuration() : kPause;
  }
  spdlog::warn("deleted metadata is swept later: {}", swept.ToString());
  return kPause;
}

absl::Status Sweeper::Sweep(int transactions_max) {
  int left = transactions_max;
  while (!thread_.stopping()) {
    std::optional<tables::ContentKey> manifest;
    std::optional<int64_t> upstream_id;
    RETURN_IF_ERROR(
        store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(manifest, tables::FirstUnlink(transaction));
          ASSIGN_OR_RETURN(const auto claimed, Claimed(transaction));
          ASSIGN_OR_RETURN(upstream_id,
                           tables::FirstRemoval(transaction, claimed));
          return absl::OkStatus();
        }));
    if (!manifest && !upstream_id) break;
    if (left <= 0) {
      Wake();
      break;
    }
    if (manifest) RETURN_IF_ERROR(Unlink(*manifest, left));
    if (upstream_id) RETURN_IF_ERROR(DeleteRows(*upstream_id, left));
  }
  return absl::OkStatus();
}

absl::Status Sweeper::Unlink(const tables::ContentKey& manifest) {
  int all = std::numeric_limits<int>::max();
  return Unlink(manifest, all);
}

void Sweeper::Remove(int64_t upstream_id) {
  int all = std::numeric_limits<int>::max();
  const absl::Status deleted = DeleteRows(upstream_id, all);
  if (deleted.ok()) return;
  spdlog::warn("rows of upstream {}, which is deleted, are swept later: {}",
               upstream_id, deleted.ToString());
  Wake();
}

absl::Status Sweeper::Unlink(const tables::ContentKey& manifest,
                             int& transactions_left) {
  bool more = true;
  while (more && transactions_left-- > 0 && !thread_.stopping()) {
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(more, tables::IsUnlinked(transaction, manifest));
          if (!more) return absl::OkStatus();  // Somebody else has ended it.
          ASSIGN_OR_RETURN(more, reachability::Unlink(transaction, manifest));
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

absl::Status Sweeper::DeleteRows(int64_t upstream_id, int& transactions_left) {
  std::optional<CacheRemoval> removal;
  bool more = true;
  while (more && transactions_left-- > 0 && !thread_.stopping()) {
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          if (!removal) {
            ASSIGN_OR_RETURN(const auto row,
                             tables::FindUpstream(transaction, upstream_id));
            removal.emplace(upstream_id,
                            row ? purges::MarkOf(*row) : purges::kAll);
          }
          ASSIGN_OR_RETURN(more, removal->Step(transaction));
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

void Sweeper::Claim(int64_t upstream_id, int64_t operation_id) {
  MutexLock lock(&mutex_);
  claims_[upstream_id] = operation_id;
}

void Sweeper::Release(int64_t upstream_id) {
  {
    MutexLock lock(&mutex_);
    claims_.erase(upstream_id);
  }
  Wake();
}

absl::StatusOr<absl::flat_hash_set<int64_t>> Sweeper::Claimed(
    const ReadTransaction& transaction) {
  absl::flat_hash_set<int64_t> claimed;
  MutexLock lock(&mutex_);
  for (auto it = claims_.begin(); it != claims_.end();) {
    ASSIGN_OR_RETURN(const auto operation,
                     tables::FindOperation(transaction, it->second));
    // One that is not there is not committed yet.
    if (operation && operation->has_end_time()) {
      claims_.erase(it++);
      continue;
    }
    claimed.insert(it->first);
    ++it;
  }
  return claimed;
}

}  // namespace cvr
