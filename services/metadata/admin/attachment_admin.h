#ifndef SERVICES_METADATA_ADMIN_ATTACHMENT_ADMIN_H_
#define SERVICES_METADATA_ADMIN_ATTACHMENT_ADMIN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/attachment_service.pb.h"
#include "services/metadata/resources/admin_limits.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What AttachmentService promises, without the wire: keys are ids by now.
// Positions are 1..n without gaps at all times. Thread-safe.
class AttachmentAdmin {
 public:
  // `store` must outlive it.
  AttachmentAdmin(MetadataStore& store, const AdminLimits& limits)
      : store_(store), limits_(limits) {}

  absl::StatusOr<v1::Attachment> Create(
      const v1::CreateAttachmentRequest& request);
  // As a part of a larger change.
  absl::StatusOr<v1::Attachment> AttachIn(WriteTransaction& transaction,
                                          int64_t registry_id,
                                          int64_t upstream_id);

  absl::StatusOr<v1::Attachment> Get(
      const v1::GetAttachmentRequest& request) const;
  absl::StatusOr<v1::ListAttachmentsResponse> List(
      const v1::ListAttachmentsRequest& request) const;
  // A registry that has more than the limit from before it was lowered may be
  // given as many in another order.
  absl::StatusOr<v1::SetAttachmentsResponse> Set(
      const v1::SetAttachmentsRequest& request);
  absl::StatusOr<v1::Attachment> Move(const v1::MoveAttachmentRequest& request);
  absl::Status Delete(const v1::DeleteAttachmentRequest& request);

 private:
  absl::StatusOr<v1::SetAttachmentsResponse> SetIn(
      WriteTransaction& transaction, const v1::SetAttachmentsRequest& request);

  MetadataStore& store_;
  const AdminLimits limits_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_ATTACHMENT_ADMIN_H_
