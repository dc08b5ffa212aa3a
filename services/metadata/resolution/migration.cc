#include "services/metadata/resolution/migration.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/resolution/upstream_route.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/garbage.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/reachability_tables.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Rows of one transaction; a reachability row has up to 64 links.
constexpr int kReachabilityRowsMax = limits::kRowsPerTransaction / 64;
constexpr int kEntriesMax = limits::kRowsPerTransaction / 7;

// Calls `step` in one transaction after the other, as long as it says that
// there is more.
absl::Status Repeat(
    MetadataStore& store,
    absl::FunctionRef<absl::StatusOr<bool>(WriteTransaction&)> step) {
  bool more = true;
  while (more) {
    RETURN_IF_ERROR(store.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(more, step(transaction));
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

// Numbers of an earlier attempt, which counting anew would add to.
absl::Status ForgetCounts(MetadataStore& store) {
  std::vector<int64_t> upstreams;
  RETURN_IF_ERROR(store.Read([&](const ReadTransaction& transaction) {
    return tables::VisitUpstreams(
        transaction, /*start_after=*/0,
        [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
          upstreams.push_back(row.upstream().id());
          return true;
        });
  }));
  size_t next = 0;
  return Repeat(store, [&](WriteTransaction& transaction) {
    for (int left = limits::kRowsPerTransaction;
         left > 0 && next < upstreams.size(); --left) {
      tables::DeleteRowCount(transaction, upstreams[next++]);
    }
    return absl::StatusOr<bool>(next < upstreams.size());
  });
}

// What manifests lead to, which reachability says the other way round.
absl::Status MakeLinks(MetadataStore& store) {
  std::string cursor;
  return Repeat(
      store, [&](WriteTransaction& transaction) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto rows,
                         tables::NextReachability(
                             transaction,
                             /*upstream_id=*/0, kReachabilityRowsMax, cursor));
        for (const auto& [row_key, row] : rows) {
          for (const std::string& name : row.manifests()) {
            ASSIGN_OR_RETURN(const auto manifest, Digest::Parse(name));
            tables::PutLink(transaction,
                            {row_key.upstream_id, row_key.repository, manifest},
                            row_key.digest);
          }
          stored::UpstreamRows one;
          one.set_reachable(1);
          RETURN_IF_ERROR(
              tables::CountRows(transaction, row_key.upstream_id, one));
        }
        return static_cast<int>(rows.size()) == kReachabilityRowsMax;
      });
}

// Counts entries, and drops the entries of names that are not used
// any more: Docker Hub's official images had two, of which the short one is a
// miss now. What else was recorded of it is never looked at.
absl::Status CheckEntries(MetadataStore& store, const UpstreamRoute& route) {
  std::string cursor;
  return Repeat(
      store, [&](WriteTransaction& transaction) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto entries, tables::NextCacheEntriesOf(
                                                 transaction, route.upstream_id,
                                                 kEntriesMax, cursor));
        stored::UpstreamRows counted;
        counted.set_entries(static_cast<int64_t>(entries.size()));
        RETURN_IF_ERROR(
            tables::CountRows(transaction, route.upstream_id, counted));
        for (const stored::CacheEntry& entry : entries) {
          const auto content = ParseRelativePath(entry.relative_path());
          if (!content.ok()) continue;
          if (route.Canonical(*content).repository == content->repository) {
            continue;
          }
          RETURN_IF_ERROR(garbage::DropEntry(transaction, entry));
        }
        return static_cast<int>(entries.size()) == kEntriesMax;
      });
}

absl::Status CheckEntriesOfAll(MetadataStore& store) {
  std::vector<UpstreamRoute> routes;
  RETURN_IF_ERROR(store.Read([&](const ReadTransaction& transaction) {
    return tables::VisitUpstreams(
        transaction, /*start_after=*/0,
        [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(auto route, UpstreamRoute::To(row));
          routes.push_back(std::move(route));
          return true;
        });
  }));
  for (const UpstreamRoute& route : routes) {
    RETURN_IF_ERROR(CheckEntries(store, route));
  }
  return absl::OkStatus();
}

// Each step may run again after a crash: it must come to the same end.
absl::Status MigrateFrom3(MetadataStore& store) {
  RETURN_IF_ERROR(ForgetCounts(store));
  RETURN_IF_ERROR(MakeLinks(store));
  return CheckEntriesOfAll(store);
}

}  // namespace

absl::Status Migrate(MetadataStore& store) {
  ASSIGN_OR_RETURN(const auto from,
                   ReadValue<std::optional<std::string>>(
                       store, [](const ReadTransaction& transaction) {
                         return tables::FindSetting(transaction, kMigratesFrom);
                       }));
  if (!from) return absl::OkStatus();
  spdlog::info("the metadata store is migrated from format version {}", *from);
  RETURN_IF_ERROR(MigrateFrom3(store));
  return store.Write(
      [](WriteTransaction& transaction) {
        transaction.Delete(Table::kSettings, kMigratesFrom);
        return absl::OkStatus();
      },
      Durability::kSynced);
}

}  // namespace cvr
