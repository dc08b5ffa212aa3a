#include "services/metadata/conversion/access_token_conversion.h"

namespace cvr {
namespace {

stored::AccessTokenResource::Scope ToStored(v1::AccessToken::Scope from) {
  switch (from) {
    case v1::AccessToken::SCOPE_READ:
      return stored::AccessTokenResource::SCOPE_READ_VIRTUAL_REGISTRY;
    case v1::AccessToken::SCOPE_MANAGE:
      return stored::AccessTokenResource::SCOPE_WRITE_VIRTUAL_REGISTRY;
    case v1::AccessToken::SCOPE_ADMIN:
      return stored::AccessTokenResource::SCOPE_ADMIN;
    default:
      return stored::AccessTokenResource::SCOPE_UNSPECIFIED;
  }
}

v1::AccessToken::Scope ToApi(stored::AccessTokenResource::Scope from) {
  switch (from) {
    case stored::AccessTokenResource::SCOPE_READ_VIRTUAL_REGISTRY:
      return v1::AccessToken::SCOPE_READ;
    case stored::AccessTokenResource::SCOPE_WRITE_VIRTUAL_REGISTRY:
      return v1::AccessToken::SCOPE_MANAGE;
    case stored::AccessTokenResource::SCOPE_ADMIN:
      return v1::AccessToken::SCOPE_ADMIN;
    default:
      return v1::AccessToken::SCOPE_UNSPECIFIED;
  }
}

}  // namespace

stored::AccessTokenResource ToStored(const v1::AccessToken& from) {
  stored::AccessTokenResource to;
  to.set_id(from.id());
  to.set_name(from.name());
  to.set_group(from.group());
  for (const int one : from.scopes()) {
    to.add_scopes(ToStored(static_cast<v1::AccessToken::Scope>(one)));
  }
  *to.mutable_registry_ids() = from.registry_ids();
  if (from.has_expire_time()) *to.mutable_expire_time() = from.expire_time();
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_last_use_time()) {
    *to.mutable_last_used_time() = from.last_use_time();
  }
  return to;
}

v1::AccessToken ToApi(const stored::AccessTokenResource& from) {
  v1::AccessToken to;
  to.set_id(from.id());
  to.set_name(from.name());
  if (from.group().empty()) {
    to.set_all_groups(true);
  } else {
    to.set_group(from.group());
  }
  for (const int one : from.scopes()) {
    to.add_scopes(ToApi(static_cast<stored::AccessTokenResource::Scope>(one)));
  }
  *to.mutable_registry_ids() = from.registry_ids();
  if (from.has_expire_time()) *to.mutable_expire_time() = from.expire_time();
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_last_used_time()) {
    *to.mutable_last_use_time() = from.last_used_time();
  }
  return to;
}

}  // namespace cvr
