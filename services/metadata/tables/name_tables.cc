#include "services/metadata/tables/name_tables.h"

#include <string>
#include <utility>
#include <vector>

#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/utf8.h"
#include "services/metadata/tables/table_rows.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr::tables {
namespace {

// Set once all names are entered.
constexpr char kNamesEntered[] = "upstream_names_entered";

std::string NameKey(absl::string_view group, absl::string_view name) {
  return KeyBuilder().String(group).Rest(name).Build();
}

// The upstream's name, or one that is free in its group: ids differ.
absl::StatusOr<std::string> FreeName(const ReadTransaction& transaction,
                                     const stored::UpstreamResource& upstream) {
  std::string name = upstream.name();
  const std::string suffix = absl::StrCat("-", upstream.id());
  for (int attempt = 0;; ++attempt) {
    ASSIGN_OR_RETURN(const auto taken,
                     FindUpstreamByName(transaction, upstream.group(), name));
    if (!taken || *taken == upstream.id()) return name;
    const std::string more = attempt == 0 ? "" : absl::StrCat("-", attempt);
    const size_t left = limits::kNameCharsMax - suffix.size() - more.size();
    name = absl::StrCat(Utf8Prefix(upstream.name(), left), suffix, more);
  }
}

absl::Status EnterName(WriteTransaction& transaction, stored::Upstream row) {
  stored::UpstreamResource& upstream = *row.mutable_upstream();
  ASSIGN_OR_RETURN(const std::string name, FreeName(transaction, upstream));
  if (name == upstream.name()) {
    PutUpstreamName(transaction, upstream);
    return absl::OkStatus();
  }
  spdlog::warn("upstream {} of group {} is called '{}' now: '{}' is taken",
               upstream.id(), upstream.group(), name, upstream.name());
  if (upstream.display_name().empty()) {
    upstream.set_display_name(upstream.name());
  }
  upstream.set_name(name);
  PutUpstream(transaction, row);
  return absl::OkStatus();
}

// Enters the names of the next upstreams after `last`. False when there are no
// more.
absl::StatusOr<bool> EnterNext(WriteTransaction& transaction, int64_t& last) {
  std::vector<stored::Upstream> rows;
  RETURN_IF_ERROR(VisitUpstreams(
      transaction, last,
      [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
        rows.push_back(row);
        return static_cast<int>(rows.size()) < limits::kRowsPerTransaction / 3;
      }));
  for (stored::Upstream& row : rows) {
    last = row.upstream().id();
    RETURN_IF_ERROR(EnterName(transaction, std::move(row)));
  }
  if (!rows.empty()) return true;
  PutSetting(transaction, kNamesEntered, "1");
  return false;
}

}  // namespace

absl::StatusOr<std::optional<int64_t>> FindUpstreamByName(
    const ReadTransaction& transaction, absl::string_view group,
    absl::string_view name) {
  ASSIGN_OR_RETURN(const auto value, transaction.Get(Table::kUpstreamNames,
                                                     NameKey(group, name)));
  if (!value) return std::nullopt;
  int64_t id = 0;
  KeyReader reader(*value);
  if (!reader.Int(id) || !reader.Done()) return Damaged(Table::kUpstreamNames);
  ASSIGN_OR_RETURN(const auto row, FindUpstream(transaction, id));
  if (!row || row->upstream().group() != group ||
      row->upstream().name() != name) {
    return std::nullopt;
  }
  return id;
}

void DeleteUpstreamName(WriteTransaction& transaction,
                        const stored::UpstreamResource& before) {
  transaction.Delete(Table::kUpstreamNames,
                     NameKey(before.group(), before.name()));
}

void PutUpstreamName(WriteTransaction& transaction,
                     const stored::UpstreamResource& upstream) {
  transaction.Put(Table::kUpstreamNames,
                  NameKey(upstream.group(), upstream.name()),
                  IdKey(upstream.id()));
}

absl::Status EnterUpstreamNames(MetadataStore& store) {
  int64_t last = 0;
  bool more = true;
  while (more) {
    RETURN_IF_ERROR(store.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(const auto entered,
                           FindSetting(transaction, kNamesEntered));
          more = !entered;
          if (!more) return absl::OkStatus();
          ASSIGN_OR_RETURN(more, EnterNext(transaction, last));
          return absl::OkStatus();
        },
        Durability::kSynced));
  }
  return absl::OkStatus();
}

}  // namespace cvr::tables
