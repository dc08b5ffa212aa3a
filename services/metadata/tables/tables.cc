#include "services/metadata/tables/tables.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/tables/name_tables.h"
#include "services/metadata/tables/table_rows.h"

namespace cvr::tables {
namespace {

template <typename Message>
absl::Status Visit(
    const ReadTransaction& transaction, Table table,
    absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const Message&)> visitor) {
  return transaction.Scan(
      table, "", start_after,
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const auto message, Parse<Message>(table, value));
        return visitor(message);
      });
}

// The key after which a scan of ids goes on; 0 = from the start.
std::string AfterId(int64_t id) { return id == 0 ? "" : IdKey(id); }

std::string RegistryNameKey(absl::string_view group, absl::string_view name) {
  return KeyBuilder().String(group).Rest(name).Build();
}

}  // namespace

absl::StatusOr<int64_t> NextId(WriteTransaction& transaction,
                               absl::string_view sequence) {
  ASSIGN_OR_RETURN(const auto last,
                   transaction.Get(Table::kSequences, sequence));
  int64_t id = 0;
  if (last && !KeyReader(*last).Int(id)) return Damaged(Table::kSequences);
  transaction.Put(Table::kSequences, sequence, IdKey(++id));
  return id;
}

absl::StatusOr<bool> IsUsed(const ReadTransaction& transaction,
                            absl::string_view sequence) {
  ASSIGN_OR_RETURN(const auto last,
                   transaction.Get(Table::kSequences, sequence));
  return last.has_value();
}

absl::StatusOr<std::optional<stored::Group>> FindGroup(
    const ReadTransaction& transaction, absl::string_view name) {
  return Find<stored::Group>(transaction, Table::kGroups, name);
}

absl::Status VisitGroups(
    const ReadTransaction& transaction, absl::string_view start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Group&)> visitor) {
  return Visit<stored::Group>(transaction, Table::kGroups, start_after,
                              visitor);
}

void PutGroup(WriteTransaction& transaction, const stored::Group& group) {
  transaction.Put(Table::kGroups, group.name(), group.SerializeAsString());
}

void DeleteGroup(WriteTransaction& transaction, absl::string_view name) {
  transaction.Delete(Table::kGroups, name);
}

absl::StatusOr<std::optional<stored::Registry>> FindRegistry(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  return Find<stored::Registry>(transaction, Table::kRegistries, IdKey(id));
}

absl::StatusOr<std::optional<int64_t>> FindRegistryByName(
    const ReadTransaction& transaction, absl::string_view group,
    absl::string_view name) {
  ASSIGN_OR_RETURN(
      const auto value,
      transaction.Get(Table::kRegistryNames, RegistryNameKey(group, name)));
  if (!value) return std::nullopt;
  int64_t id = 0;
  if (!KeyReader(*value).Int(id)) return Damaged(Table::kRegistryNames);
  return id;
}

absl::StatusOr<std::vector<int64_t>> RegistriesOfGroup(
    const ReadTransaction& transaction, absl::string_view group, int max) {
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryNames, KeyBuilder().String(group).Build(), "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        int64_t id = 0;
        if (!KeyReader(value).Int(id)) return Damaged(Table::kRegistryNames);
        ids.push_back(id);
        return static_cast<int>(ids.size()) < max;
      }));
  return ids;
}

absl::StatusOr<int> CountRegistries(const ReadTransaction& transaction,
                                    absl::string_view group) {
  int count = 0;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryNames, KeyBuilder().String(group).Build(), "",
      [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        ++count;
        return true;
      }));
  return count;
}

absl::Status VisitRegistries(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Registry&)> visitor) {
  return Visit<stored::Registry>(transaction, Table::kRegistries,
                                 AfterId(start_after), visitor);
}

void PutRegistry(WriteTransaction& transaction, const stored::Registry* before,
                 const stored::Registry& registry) {
  if (before != nullptr) {
    transaction.Delete(Table::kRegistryNames,
                       RegistryNameKey(before->group(), before->name()));
  }
  const std::string key = IdKey(registry.id());
  transaction.Put(Table::kRegistries, key, registry.SerializeAsString());
  transaction.Put(Table::kRegistryNames,
                  RegistryNameKey(registry.group(), registry.name()), key);
}

void DeleteRegistry(WriteTransaction& transaction,
                    const stored::Registry& registry) {
  transaction.Delete(Table::kRegistries, IdKey(registry.id()));
  transaction.Delete(Table::kRegistryNames,
                     RegistryNameKey(registry.group(), registry.name()));
}

absl::StatusOr<std::optional<stored::Upstream>> FindUpstream(
    const ReadTransaction& transaction, int64_t id) {
  if (id <= 0) return std::nullopt;
  return Find<stored::Upstream>(transaction, Table::kUpstreams, IdKey(id));
}

absl::StatusOr<bool> HasUpstream(const ReadTransaction& transaction,
                                 int64_t id) {
  if (id <= 0) return false;
  ASSIGN_OR_RETURN(const auto value,
                   transaction.Get(Table::kUpstreams, IdKey(id)));
  return value.has_value();
}

absl::Status VisitUpstreams(
    const ReadTransaction& transaction, int64_t start_after,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Upstream&)> visitor) {
  return Visit<stored::Upstream>(transaction, Table::kUpstreams,
                                 AfterId(start_after), visitor);
}

absl::StatusOr<std::vector<int64_t>> UpstreamsOfGroup(
    const ReadTransaction& transaction, absl::string_view group, int max) {
  return LastIds(transaction, Table::kGroupUpstreams,
                 KeyBuilder().String(group).Build(), max);
}

void PutUpstream(WriteTransaction& transaction,
                 const stored::Upstream& upstream) {
  const int64_t id = upstream.upstream().id();
  transaction.Put(Table::kUpstreams, IdKey(id), upstream.SerializeAsString());
  transaction.Put(
      Table::kGroupUpstreams,
      KeyBuilder().String(upstream.upstream().group()).Int(id).Build(), "");
  PutUpstreamName(transaction, upstream.upstream());
}

void DeleteUpstream(WriteTransaction& transaction,
                    const stored::UpstreamResource& upstream) {
  transaction.Delete(Table::kUpstreams, IdKey(upstream.id()));
  transaction.Delete(
      Table::kGroupUpstreams,
      KeyBuilder().String(upstream.group()).Int(upstream.id()).Build());
  DeleteUpstreamName(transaction, upstream);
}

absl::StatusOr<int> DeleteRowsOfUpstream(WriteTransaction& transaction,
                                         Table table, int64_t upstream_id,
                                         int max, std::string& cursor) {
  std::vector<std::string> keys;
  RETURN_IF_ERROR(transaction.Scan(
      table, IdKey(upstream_id), cursor,
      [&](absl::string_view key, absl::string_view) -> absl::StatusOr<bool> {
        keys.emplace_back(key);
        return static_cast<int>(keys.size()) < max;
      }));
  for (const auto& key : keys) transaction.Delete(table, key);
  if (!keys.empty()) cursor = keys.back();
  return static_cast<int>(keys.size());
}

absl::StatusOr<std::optional<std::string>> FindSetting(
    const ReadTransaction& transaction, absl::string_view name) {
  return transaction.Get(Table::kSettings, name);
}

void PutSetting(WriteTransaction& transaction, absl::string_view name,
                absl::string_view value) {
  transaction.Put(Table::kSettings, name, value);
}

}  // namespace cvr::tables
