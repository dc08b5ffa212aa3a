#include "services/metadata/conversion/registry_conversion.h"

namespace cvr {

stored::Group ToStored(const v1::Group& from) {
  stored::Group to;
  to.set_name(from.name());
  to.set_description(from.description());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

v1::Group ToApi(const stored::Group& from) {
  v1::Group to;
  to.set_name(from.name());
  to.set_description(from.description());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

stored::Registry ToStored(const v1::Registry& from) {
  stored::Registry to;
  to.set_id(from.id());
  to.set_group(from.group());
  to.set_name(from.name());
  to.set_description(from.description());
  to.set_anonymous_pull(from.anonymous_pull());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

v1::Registry ToApi(const stored::Registry& from) {
  v1::Registry to;
  to.set_id(from.id());
  to.set_group(from.group());
  to.set_name(from.name());
  to.set_description(from.description());
  to.set_anonymous_pull(from.anonymous_pull());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

stored::Attachment ToStored(const v1::Attachment& from) {
  stored::Attachment to;
  to.set_id(from.id());
  to.set_registry_id(from.registry_id());
  to.set_upstream_id(from.upstream_id());
  to.set_position(from.position());
  return to;
}

v1::Attachment ToApi(const stored::Attachment& from) {
  v1::Attachment to;
  to.set_id(from.id());
  to.set_registry_id(from.registry_id());
  to.set_upstream_id(from.upstream_id());
  to.set_position(from.position());
  return to;
}

}  // namespace cvr
