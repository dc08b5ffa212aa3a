#include "services/metadata/conversion/operation_conversion.h"

namespace cvr {

v1::Operation ToApi(const stored::Operation& from) {
  v1::Operation to;
  to.set_id(from.id());
  to.set_method(from.method());
  to.set_group(from.group());
  *to.mutable_start_time() = from.start_time();
  if (from.has_end_time()) *to.mutable_end_time() = from.end_time();
  to.set_done(from.has_end_time());
  *to.mutable_progress() = ProgressOf(from);
  to.set_cancel_requested(from.cancel_requested());
  if (from.has_error()) *to.mutable_error() = from.error();
  if (from.has_response()) *to.mutable_response() = from.response();
  to.set_request_id(from.request_id());
  return to;
}

v1::Operation::Progress ProgressOf(const stored::Operation& row) {
  v1::Operation::Progress progress;
  progress.set_done_count(row.done_count());
  progress.set_total_count(row.total_count());
  progress.set_done_bytes(row.done_bytes());
  return progress;
}

void SetProgress(const v1::Operation::Progress& from, stored::Operation& to) {
  to.set_done_count(from.done_count());
  to.set_total_count(from.total_count());
  to.set_done_bytes(from.done_bytes());
}

}  // namespace cvr
