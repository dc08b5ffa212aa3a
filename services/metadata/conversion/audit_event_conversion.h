#ifndef SERVICES_METADATA_CONVERSION_AUDIT_EVENT_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_AUDIT_EVENT_CONVERSION_H_

#include "cvr/v1/audit_event.pb.h"
#include "services/metadata/store/stored_audit_event.pb.h"

namespace cvr {

// Between audit events and their rows. Pure.
stored::AuditEvent ToStored(const v1::AuditEvent& from);

// Also of rows of earlier revisions, which say `object` and `result`. A request
// that is no JSON any more counts as omitted.
v1::AuditEvent ToApi(const stored::AuditEvent& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_AUDIT_EVENT_CONVERSION_H_
