#ifndef SERVICES_METADATA_ADMIN_GROUP_ADMIN_H_
#define SERVICES_METADATA_ADMIN_GROUP_ADMIN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cvr/v1/group_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/clock.h"
#include "services/metadata/admin/access_token_admin.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What GroupService promises, without the wire. Thread-safe.
class GroupAdmin {
 public:
  // All must outlive it.
  GroupAdmin(MetadataStore& store, const Clock& clock, Sweeper& sweeper,
             AccessTokenAdmin& tokens)
      : store_(store), clock_(clock), sweeper_(sweeper), tokens_(tokens) {}

  absl::StatusOr<v1::Group> Create(const v1::CreateGroupRequest& request);
  absl::StatusOr<v1::Group> Get(const v1::GetGroupRequest& request) const;
  // Those that the caller may see.
  absl::StatusOr<v1::ListGroupsResponse> List(
      const v1::ListGroupsRequest& request, const Caller& caller) const;
  absl::StatusOr<v1::Group> Update(const v1::UpdateGroupRequest& request);
  // The default group stays: FAILED_PRECONDITION (reason GROUP_PERMANENT). What
  // the group owns goes in transactions of bounded size: when the call fails,
  // or the process ends, some of it may be gone, and the next call goes on.
  absl::Status Delete(const v1::DeleteGroupRequest& request);

  // Makes the default group unless it is there.
  absl::Status EnsureDefault();

 private:
  absl::StatusOr<v1::Group> CreateIn(WriteTransaction& transaction,
                                     const v1::Group& given);
  absl::StatusOr<v1::Group> UpdateIn(WriteTransaction& transaction,
                                     const v1::UpdateGroupRequest& request);
  // A part of a deletion; `last_token` is 0 at first. Returns whether there is
  // more.
  absl::StatusOr<bool> DeleteSome(WriteTransaction& transaction,
                                  const v1::DeleteGroupRequest& request,
                                  int64_t& last_token);

  MetadataStore& store_;
  const Clock& clock_;
  Sweeper& sweeper_;
  AccessTokenAdmin& tokens_;
};

// NOT_FOUND when there is no such group.
absl::Status RequireGroup(const ReadTransaction& transaction,
                          absl::string_view name);

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_GROUP_ADMIN_H_
