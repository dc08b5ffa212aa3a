#ifndef SERVICES_ACCESS_ACCESS_RULES_H_
#define SERVICES_ACCESS_ACCESS_RULES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/access/access_question.h"

namespace cvr {

// What has to be allowed for a call of administration, from its request: the
// one table of which right each method needs on which object. Never empty; all
// of it must be allowed. Pure. Errors: INTERNAL when the table does not know
// the request.
absl::StatusOr<std::vector<AccessQuestion>> AccessNeededFor(
    const google::protobuf::Message& request);

// Whether the table knows requests of this kind. Pure.
bool HasAccessRule(const google::protobuf::Descriptor& request);

// Whether it is to be recorded who made the call: all but looking.
bool IsChange(const google::protobuf::Message& request);

// Whether the call succeeds when its object is not there.
bool SucceedsWithoutObject(const google::protobuf::Message& request);

}  // namespace cvr

#endif  // SERVICES_ACCESS_ACCESS_RULES_H_
