#ifndef SERVICES_RPC_CREDENTIALS_REFUSED_CALLS_H_
#define SERVICES_RPC_CREDENTIALS_REFUSED_CALLS_H_

#include "services/access/audit_file.h"
#include "services/rpc/credentials/call_gate.h"

namespace cvr {

// What has a server's gate record the calls that it refuses. `audit` may be
// null, and must outlive the server.
CallGate::Listener RecordRefusedCalls(AuditFile* audit);

}  // namespace cvr

#endif  // SERVICES_RPC_CREDENTIALS_REFUSED_CALLS_H_
