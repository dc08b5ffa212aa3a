// The attachments of tables.h.

#include <algorithm>
#include <utility>

#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/tables/table_rows.h"
#include "services/metadata/tables/tables.h"

namespace cvr::tables {
namespace {

bool IsSameOrder(const std::vector<stored::Attachment>& a,
                 const std::vector<stored::Attachment>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const stored::Attachment& one, const stored::Attachment& other) {
        return one.id() == other.id();
      });
}

absl::Status RaiseAttachmentsVersion(WriteTransaction& transaction,
                                     int64_t registry_id) {
  ASSIGN_OR_RETURN(auto registry, FindRegistry(transaction, registry_id));
  if (!registry) return absl::OkStatus();
  registry->set_attachments_version(registry->attachments_version() + 1);
  transaction.Put(Table::kRegistries, IdKey(registry_id),
                  registry->SerializeAsString());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<stored::Attachment>> Attachments(
    const ReadTransaction& transaction, int64_t registry_id) {
  std::vector<stored::Attachment> attachments;
  if (registry_id <= 0) return attachments;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryUpstreams, IdKey(registry_id), "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(
            auto attachment,
            Parse<stored::Attachment>(Table::kRegistryUpstreams, value));
        attachments.push_back(std::move(attachment));
        return true;
      }));
  return attachments;
}

absl::StatusOr<std::optional<stored::Attachment>> FindAttachment(
    const ReadTransaction& transaction, int64_t id) {
  std::optional<stored::Attachment> found;
  RETURN_IF_ERROR(transaction.Scan(
      Table::kRegistryUpstreams, "", "",
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(
            auto attachment,
            Parse<stored::Attachment>(Table::kRegistryUpstreams, value));
        if (attachment.id() != id) return true;
        found = std::move(attachment);
        return false;
      }));
  return found;
}

absl::Status SetAttachments(WriteTransaction& transaction, int64_t registry_id,
                            std::vector<stored::Attachment> attachments) {
  ASSIGN_OR_RETURN(const auto before, Attachments(transaction, registry_id));
  if (IsSameOrder(before, attachments)) return absl::OkStatus();
  RETURN_IF_ERROR(RaiseAttachmentsVersion(transaction, registry_id));
  for (const auto& old : before) {
    transaction.Delete(
        Table::kRegistryUpstreams,
        KeyBuilder().Int(registry_id).Int(old.position()).Build());
    transaction.Delete(
        Table::kUpstreamRegistries,
        KeyBuilder().Int(old.upstream_id()).Int(registry_id).Build());
  }
  int32_t position = 0;
  for (auto& attachment : attachments) {
    attachment.set_position(++position);
    transaction.Put(Table::kRegistryUpstreams,
                    KeyBuilder().Int(registry_id).Int(position).Build(),
                    attachment.SerializeAsString());
    transaction.Put(
        Table::kUpstreamRegistries,
        KeyBuilder().Int(attachment.upstream_id()).Int(registry_id).Build(),
        "");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> RegistriesOfUpstream(
    const ReadTransaction& transaction, int64_t upstream_id) {
  return LastIds(transaction, Table::kUpstreamRegistries, IdKey(upstream_id));
}

}  // namespace cvr::tables
