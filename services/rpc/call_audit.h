#ifndef SERVICES_RPC_CALL_AUDIT_H_
#define SERVICES_RPC_CALL_AUDIT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "cvr/v1/audit_event.pb.h"
#include "google/protobuf/message.h"
#include "services/access/access_question.h"
#include "services/access/admin_authority.h"

namespace cvr {

// What is recorded of calls of administration. All pure.

// The event of a call before it is made: who calls (`peer` is the client's
// address), what method, and what it is about. `questions` are what the call
// needs, and `admission` what was found out about the caller; null = nothing.
v1::AuditEvent EventOf(const google::protobuf::Message& request,
                       const std::string& peer,
                       absl::Span<const AccessQuestion> questions,
                       const Admission* admission);

// Adds how the call has ended. `response` counts when `status` is OK: what was
// made has its id there.
void FinishEvent(const google::protobuf::Message& request,
                 const absl::Status& status,
                 const google::protobuf::Message* response,
                 v1::AuditEvent& event);

}  // namespace cvr

#endif  // SERVICES_RPC_CALL_AUDIT_H_
