#include "gateway/pull_record.h"

namespace cvr {

nlohmann::json AuditLineOf(const PullRecord& pull, const AccessRecord& access,
                           absl::Time now) {
  nlohmann::json line = {
      {"time", absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone())},
      {"event", "Pull"},
      {"token_id", pull.caller.token_id},
      {"token_name", pull.caller.token_name},
      {"client", pull.client},
      {"registry_id", pull.registry_id},
      {"image", pull.repository},
      {"kind", pull.kind},
      {"reference", pull.reference},
      {"digest", pull.digest},
      {"status", access.status},
      {"bytes", access.body_bytes},
      {"cache", access.cache_status},
  };
  if (!access.broken_off.ok()) {
    line["broken_off"] =
        absl::IsCancelled(access.broken_off) ? "client left" : "failed";
  }
  return line;
}

}  // namespace cvr
