#include "services/metadata/admin/attachment_admin.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/validate_only.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

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
absl::Status NotAttached(int64_t registry_id, int64_t upstream_id) {
  return errors::NotFound(
      {"attachment", absl::StrCat(registry_id, "/", upstream_id)},
      absl::StrCat("upstream ", upstream_id, " is not attached to registry ",
                   registry_id));
}

absl::StatusOr<stored::Registry> RequireRegistry(
    const ReadTransaction& transaction, int64_t id) {
  ASSIGN_OR_RETURN(auto registry, tables::FindRegistry(transaction, id));
  if (!registry) return errors::NoSuch("registry", absl::StrCat(id));
  return *std::move(registry);
}

// The upstream exists and belongs to the registry's group.
absl::Status RequireOneGroup(const ReadTransaction& transaction,
                             const stored::Registry& registry,
                             int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto upstream,
                   tables::FindUpstream(transaction, upstream_id));
  if (!upstream) return errors::NoSuch("upstream", absl::StrCat(upstream_id));
  if (registry.group() == upstream->upstream().group()) {
    return absl::OkStatus();
  }
  return errors::PreconditionFailed(
      Reason::kCrossGroup, absl::StrCat("registry/", registry.id()),
      absl::StrCat("registry ", registry.id(), " and upstream ", upstream_id,
                   " belong to different groups"));
}

absl::Status LimitReached(int64_t registry_id, int limit) {
  return errors::LimitReached(absl::StrCat("registry ", registry_id),
                              "upstreams", limit);
}

absl::StatusOr<stored::Attachment> NewAttachment(WriteTransaction& transaction,
                                                 int64_t registry_id,
                                                 int64_t upstream_id) {
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kRegistryUpstreamIds));
  stored::Attachment added;
  added.set_id(id);
  added.set_registry_id(registry_id);
  added.set_upstream_id(upstream_id);
  return added;
}

// Of the attachments of a registry as a whole. Not that of another registry
// that had the id before.
std::string EtagOf(const stored::Registry& registry) {
  constexpr size_t kHexDigits = 16;
  const std::string all = absl::StrCat(
      registry.id(), "/", registry.create_time().seconds(), ".",
      registry.create_time().nanos(), "/", registry.attachments_version());
  return Digest::OfBytes(all).hex().substr(0, kHexDigits);
}

absl::Status RequireDistinct(const v1::SetAttachmentsRequest& request) {
  absl::flat_hash_set<int64_t> seen;
  for (int i = 0; i < request.upstream_ids_size(); ++i) {
    if (seen.insert(request.upstream_ids(i)).second) continue;
    return errors::FieldInvalid(absl::StrCat("upstream_ids[", i, "]"),
                                "must not stand twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Attachment> AttachmentAdmin::Create(
    const v1::CreateAttachmentRequest& request) {
  return WriteValue<v1::Attachment>(store_, [&](WriteTransaction& transaction) {
    return AttachIn(transaction, request.registry_id(), request.upstream_id());
  });
}

absl::StatusOr<v1::Attachment> AttachmentAdmin::AttachIn(
    WriteTransaction& transaction, int64_t registry_id, int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto registry,
                   RequireRegistry(transaction, registry_id));
  RETURN_IF_ERROR(RequireOneGroup(transaction, registry, upstream_id));
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
    return LimitReached(registry_id, limits_.upstreams_per_registry);
  }
  ASSIGN_OR_RETURN(auto added,
                   NewAttachment(transaction, registry_id, upstream_id));
  added.set_position(static_cast<int32_t>(attachments.size()) + 1);
  attachments.push_back(added);
  RETURN_IF_ERROR(
      tables::SetAttachments(transaction, registry_id, std::move(attachments)));
  return ToApi(added);
}

absl::StatusOr<v1::Attachment> AttachmentAdmin::Get(
    const v1::GetAttachmentRequest& request) const {
  return ReadValue<v1::Attachment>(
      store_,
      [&](const ReadTransaction& transaction)
          -> absl::StatusOr<v1::Attachment> {
        ASSIGN_OR_RETURN(const auto found,
                         tables::FindAttachment(transaction, request.id()));
        if (found) return ToApi(*found);
        return errors::NoSuch("attachment", absl::StrCat(request.id()));
      });
}

