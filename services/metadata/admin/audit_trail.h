#ifndef SERVICES_METADATA_ADMIN_AUDIT_TRAIL_H_
#define SERVICES_METADATA_ADMIN_AUDIT_TRAIL_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "cvr/v1/audit_service.pb.h"
#include "services/access/audit_file.h"
#include "services/concurrency/change_signal.h"
#include "services/concurrency/clock.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// What AuditService promises, without the wire: the last changes, in the store
// and, all of them, in a file. Thread-safe.
class AuditTrail {
 public:
  struct Options {
    // In the store; the oldest go.
    int64_t events_max = 100000;
  };

  // All must outlive it; `file` may be null.
  AuditTrail(MetadataStore& store, AuditFile* file, const Clock& clock,
             const Options& options)
      : store_(store), file_(file), clock_(clock), options_(options) {}

  // Its id and, unless it has one, its time are given here. An attempt that was
  // refused is in the file of refusals alone: else who is not let in could push
  // out of the store what others changed. Failures are logged.
  void Record(v1::AuditEvent event);

  // AuditService. Errors of Get(): NOT_FOUND.
  absl::StatusOr<v1::ListAuditEventsResponse> List(
      const v1::ListAuditEventsRequest& request) const;
  absl::StatusOr<v1::AuditEvent> Get(
      const v1::GetAuditEventRequest& request) const;

  // For WatchAuditEvents. The id of the youngest event; 0 = there is none.
  absl::StatusOr<int64_t> LastId() const;
  // The next events after an id, in the order of their ids, at most
  // kWatchedEventsMax; none when there are none.
  static constexpr int kWatchedEventsMax = 100;
  absl::StatusOr<v1::WatchAuditEventsResponse> Next(int64_t after_id) const;
  // Told of each event that Record() has stored; stopped by Stop().
  const ChangeSignal& changes() const { return changes_; }
  // Lets go who waits for changes().
  void Stop() { changes_.Stop(); }

 private:
  MetadataStore& store_;
  AuditFile* const file_;
  const Clock& clock_;
  const Options options_;
  ChangeSignal changes_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_AUDIT_TRAIL_H_
