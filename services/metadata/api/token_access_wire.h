#ifndef SERVICES_METADATA_API_TOKEN_ACCESS_WIRE_H_
#define SERVICES_METADATA_API_TOKEN_ACCESS_WIRE_H_

#include <vector>

#include "absl/types/span.h"
#include "cvr/internal/v1/auth_service.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/access/token_access.h"

namespace cvr {

// Between lists of TokenAccess and their messages. What is of no known kind is
// left out.
google::protobuf::RepeatedPtrField<internal::v1::TokenAccess> ToWire(
    absl::Span<const TokenAccess> access);
std::vector<TokenAccess> FromWire(
    const google::protobuf::RepeatedPtrField<internal::v1::TokenAccess>&
        messages);

}  // namespace cvr

#endif  // SERVICES_METADATA_API_TOKEN_ACCESS_WIRE_H_
