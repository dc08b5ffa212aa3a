#ifndef SERVICES_ACCESS_ACCESS_QUESTION_WIRE_H_
#define SERVICES_ACCESS_ACCESS_QUESTION_WIRE_H_

#include "absl/status/statusor.h"
#include "cvr/internal/v1/auth_service.pb.h"
#include "services/access/access_question.h"
#include "services/access/admin_authority.h"

namespace cvr {

// Between the types of AdminAuthority and their messages. Errors:
// INVALID_ARGUMENT for actions and kinds that are not known.
internal::v1::AccessQuestion ToWire(const AccessQuestion& question);
absl::StatusOr<AccessQuestion> FromWire(
    const internal::v1::AccessQuestion& message);
internal::v1::AuthorizeResponse ToWire(const Admission& admission);
Admission FromWire(const internal::v1::AuthorizeResponse& message);

}  // namespace cvr

#endif  // SERVICES_ACCESS_ACCESS_QUESTION_WIRE_H_
