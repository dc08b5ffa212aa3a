#ifndef SERVICES_PROCESS_SENSITIVE_FIELDS_H_
#define SERVICES_PROCESS_SENSITIVE_FIELDS_H_

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

// Secrets in messages are known by the field option cvr.v1.sensitive (see
// annotations.proto), never by the names of fields.
namespace cvr {

// Whether the field is marked: it holds a secret. Pure.
bool IsSensitive(const google::protobuf::FieldDescriptor& field);

// Clears every sensitive field of `message`, also in nested messages, repeated
// fields, values of maps and what google.protobuf.Any holds, and drops fields
// that this program does not know: nobody can tell whether those are secrets.
// An Any is emptied when its type is not linked in, when its bytes are none of
// that type, or when it is below 16 others. Afterwards `message` may be
// printed. Uses nothing but `message`.
void ClearSensitive(google::protobuf::Message& message);

}  // namespace cvr

#endif  // SERVICES_PROCESS_SENSITIVE_FIELDS_H_
