#include "services/metadata/tables/reachability_tables.h"

#include <utility>
#include <vector>

#include "services/common/content_wire.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {
namespace {

std::string RepositoryKey(int64_t upstream_id, absl::string_view repository) {
  return KeyBuilder().Int(upstream_id).String(repository).Build();
}

std::string ReachabilityKey(int64_t upstream_id, const Repository& repository,
                            const Digest& digest) {
  return KeyBuilder()
      .Int(upstream_id)
      .String(repository.name())
      .Hash(digest)
      .Build();
}

absl::Status CountNegativeEntries(WriteTransaction& transaction,
                                  int64_t upstream_id, int added) {
  stored::UpstreamRows rows;
  rows.set_negative_entries(added);
  return CountRows(transaction, upstream_id, rows);
}

}  // namespace

absl::StatusOr<std::optional<stored::Reachability>> FindReachability(
    const ReadTransaction& transaction, int64_t upstream_id,
    const Repository& repository, const Digest& digest) {
  return Find<stored::Reachability>(
      transaction, Table::kReachability,
      ReachabilityKey(upstream_id, repository, digest));
}

void PutReachability(WriteTransaction& transaction, int64_t upstream_id,
                     const Repository& repository, const Digest& digest,
                     const stored::Reachability& row) {
  transaction.Put(Table::kReachability,
                  ReachabilityKey(upstream_id, repository, digest),
                  row.SerializeAsString());
}

void DeleteReachability(WriteTransaction& transaction, int64_t upstream_id,
                        const Repository& repository, const Digest& digest) {
  transaction.Delete(Table::kReachability,
                     ReachabilityKey(upstream_id, repository, digest));
}

absl::StatusOr<std::vector<ReachabilityAt>> NextReachability(
    const ReadTransaction& transaction, int64_t upstream_id, int max,
    std::string& cursor) {
  std::vector<ReachabilityAt> rows;
  std::string last = cursor;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kReachability, upstream_id == 0 ? "" : IdKey(upstream_id), cursor,
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        KeyReader reader(key);
        int64_t id = 0;
        std::string name;
        std::optional<Digest> digest;
        if (!reader.Int(id) || !reader.String(name) || !reader.Hash(digest)) {
          return Damaged(Table::kReachability);
        }
        auto repository = Repository::Parse(name);
        if (!repository.ok()) return Damaged(Table::kReachability);
        ASSIGN_OR_RETURN(
            auto row, Parse<stored::Reachability>(Table::kReachability, value));
        rows.push_back({{id, *std::move(repository), *digest}, std::move(row)});
        last = std::string(key);
        return static_cast<int>(rows.size()) < max;
      }));
  cursor = last;
  return rows;
}

absl::Status VisitRepositories(
    const ReadTransaction& transaction, int64_t upstream_id, int64_t purge_mark,
    absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const std::string&)> visitor) {
  std::optional<std::string> last;
  if (!start_after.empty()) last = std::string(start_after);
  while (true) {
    std::optional<std::string> found;
    // Digests begin with the number of their algorithm, so no key of the
    // repository is greater than this one.
    const std::string after =
        last ? RepositoryKey(upstream_id, *last) + "\xff" : "";
    RETURN_IF_ERROR(transaction.Scan(
        Table::kReachability, IdKey(upstream_id), after,
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          ASSIGN_OR_RETURN(const auto row, Parse<stored::Reachability>(
                                               Table::kReachability, value));
          if (purges::IsPurged(row, purge_mark)) return true;
          KeyReader reader(key);
          int64_t id = 0;
          std::string repository;
          if (!reader.Int(id) || !reader.String(repository)) {
            return Damaged(Table::kReachability);
          }
          found = std::move(repository);
          return false;
        }));
    if (!found) return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool go_on, visitor(*found));
    if (!go_on) return absl::OkStatus();
    last = std::move(found);
  }
}

absl::StatusOr<std::optional<stored::NegativeEntry>> FindNegativeEntry(
    const ReadTransaction& transaction, int64_t upstream_id,
    absl::string_view relative_path) {
  if (upstream_id <= 0) return std::nullopt;
  return Find<stored::NegativeEntry>(transaction, Table::kNegativeEntries,
                                     EntryKey(upstream_id, relative_path));
}

absl::Status PutNegativeEntry(WriteTransaction& transaction,
                              int64_t upstream_id,
                              absl::string_view relative_path,
                              const stored::NegativeEntry& negative_answer) {
  const std::string key = EntryKey(upstream_id, relative_path);
  ASSIGN_OR_RETURN(const auto before,
                   transaction.Get(Table::kNegativeEntries, key));
  transaction.Put(Table::kNegativeEntries, key,
                  negative_answer.SerializeAsString());
  return before ? absl::OkStatus()
                : CountNegativeEntries(transaction, upstream_id, 1);
}

absl::Status DeleteNegativeEntry(WriteTransaction& transaction,
                                 int64_t upstream_id,
                                 absl::string_view relative_path) {
  const std::string key = EntryKey(upstream_id, relative_path);
  ASSIGN_OR_RETURN(const auto before,
                   transaction.Get(Table::kNegativeEntries, key));
  if (!before) return absl::OkStatus();
  transaction.Delete(Table::kNegativeEntries, key);
  return CountNegativeEntries(transaction, upstream_id, -1);
}

absl::StatusOr<bool> DeletePurgedNegativeEntries(WriteTransaction& transaction,
                                                 int64_t upstream_id,
                                                 int64_t purge_mark, int max,
                                                 std::string& cursor) {
  std::vector<std::string> purged;
  std::string last = cursor;
  int left = max;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kNegativeEntries, IdKey(upstream_id), cursor,
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto row, Parse<stored::NegativeEntry>(
                                             Table::kNegativeEntries, value));
        if (purges::IsPurged(row, purge_mark)) purged.emplace_back(key);
        last = std::string(key);
        return --left > 0;
      }));
  cursor = last;
  for (const auto& key : purged) {
    transaction.Delete(Table::kNegativeEntries, key);
  }
  if (!purged.empty()) {
    RETURN_IF_ERROR(CountNegativeEntries(transaction, upstream_id,
                                         -static_cast<int>(purged.size())));
  }
  return left == 0;
}

absl::Status SweepExpired(WriteTransaction& transaction, absl::Time now,
                          int max, std::string& cursor) {
  std::vector<std::string> over;
  std::string last;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kNegativeEntries, "", cursor,
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        if (max-- == 0) return false;
        ASSIGN_OR_RETURN(
            const auto negative_answer,
            Parse<stored::NegativeEntry>(Table::kNegativeEntries, value));
        if (FromWire(negative_answer.until()) <= now) over.emplace_back(key);
        last = std::string(key);
        return true;
      }));
  for (const auto& key : over) {
    int64_t upstream_id = 0;
    if (!KeyReader(key).Int(upstream_id)) {
      return Damaged(Table::kNegativeEntries);
    }
    transaction.Delete(Table::kNegativeEntries, key);
    RETURN_IF_ERROR(CountNegativeEntries(transaction, upstream_id, -1));
  }
  cursor = max < 0 ? last : "";
  return absl::OkStatus();
}

}  // namespace cvr::tables
