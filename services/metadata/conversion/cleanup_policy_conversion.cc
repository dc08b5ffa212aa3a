#include "services/metadata/conversion/cleanup_policy_conversion.h"

namespace cvr {
namespace {

stored::CleanupPolicyResource::Status ToStored(v1::CleanupPolicy::Status from) {
  switch (from) {
    case v1::CleanupPolicy::SCHEDULED:
      return stored::CleanupPolicyResource::STATUS_SCHEDULED;
    case v1::CleanupPolicy::RUNNING:
      return stored::CleanupPolicyResource::STATUS_RUNNING;
    case v1::CleanupPolicy::FAILED:
      return stored::CleanupPolicyResource::STATUS_FAILED;
    default:
      return stored::CleanupPolicyResource::STATUS_UNSPECIFIED;
  }
}

v1::CleanupPolicy::Status ToApi(stored::CleanupPolicyResource::Status from) {
  switch (from) {
    case stored::CleanupPolicyResource::STATUS_SCHEDULED:
      return v1::CleanupPolicy::SCHEDULED;
    case stored::CleanupPolicyResource::STATUS_RUNNING:
      return v1::CleanupPolicy::RUNNING;
    case stored::CleanupPolicyResource::STATUS_FAILED:
      return v1::CleanupPolicy::FAILED;
    default:
      return v1::CleanupPolicy::STATUS_UNSPECIFIED;
  }
}

}  // namespace

stored::CleanupPolicyResource ToStored(const v1::CleanupPolicy& from) {
  stored::CleanupPolicyResource to;
  to.set_group(from.group());
  to.set_enabled(from.enabled());
  to.set_keep_n_days_after_download(from.keep_n_days_after_download());
  to.set_cadence_days(from.cadence_days());
  to.set_notify_on_success(from.notify_on_success());
  to.set_notify_on_failure(from.notify_on_failure());
  to.set_status(ToStored(from.status()));
  if (from.has_next_run_time()) {
    *to.mutable_next_run_time() = from.next_run_time();
  }
  if (from.has_last_run_time()) {
    *to.mutable_last_run_time() = from.last_run_time();
  }
  to.set_last_run_deleted_bytes(from.last_run_deleted_bytes());
  to.set_last_run_deleted_entries(from.last_run_deleted_entries());
  to.set_failure_message(from.failure_message());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

v1::CleanupPolicy ToApi(const stored::CleanupPolicyResource& from) {
  v1::CleanupPolicy to;
  to.set_group(from.group());
  to.set_enabled(from.enabled());
  to.set_keep_n_days_after_download(from.keep_n_days_after_download());
  to.set_cadence_days(from.cadence_days());
  to.set_notify_on_success(from.notify_on_success());
  to.set_notify_on_failure(from.notify_on_failure());
  to.set_status(ToApi(from.status()));
  if (from.has_next_run_time()) {
    *to.mutable_next_run_time() = from.next_run_time();
  }
  if (from.has_last_run_time()) {
    *to.mutable_last_run_time() = from.last_run_time();
  }
  to.set_last_run_deleted_bytes(from.last_run_deleted_bytes());
  to.set_last_run_deleted_entries(from.last_run_deleted_entries());
  to.set_failure_message(from.failure_message());
  if (from.has_create_time()) *to.mutable_create_time() = from.create_time();
  if (from.has_update_time()) *to.mutable_update_time() = from.update_time();
  to.set_etag(from.etag());
  return to;
}

}  // namespace cvr
