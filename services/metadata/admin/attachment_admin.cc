#include "services/metadata/admin/attachment_admin.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_removal.h"

namespace cvr {
namespace {

using Attachments = std::vector<stored::Attachment>;

Attachments::iterator Find(Attachments& attachments, int64_t upstream_id) {
  return std::find_if(attachments.begin(), attachments.end(),
                      [&](const stored::Attachment& attachment) {
                        return attachment.upstream_id() == upstream_id;
                      });
}

// One that has no id: `<registry>/<upstream>`.
ErrorResource NameOf(const v1::MoveUpstreamRequest& request) {
  return {"attachment",
          absl::StrCat(request.registry_id(), "/", request.upstream_id())};
}

// Both exist and belong together.
absl::Status RequireOneGroup(const ReadTransaction& transaction,
                             int64_t registry_id, int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto registry,
                   tables::FindRegistry(transaction, registry_id));
  if (!registry) return errors::NoSuch("registry", absl::StrCat(registry_id));
  ASSIGN_OR_RETURN(const auto upstream,
                   tables::FindUpstream(transaction, upstream_id));
  if (!upstream) return errors::NoSuch("upstream", absl::StrCat(upstream_id));
  if (registry->group() == upstream->upstream().group()) {
    return absl::OkStatus();
  }
  return errors::PreconditionFailed(
      Reason::kCrossGroup, absl::StrCat("registry/", registry_id),
      absl::StrCat("registry ", registry_id, " and upstream ", upstream_id,
                   " belong to different groups"));
}

}  // namespace

absl::StatusOr<v1::RegistryUpstream> AttachmentAdmin::Attach(
    const v1::AttachUpstreamRequest& request) {
  return WriteValue<v1::RegistryUpstream>(
      store_, [&](WriteTransaction& transaction) {
        return AttachIn(transaction, request.registry_id(),
                        request.upstream_id());
      });
}

absl::StatusOr<v1::RegistryUpstream> AttachmentAdmin::AttachIn(
    WriteTransaction& transaction, int64_t registry_id, int64_t upstream_id) {
  RETURN_IF_ERROR(RequireOneGroup(transaction, registry_id, upstream_id));
  ASSIGN_OR_RETURN(auto attachments,
                   tables::Attachments(transaction, registry_id));
  const auto taken = Find(attachments, upstream_id);
  if (taken != attachments.end()) {
    return errors::Exists(
        {"attachment", absl::StrCat(taken->id())},
        absl::StrCat("upstream ", upstream_id,
                     " is already attached to registry ", registry_id));
  }
  if (attachments.size() >=
      static_cast<size_t>(limits_.upstreams_per_registry)) {
    return errors::LimitReached(absl::StrCat("registry ", registry_id),
                                "upstreams", limits_.upstreams_per_registry);
  }
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kRegistryUpstreamIds));
  stored::Attachment added;
  added.set_id(id);
  added.set_registry_id(registry_id);
  added.set_upstream_id(upstream_id);
  added.set_position(static_cast<int32_t>(attachments.size()) + 1);
  attachments.push_back(added);
  RETURN_IF_ERROR(
      tables::SetAttachments(transaction, registry_id, std::move(attachments)));
  return ToApi(added);
}

absl::StatusOr<v1::RegistryUpstream> AttachmentAdmin::Get(
    const v1::GetRegistryUpstreamRequest& request) const {
  return ReadValue<v1::RegistryUpstream>(
      store_,
      [&](const ReadTransaction& transaction)
          -> absl::StatusOr<v1::RegistryUpstream> {
        ASSIGN_OR_RETURN(const auto found,
                         tables::FindAttachment(transaction, request.id()));
        if (found) return ToApi(*found);
        return errors::NoSuch("registry upstream", absl::StrCat(request.id()));
      });
}

absl::StatusOr<v1::RegistryUpstream> AttachmentAdmin::Move(
    const v1::MoveUpstreamRequest& request) {
  if (request.position() < 1) {
    return errors::FieldInvalid("position", "must be at least 1");
  }
  return WriteValue<v1::RegistryUpstream>(
      store_,
      [&](WriteTransaction& transaction)
          -> absl::StatusOr<v1::RegistryUpstream> {
        ASSIGN_OR_RETURN(
            auto attachments,
            tables::Attachments(transaction, request.registry_id()));
        const auto it = Find(attachments, request.upstream_id());
        if (it == attachments.end()) {
          return errors::NotFound(
              NameOf(request), absl::StrCat("upstream ", request.upstream_id(),
                                            " is not attached to registry ",
                                            request.registry_id()));
        }
        stored::Attachment moved = *it;
        attachments.erase(it);
        const size_t place =
            std::min<size_t>(request.position() - 1, attachments.size());
        moved.set_position(static_cast<int32_t>(place) + 1);
        attachments.insert(attachments.begin() + place, moved);
        RETURN_IF_ERROR(tables::SetAttachments(
            transaction, request.registry_id(), std::move(attachments)));
        return ToApi(moved);
      });
}

absl::Status AttachmentAdmin::Detach(const v1::DetachUpstreamRequest& request) {
  return store_.Write(
      [&](WriteTransaction& transaction) {
        return cvr::Detach(transaction, request.registry_id(),
                           request.upstream_id());
      },
      Durability::kSynced);
}

}  // namespace cvr
