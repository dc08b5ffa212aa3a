#ifndef GATEWAY_NATIVE_REST_FIELD_VALUE_H_
#define GATEWAY_NATIVE_REST_FIELD_VALUE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

// Values of single fields, as the JSON form of protobuf has them. All pure.
namespace cvr::native_rest {

using Json = nlohmann::ordered_json;

// Whether the JSON of a message is not an object of its fields:
// google.protobuf.Timestamp, Duration, FieldMask and their kin. They are set as
// a whole.
bool IsWellKnown(const google::protobuf::Descriptor& message);

// Whether a field is set by SetValue(): it is a scalar, an enum or well known.
bool IsLeaf(const google::protobuf::FieldDescriptor& field);

// The field of `message` by its name in the proto, or the same in
// lowerCamelCase; null = none.
const google::protobuf::FieldDescriptor* FindField(
    const google::protobuf::Descriptor& message, absl::string_view name);

// Sets a leaf of `message`, or adds to it when it is repeated. Numbers may be
// texts; enums are their names; bytes are base64; paths of a FieldMask may have
// either spelling. Empty, or what is wrong, as a predicate such as `must be a
// number`, which does not repeat the value.
std::string SetValue(google::protobuf::Message& message,
                     const google::protobuf::FieldDescriptor& field,
                     const Json& value);

// The same for what stands in a path or a query.
std::string SetText(google::protobuf::Message& message,
                    const google::protobuf::FieldDescriptor& field,
                    absl::string_view text);

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_FIELD_VALUE_H_
