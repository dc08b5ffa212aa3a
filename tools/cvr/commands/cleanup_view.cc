#include "tools/cvr/commands/cleanup_view.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

std::string OperationText(const v1::CleanupRun& run) {
  return run.operation_id() == 0 ? "" : absl::StrCat(run.operation_id());
}

// `2026-11-25T06:00:00Z, succeeded, 3 entries, 2048 (2.0 KiB) bytes`.
std::string LastRunText(const v1::CleanupPolicy& policy) {
  if (!policy.has_last_run()) return "never";
  const v1::CleanupRun& run = policy.last_run();
  const std::string text =
      absl::StrCat(TimeText(run.start_time()), ", ", EnumText(run.state()),
                   ", ", run.deleted_count(), " entries, ",
                   SizeText(run.deleted_bytes()), " bytes");
  return run.has_error() ? absl::StrCat(text, ": ", run.error().message())
                         : text;
}

}  // namespace

std::string DaysText(const google::protobuf::Duration& duration) {
  if (duration.nanos() != 0 || duration.seconds() % kSecondsPerDay != 0) {
    return DurationText(duration);
  }
  const int64_t days = duration.seconds() / kSecondsPerDay;
  return absl::StrCat(days, days == 1 ? " day" : " days");
}

std::string CleanupFields(const v1::CleanupPolicy& policy) {
  FieldTable fields;
  fields.Add("group", policy.group());
  fields.Add("enabled", YesNo(policy.enabled()));
  fields.Add("keeps", absl::StrCat(DaysText(policy.keep_after_last_pull()),
                                   " after the last pull"));
  fields.Add("runs every", DaysText(policy.run_interval()));
  fields.Add("next run", TimeText(policy.next_run_time()));
  fields.Add("last run", LastRunText(policy));
  fields.Add("created", TimeText(policy.create_time()));
  fields.Add("updated", TimeText(policy.update_time()));
  fields.Add("etag", policy.etag());
  return fields.ToString();
}

std::string CleanupRunTable(const std::vector<v1::CleanupRun>& runs) {
  TextTable table({{"STARTED"},
                   {"ENDED"},
                   {"STATE"},
                   {"ENTRIES", TextTable::Align::kRight},
                   {"SIZE", TextTable::Align::kRight},
                   {"OPERATION", TextTable::Align::kRight},
                   {"ERROR"}});
  for (const v1::CleanupRun& run : runs) {
    table.AddRow({TimeText(run.start_time()), TimeText(run.end_time()),
                  EnumText(run.state()), absl::StrCat(run.deleted_count()),
                  SizeText(run.deleted_bytes()), OperationText(run),
                  run.error().message()});
  }
  return table.ToString();
}

std::string CleanupRunFields(const v1::CleanupRun& run) {
  FieldTable fields;
  fields.Add("state", EnumText(run.state()));
  fields.Add("started", TimeText(run.start_time()));
  fields.Add("ended", TimeText(run.end_time()));
  fields.Add("deleted entries", absl::StrCat(run.deleted_count()));
  fields.Add("deleted size", SizeText(run.deleted_bytes()));
  fields.Add("operation", OperationText(run));
  fields.Add("error", run.error().message());
  return fields.ToString();
}

}  // namespace cvr
