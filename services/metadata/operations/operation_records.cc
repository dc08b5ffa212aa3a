#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/operation_conversion.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/tables/operation_tables.h"

// Operations that blob services work on: OperationRecorder.
namespace cvr {
namespace {

// How long a request_id is remembered.
constexpr absl::Duration kRepeatMax = absl::Hours(24);

absl::Status NoSuchOperation(int64_t id) {
  return errors::NoSuch("operation", absl::StrCat(id));
}

}  // namespace

absl::StatusOr<std::optional<stored::Operation>> Operations::FindRepeated(
    const ReadTransaction& transaction, const OperationStart& start) const {
  std::optional<stored::Operation> found;
  if (start.request_id.empty()) return found;
  RETURN_IF_ERROR(tables::VisitOperations(
      transaction, /*before=*/0,
      [&](const stored::Operation& row) -> absl::StatusOr<bool> {
        if (FromWire(row.start_time()) + kRepeatMax < clock_.Now()) {
          return false;
        }
        if (row.request_id() != start.request_id ||
            row.method() != start.method || row.token_id() != start.token_id) {
          return true;
        }
        found = row;
        return false;
      }));
  return found;
}

absl::StatusOr<StartedOperation> Operations::Start(
    const OperationStart& start) {
  if (start.method.empty()) {
    return errors::FieldInvalid("method", "must be set", v1::FIELD_REQUIRED);
  }
  StartedOperation started;
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto repeated, FindRepeated(transaction, start));
        started.already_started = repeated.has_value();
        if (repeated) {
          started.operation = ToApi(*repeated);
          return absl::OkStatus();
        }
        stored::Operation row = RowOf({.method = start.method,
                                       .group = start.group,
                                       .request_id = start.request_id,
                                       .token_id = start.token_id,
                                       .total_count = start.total_count});
        row.set_is_remote(true);
        row.set_instance(start.instance);
        RETURN_IF_ERROR(Insert(transaction, row));
        started.operation = ToApi(row);
        return absl::OkStatus();
      },
      Durability::kSynced));
  if (!started.already_started) {
    MutexLock lock(&mutex_);
    leases_[started.operation.id()] = clock_.SteadyNow() + kOperationLease;
  }
  return started;
}

absl::StatusOr<bool> Operations::ReportProgress(
    int64_t id, const v1::Operation::Progress& progress) {
  ASSIGN_OR_RETURN(const auto row, Find(id));
  if (!row.is_remote()) return NoSuchOperation(id);
  if (row.has_end_time()) {
    return errors::PreconditionFailed(Reason::kPreconditionFailed,
                                      absl::StrCat("operations/", id),
                                      "the operation has ended");
  }
  {
    MutexLock lock(&mutex_);
    leases_[id] = clock_.SteadyNow() + kOperationLease;
  }
  if (ProgressOf(row).SerializeAsString() != progress.SerializeAsString()) {
    RETURN_IF_ERROR(Store(id, progress));
  }
  return row.cancel_requested();
}

absl::Status Operations::Finish(
    int64_t id, const v1::Operation::Progress& progress,
    const absl::StatusOr<google::protobuf::Any>& result) {
  ASSIGN_OR_RETURN(const auto row, Find(id));
  if (!row.is_remote()) return NoSuchOperation(id);
  // What is absent stays.
  return End(id, progress.ByteSizeLong() == 0 ? nullptr : &progress, result);
}

}  // namespace cvr
