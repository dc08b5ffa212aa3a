#include "services/metadata/tables/upstream_removal.h"

#include <algorithm>
#include <utility>

#include "services/common/status_macros.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {

absl::Status Detach(WriteTransaction& transaction, int64_t registry_id,
                    int64_t upstream_id) {
  ASSIGN_OR_RETURN(auto attachments,
                   tables::Attachments(transaction, registry_id));
  const auto gone =
      std::remove_if(attachments.begin(), attachments.end(),
                     [&](const stored::Attachment& attachment) {
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
  tables::DeleteUpstream(transaction, row->upstream());
  tables::PutRemoval(transaction, upstream_id);
  return absl::OkStatus();
}

}  // namespace cvr
