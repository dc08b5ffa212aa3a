#ifndef SERVICES_ACCESS_ACCESS_RULES_H_
#define SERVICES_ACCESS_ACCESS_RULES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/access/access_question.h"

namespace cvr {

// The permissions that a call of an administration method needs, from the only
// table of methods, permissions and objects. The caller must have all of them;
// there is at least one. Pure. Errors: INTERNAL if the table has no row for the
// request's type.
absl::StatusOr<std::vector<AccessQuestion>> AccessNeededFor(
    const google::protobuf::Message& request);

// Whether the table has a row for requests of this type. Pure.
bool HasAccessRule(const google::protobuf::Descriptor& request);

// Whether the call changes something, so that it is recorded in the audit log.
bool IsChange(const google::protobuf::Message& request);

// Whether the call succeeds if its object does not exist, like a deletion.
bool SucceedsWithoutObject(const google::protobuf::Message& request);

}  // namespace cvr

#endif  // SERVICES_ACCESS_ACCESS_RULES_H_
