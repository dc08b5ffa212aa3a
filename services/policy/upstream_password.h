#ifndef SERVICES_POLICY_UPSTREAM_PASSWORD_H_
#define SERVICES_POLICY_UPSTREAM_PASSWORD_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "protos/cvr/v1/upstream.pb.h"

// The password of an upstream in messages. It has any bytes but NUL, but
// `password` is a `string` field, which takes UTF-8 only: a message with other
// bytes there cannot be parsed. Those are sent in `password_bytes`. Pure.
namespace cvr {

// Sets the field that can hold `password`, and clears the other.
void SetPassword(std::string password, v1::Upstream& upstream);

// What either field holds.
const std::string& PasswordOf(const v1::Upstream& upstream);

// Puts what was received in either field into `password`, for code that looks
// there only, and names it so in `mask`, if there is one. Such a message must
// not be sent: SetPassword() makes it fit to be.
// Errors: INVALID_ARGUMENT (FIELD_INVALID) when both fields are set.
absl::Status GatherPassword(v1::Upstream& upstream,
                            google::protobuf::FieldMask* mask = nullptr);

}  // namespace cvr

#endif  // SERVICES_POLICY_UPSTREAM_PASSWORD_H_
