#ifndef SERVICES_POLICY_UPSTREAM_PASSWORD_H_
#define SERVICES_POLICY_UPSTREAM_PASSWORD_H_

#include <string>

#include "absl/status/status.h"
#include "cvr/v1/upstream.pb.h"
#include "google/protobuf/field_mask.pb.h"

// Access to the password of an upstream in messages. A password may contain any
// bytes except NUL, but `password` is a `string` field, and a message with
// bytes other than UTF-8 in it cannot be parsed. Such passwords are in the
// field `password_bytes`. All functions are pure.
namespace cvr {

// Stores `password` in the field of `credentials.basic` that can hold it, and
// clears the other field.
void SetPassword(std::string password, v1::Upstream& upstream);

// The password, from whichever field of `credentials.basic` holds it.
const std::string& PasswordOf(const v1::Upstream& upstream);

// Moves the password of a received message into the field `password`, for code
// that reads only that field, and does the same with its path in `mask`, if
// there is one. The message must not be sent afterwards, because the field may
// hold bytes that are not UTF-8; call SetPassword() before.
// Errors: INVALID_ARGUMENT (FIELD_INVALID) when both fields are set.
absl::Status GatherPassword(v1::Upstream& upstream,
                            google::protobuf::FieldMask* mask = nullptr);

}  // namespace cvr

#endif  // SERVICES_POLICY_UPSTREAM_PASSWORD_H_
