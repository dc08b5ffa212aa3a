#ifndef SERVICES_ACCESS_ACCESS_RULES_H_
#define SERVICES_ACCESS_ACCESS_RULES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/access/access_question.h"

namespace cvr {

// What administration methods need, as their options `(cvr.v1.requirement)`
// say, which stand next to the methods in the .proto files. A method without
// such an option is refused to everybody. All pure.

// The method whose request has this type, which stands in the same file; null
// when there is none. No two methods share a type.
const google::protobuf::MethodDescriptor* MethodOfRequest(
    const google::protobuf::Descriptor& request);

// Whether the method says what it needs.
bool HasAccessRule(const google::protobuf::MethodDescriptor& method);

// The permissions that a call needs. The caller must have all of them; there is
// at least one. Keys in the request must have been resolved as far as they can
// be (resource_keys.h): an object whose key is still there is asked about with
// the id 0, which none has, and the key as its name. For an Update method with
// `allow_missing` that is a question about the group in which the object would
// be made. Objects with a key that no option mentions are asked to be readable.
//
// Errors: INVALID_ARGUMENT about the field that does not name an object, also
// about an empty `group` that is REQUIRED, and a field that names more than
// 1000 objects; INTERNAL when the options do not cover the request.
absl::StatusOr<std::vector<AccessQuestion>> AccessNeededFor(
    const google::protobuf::Message& request);

// `RegistryService.CreateRegistry`, the method of a request; empty when there
// is none.
std::string MethodNameOf(const google::protobuf::Message& request);

// Whether the call changes something, so that it is recorded in the audit log.
bool IsChange(const google::protobuf::Message& request);

// Whether the request has this field, and it is true.
bool HasFlag(const google::protobuf::Message& request, const char* field);

// Whether the call succeeds if its object does not exist: a deletion with
// `allow_missing`.
bool SucceedsWithoutObject(const google::protobuf::Message& request);

// Whether the call makes its object if it does not exist: an update with
// `allow_missing`.
bool MakesMissingObject(const google::protobuf::Message& request);

}  // namespace cvr

#endif  // SERVICES_ACCESS_ACCESS_RULES_H_
