#ifndef GATEWAY_NATIVE_REST_BODY_MASK_H_
#define GATEWAY_NATIVE_REST_BODY_MASK_H_

#include "gateway/native_rest/field_value.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/field_mask.pb.h"

namespace cvr::native_rest {

// The fields of a `message` that the JSON object `body` has, nested ones by
// their paths: what a PATCH without a mask changes (AIP-134). A repeated field,
// an empty object and null are the whole field. Fields that callers cannot
// change (OUTPUT_ONLY, IMMUTABLE, `etag`) are left out, so that what was read
// can be sent back. Unknown fields are passed over. Pure.
google::protobuf::FieldMask MaskOf(const google::protobuf::Descriptor& message,
                                   const Json& body);

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_BODY_MASK_H_
