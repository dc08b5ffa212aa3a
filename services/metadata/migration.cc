#include "services/metadata/migration.h"

#include <optional>
#include <string>

#include "services/common/status_macros.h"
#include "services/metadata/tables.h"
#include "services/metadata/transactions.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Each step may run again after a crash: it must come to the same end.
absl::Status MigrateFrom3(MetadataStore& /*store*/) { return absl::OkStatus(); }

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
