#include "services/metadata/api/token_access_wire.h"

namespace cvr {

google::protobuf::RepeatedPtrField<internal::v1::TokenAccess> ToWire(
    absl::Span<const TokenAccess> access) {
  google::protobuf::RepeatedPtrField<internal::v1::TokenAccess> messages;
  for (const TokenAccess& one : access) {
    internal::v1::TokenAccess& message = *messages.Add();
    message.set_kind(one.kind == TokenAccess::Kind::kCatalog
                         ? internal::v1::TokenAccess::KIND_CATALOG
                         : internal::v1::TokenAccess::KIND_REPOSITORY);
    message.set_registry_id(one.registry_id);
    message.set_repository(one.repository);
    message.set_name(one.name);
  }
  return messages;
}

std::vector<TokenAccess> FromWire(
    const google::protobuf::RepeatedPtrField<internal::v1::TokenAccess>&
        messages) {
  std::vector<TokenAccess> access;
  for (const internal::v1::TokenAccess& message : messages) {
    if (message.kind() == internal::v1::TokenAccess::KIND_CATALOG) {
      access.push_back({TokenAccess::Kind::kCatalog, 0, "", message.name()});
    } else if (message.kind() == internal::v1::TokenAccess::KIND_REPOSITORY) {
      access.push_back({TokenAccess::Kind::kRepository, message.registry_id(),
                        message.repository(), message.name()});
    }
  }
  return access;
}

}  // namespace cvr
