#include "services/metadata/conversion/audit_event_conversion.h"

namespace cvr {
stored::AuditEvent ToStored(const v1::AuditEvent& from) {
  stored::AuditEvent to;
  to.set_id(from.id());
  if (from.has_time()) *to.mutable_time() = from.time();
  to.set_token_id(from.token_id());
  to.set_token_name(from.token_name());
  to.set_peer(from.peer());
  to.set_method(from.method());
  to.set_object(from.object());
  to.set_group(from.group());
  to.set_result(from.result());
  to.set_request(from.request());
  return to;
}

v1::AuditEvent ToApi(const stored::AuditEvent& from) {
  v1::AuditEvent to;
  to.set_id(from.id());
  if (from.has_time()) *to.mutable_time() = from.time();
  to.set_token_id(from.token_id());
  to.set_token_name(from.token_name());
  to.set_peer(from.peer());
  to.set_method(from.method());
  to.set_object(from.object());
  to.set_group(from.group());
  to.set_result(from.result());
  to.set_request(from.request());
  return to;
}

}  // namespace cvr
