#include "services/metadata/tables/link_tables.h"

#include <algorithm>
#include <utility>

#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {
namespace {

std::string EncodeKey(const ContentKey& row_key) {
  return KeyBuilder()
      .Int(row_key.upstream_id)
      .String(row_key.repository.name())
      .Hash(row_key.digest)
      .Build();
}

std::string LinkKey(const ContentKey& manifest, const Digest& to) {
  return KeyBuilder()
      .Int(manifest.upstream_id)
      .String(manifest.repository.name())
      .Hash(manifest.digest)
      .Hash(to)
      .Build();
}

absl::StatusOr<ContentKey> DecodeKey(absl::string_view key) {
  KeyReader reader(key);
  int64_t upstream_id = 0;
  std::string name;
  std::optional<Digest> digest;
  if (!reader.Int(upstream_id) || !reader.String(name) ||
      !reader.Hash(digest) || !reader.Done()) {
    return Damaged(Table::kUnlinks);
  }
  auto repository = Repository::Parse(name);
  if (!repository.ok()) return Damaged(Table::kUnlinks);
  return ContentKey{upstream_id, *std::move(repository), *digest};
}

}  // namespace

void PutLink(WriteTransaction& transaction, const ContentKey& manifest,
             const Digest& to) {
  transaction.Put(Table::kReachabilityLinks, LinkKey(manifest, to), "");
}

void DeleteLink(WriteTransaction& transaction, const ContentKey& manifest,
                const Digest& to) {
  transaction.Delete(Table::kReachabilityLinks, LinkKey(manifest, to));
}

absl::StatusOr<std::vector<Digest>> Links(const ReadTransaction& transaction,
                                          const ContentKey& manifest, int max) {
  std::vector<Digest> links;
  const std::string prefix = EncodeKey(manifest);
  if (max <= 0) return links;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kReachabilityLinks, prefix, "",
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        KeyReader reader(key.substr(prefix.size()));
        std::optional<Digest> to;
        if (!reader.Hash(to) || !reader.Done()) {
          return Damaged(Table::kReachabilityLinks);
        }
        links.push_back(*to);
        return static_cast<int>(links.size()) < max;
      }));
  return links;
}

absl::StatusOr<std::vector<Link>> NextLinks(const ReadTransaction& transaction,
                                            int64_t upstream_id, int max,
                                            std::string& cursor) {
  std::vector<Link> links;
  std::string last = cursor;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kReachabilityLinks, IdKey(upstream_id), cursor,
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        KeyReader reader(key);
        int64_t id = 0;
        std::string name;
        std::optional<Digest> manifest;
        std::optional<Digest> to;
        if (!reader.Int(id) || !reader.String(name) || !reader.Hash(manifest) ||
            !reader.Hash(to) || !reader.Done()) {
          return Damaged(Table::kReachabilityLinks);
        }
        auto repository = Repository::Parse(name);
        if (!repository.ok()) return Damaged(Table::kReachabilityLinks);
        links.push_back({{id, *std::move(repository), *manifest}, *to});
        last = std::string(key);
        return static_cast<int>(links.size()) < max;
      }));
  cursor = last;
  return links;
}

void PutUnlink(WriteTransaction& transaction, const ContentKey& manifest) {
  transaction.Put(Table::kUnlinks, EncodeKey(manifest), "");
}

void DeleteUnlink(WriteTransaction& transaction, const ContentKey& manifest) {
  transaction.Delete(Table::kUnlinks, EncodeKey(manifest));
}

absl::StatusOr<bool> IsUnlinked(const ReadTransaction& transaction,
                                const ContentKey& manifest) {
  ASSIGN_OR_RETURN(const auto found,
                   transaction.Get(Table::kUnlinks, EncodeKey(manifest)));
  return found.has_value();
}

absl::StatusOr<bool> HasUnlinks(const ReadTransaction& transaction,
                                int64_t upstream_id,
                                const Repository& repository) {
  bool found = false;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kUnlinks,
      KeyBuilder().Int(upstream_id).String(repository.name()).Build(), "",
      [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        found = true;
        return false;
      }));
  return found;
}

absl::StatusOr<std::optional<ContentKey>> FirstUnlink(
    const ReadTransaction& transaction) {
  std::optional<ContentKey> first;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kUnlinks, "", "",
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(first, DecodeKey(key));
        return false;
      }));
  return first;
}

void PutRemoval(WriteTransaction& transaction, int64_t upstream_id) {
  transaction.Put(Table::kRemovals, IdKey(upstream_id), "");
}

void DeleteRemoval(WriteTransaction& transaction, int64_t upstream_id) {
  transaction.Delete(Table::kRemovals, IdKey(upstream_id));
}

absl::StatusOr<bool> HasRemoval(const ReadTransaction& transaction,
                                int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto row,
                   transaction.Get(Table::kRemovals, IdKey(upstream_id)));
  return row.has_value();
}

absl::StatusOr<std::optional<int64_t>> FirstRemoval(
    const ReadTransaction& transaction,
    const absl::flat_hash_set<int64_t>& except) {
  std::optional<int64_t> first;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRemovals, "", "",
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        int64_t id = 0;
        if (!KeyReader(key).Int(id)) return Damaged(Table::kRemovals);
        if (except.contains(id)) return true;
        first = id;
        return false;
      }));
  return first;
}

absl::StatusOr<stored::UpstreamRows> RowsOf(const ReadTransaction& transaction,
                                            int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto found,
                   Find<stored::UpstreamRows>(transaction, Table::kUpstreamRows,
                                              IdKey(upstream_id)));
  return found.value_or(stored::UpstreamRows());
}

absl::Status CountRows(WriteTransaction& transaction, int64_t upstream_id,
                       const stored::UpstreamRows& added) {
  ASSIGN_OR_RETURN(auto rows, RowsOf(transaction, upstream_id));
  // Not below zero, whatever an older program has left uncounted.
  const auto sum = [](int64_t before, int64_t change) {
    return std::max<int64_t>(0, before + change);
  };
  rows.set_entries(sum(rows.entries(), added.entries()));
  rows.set_reachable(sum(rows.reachable(), added.reachable()));
  rows.set_negative_entries(
      sum(rows.negative_entries(), added.negative_entries()));
  transaction.Put(Table::kUpstreamRows, IdKey(upstream_id),
                  rows.SerializeAsString());
  return absl::OkStatus();
}

void DeleteRowCount(WriteTransaction& transaction, int64_t upstream_id) {
  transaction.Delete(Table::kUpstreamRows, IdKey(upstream_id));
}

}  // namespace cvr::tables
