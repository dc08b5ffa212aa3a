#ifndef SERVICES_METADATA_ADMIN_GROUP_ADMIN_H_
#define SERVICES_METADATA_ADMIN_GROUP_ADMIN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/group_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What GroupService promises, without the wire. Thread-safe.
class GroupAdmin {
 public:
  // All must outlive it.
  GroupAdmin(MetadataStore& store, const Clock& clock, AccessTokenAdmin& tokens)
      : store_(store), clock_(clock), tokens_(tokens) {}

  absl::StatusOr<v1::Group> Create(const v1::CreateGroupRequest& request);
  absl::StatusOr<v1::Group> Get(const v1::GetGroupRequest& request) const;
  // Those that the caller may see.
  absl::StatusOr<v1::ListGroupsResponse> List(
      const v1::ListGroupsRequest& request, const Caller& caller) const;
  absl::StatusOr<v1::Group> Update(const v1::UpdateGroupRequest& request);
  // The default group stays: FAILED_PRECONDITION.
  absl::Status Delete(const v1::DeleteGroupRequest& request);

  // Makes the default group unless it is there.
  absl::Status EnsureDefault();

 private:
  MetadataStore& store_;
  const Clock& clock_;
  AccessTokenAdmin& tokens_;
};

// NOT_FOUND when there is no such group.
absl::Status RequireGroup(const ReadTransaction& transaction,
                          absl::string_view name);

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_GROUP_ADMIN_H_
