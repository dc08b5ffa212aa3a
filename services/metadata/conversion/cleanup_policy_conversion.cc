#include "services/metadata/conversion/cleanup_policy_conversion.h"

namespace cvr {
namespace {

v1::CleanupRun::State ToApi(stored::CleanupRun::State from) {
  switch (from) {
    case stored::CleanupRun::STATE_RUNNING:
      return v1::CleanupRun::STATE_RUNNING;
    case stored::CleanupRun::STATE_SUCCEEDED:
      return v1::CleanupRun::STATE_SUCCEEDED;
    case stored::CleanupRun::STATE_FAILED:
      return v1::CleanupRun::STATE_FAILED;
    default:
      return v1::CleanupRun::STATE_UNSPECIFIED;
  }
}

}  // namespace

v1::CleanupRun ToApi(const stored::CleanupRun& from) {
  v1::CleanupRun to;
  to.set_state(ToApi(from.state()));
  if (from.has_start_time()) *to.mutable_start_time() = from.start_time();
  if (from.has_end_time()) *to.mutable_end_time() = from.end_time();
  to.set_deleted_count(from.deleted_count());
  to.set_deleted_bytes(from.deleted_bytes());
  if (from.has_error()) *to.mutable_error() = from.error();
  to.set_operation_id(from.operation_id());
  return to;
}

v1::CleanupPolicy ToApi(const stored::CleanupPolicy& row) {
  const stored::CleanupPolicyResource& from = row.policy();
  v1::CleanupPolicy to;
  to.set_group(from.group());
  to.set_enabled(from.enabled());
  *to.mutable_keep_after_last_pull() = from.keep_after_last_pull();
  *to.mutable_run_interval() = from.run_interval();
  if (from.has_next_run_time()) {
    *to.mutable_next_run_time() = from.next_run_time();
  }
  if (!row.runs().empty()) {
    *to.mutable_last_run() = ToApi(*row.runs().rbegin());
  }
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

void CopyToStored(const v1::CleanupPolicy& from,
                  stored::CleanupPolicyResource& to) {
  to.set_group(from.group());
  to.set_enabled(from.enabled());
  *to.mutable_keep_after_last_pull() = from.keep_after_last_pull();
  *to.mutable_run_interval() = from.run_interval();
  to.clear_next_run_time();
  if (from.has_next_run_time()) {
    *to.mutable_next_run_time() = from.next_run_time();
  }
  to.clear_create_time();
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  to.clear_update_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
}

}  // namespace cvr
