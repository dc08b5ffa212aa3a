#include "services/metadata/upstream_removal.h"

#include <algorithm>
#include <utility>

#include "services/common/status_macros.h"
#include "services/metadata/cache_rows.h"
#include "services/metadata/tables.h"

namespace cvr {
namespace {

// All is one transaction here; only memory depends on it.
constexpr int kRowsPerStep = 10'000;

}  // namespace

absl::Status Detach(WriteTransaction& transaction, int64_t registry_id,
                    int64_t upstream_id) {
  ASSIGN_OR_RETURN(auto attachments,
                   tables::Attachments(transaction, registry_id));
  const auto gone =
      std::remove_if(attachments.begin(), attachments.end(),
                     [&](const v1::RegistryUpstream& attachment) {
                       return attachment.upstream_id() == upstream_id;
                     });
  if (gone == attachments.end()) return absl::OkStatus();
  attachments.erase(gone, attachments.end());
  return tables::SetAttachments(transaction, registry_id,
                                std::move(attachments));
}

absl::Status RemoveUpstream(WriteTransaction& transaction,
                            int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto row,
                   tables::FindUpstream(transaction, upstream_id));
  if (!row) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto registries,
                   tables::RegistriesOfUpstream(transaction, upstream_id));
  for (const int64_t registry_id : registries) {
    RETURN_IF_ERROR(Detach(transaction, registry_id, upstream_id));
  }
  CacheRemoval removal(upstream_id);
  bool more = true;
  while (more) {
    ASSIGN_OR_RETURN(more, removal.Step(transaction, kRowsPerStep));
  }
  tables::DeleteUpstream(transaction, row->upstream());
  return absl::OkStatus();
}

}  // namespace cvr