absl::StatusOr<v1::ListAttachmentsResponse> AttachmentAdmin::List(
    const v1::ListAttachmentsRequest& request) const {
  return ReadValue<v1::ListAttachmentsResponse>(
      store_,
      [&](const ReadTransaction& transaction)
          -> absl::StatusOr<v1::ListAttachmentsResponse> {
        ASSIGN_OR_RETURN(const auto registry,
                         RequireRegistry(transaction, request.registry_id()));
        ASSIGN_OR_RETURN(const auto attachments,
                         tables::Attachments(transaction, registry.id()));
        v1::ListAttachmentsResponse response;
        for (const auto& attachment : attachments) {
          *response.add_attachments() = ToApi(attachment);
        }
        response.set_etag(EtagOf(registry));
        return response;
      });
}

absl::StatusOr<v1::SetAttachmentsResponse> AttachmentAdmin::Set(
    const v1::SetAttachmentsRequest& request) {
  RETURN_IF_ERROR(RequireDistinct(request));
  return WriteOrTry<v1::SetAttachmentsResponse>(
      store_, request.validate_only(), [&](WriteTransaction& transaction) {
        return SetIn(transaction, request);
      });
}

absl::StatusOr<v1::SetAttachmentsResponse> AttachmentAdmin::SetIn(
    WriteTransaction& transaction, const v1::SetAttachmentsRequest& request) {
  const int64_t registry_id = request.registry_id();
  ASSIGN_OR_RETURN(auto registry, RequireRegistry(transaction, registry_id));
  RETURN_IF_ERROR(CheckEtag({"registry", absl::StrCat(registry_id)},
                            request.etag(), EtagOf(registry)));
  ASSIGN_OR_RETURN(auto before, tables::Attachments(transaction, registry_id));
  const auto count = static_cast<size_t>(request.upstream_ids_size());
  if (count > static_cast<size_t>(limits_.upstreams_per_registry) &&
      count > before.size()) {
    return LimitReached(registry_id, limits_.upstreams_per_registry);
  }
  Attachments after;
  v1::SetAttachmentsResponse response;
  for (const int64_t upstream_id : request.upstream_ids()) {
    RETURN_IF_ERROR(RequireOneGroup(transaction, registry, upstream_id));
    const auto kept = Find(before, upstream_id);
    if (kept != before.end()) {
      after.push_back(*kept);
    } else {
      ASSIGN_OR_RETURN(after.emplace_back(),
                       NewAttachment(transaction, registry_id, upstream_id));
    }
    v1::Attachment& shown = *response.add_attachments();
    shown = ToApi(after.back());
    shown.set_position(response.attachments_size());
    if (kept == before.end() && request.validate_only()) shown.clear_id();
  }
  RETURN_IF_ERROR(
      tables::SetAttachments(transaction, registry_id, std::move(after)));
  if (!request.validate_only()) {
    ASSIGN_OR_RETURN(registry, RequireRegistry(transaction, registry_id));
  }
  response.set_etag(EtagOf(registry));
  return response;
}

absl::StatusOr<v1::Attachment> AttachmentAdmin::Move(
    const v1::MoveAttachmentRequest& request) {
  if (request.position() < 1) {
    return errors::FieldInvalid("position", "must be at least 1");
  }
  const int64_t registry_id = request.registry_id();
  return WriteValue<v1::Attachment>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::Attachment> {
        ASSIGN_OR_RETURN(auto attachments,
                         tables::Attachments(transaction, registry_id));
        const auto it = Find(attachments, request.upstream_id());
        if (it == attachments.end()) {
          return NotAttached(registry_id, request.upstream_id());
        }
        stored::Attachment moved = *it;
        attachments.erase(it);
        const size_t place =
            std::min<size_t>(request.position() - 1, attachments.size());
        moved.set_position(static_cast<int32_t>(place) + 1);
        attachments.insert(attachments.begin() + place, moved);
        RETURN_IF_ERROR(tables::SetAttachments(transaction, registry_id,
                                               std::move(attachments)));
        return ToApi(moved);
      });
}

absl::Status AttachmentAdmin::Delete(
    const v1::DeleteAttachmentRequest& request) {
  const int64_t registry_id = request.registry_id();
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto attachments,
                         tables::Attachments(transaction, registry_id));
        const auto it = Find(attachments, request.upstream_id());
        if (it == attachments.end()) {
          return request.allow_missing()
                     ? absl::OkStatus()
                     : NotAttached(registry_id, request.upstream_id());
        }
        attachments.erase(it);
        return tables::SetAttachments(transaction, registry_id,
                                      std::move(attachments));
      },
      Durability::kSynced);
}

}  // namespace cvr
