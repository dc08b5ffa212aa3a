#ifndef GATEWAY_NATIVE_REST_ANSWER_JSON_H_
#define GATEWAY_NATIVE_REST_ANSWER_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace cvr::native_rest {

// `answer` as JSON: fields are named as in the proto, 64-bit numbers are texts,
// and fields without presence are there with their defaults, so that
// `.registries[]` works on an empty page. INPUT_ONLY fields are left out, so
// that an answer that is sent back in a PATCH does not erase what is stored.
// Errors: INTERNAL for a google.protobuf.Any of a type that is not known here.
absl::StatusOr<std::string> AnswerJson(const google::protobuf::Message& answer);

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_ANSWER_JSON_H_
