#include "services/rpc/credentials/refused_calls.h"

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace cvr {

CallGate::Listener RecordRefusedCalls(AuditFile* audit) {
  if (audit == nullptr) return nullptr;
  return [audit](const RefusedCall& call) {
    audit->Write(AuditKind::kRefusal,
                 {{"time", absl::FormatTime(absl::RFC3339_full, absl::Now(),
                                            absl::UTCTimeZone())},
                  {"event", "Call"},
                  {"method", call.method.substr(0, 256)},
                  {"certificate",
                   absl::StrJoin(call.certificate_names, ",").substr(0, 256)},
                  {"result", absl::StatusCodeToString(call.status.code())}});
  };
}

}  // namespace cvr
