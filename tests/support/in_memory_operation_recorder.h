#ifndef TESTS_SUPPORT_IN_MEMORY_OPERATION_RECORDER_H_
#define TESTS_SUPPORT_IN_MEMORY_OPERATION_RECORDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/metadata/api/operation_recorder.h"

namespace cvr::testing {

// Keeps operations in memory, for ever; their leases do not end by themselves.
// Thread-safe.
class InMemoryOperationRecorder : public OperationRecorder {
 public:
  absl::StatusOr<StartedOperation> Start(const OperationStart& start) override {
    MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    if (start.method.empty()) {
      return errors::FieldInvalid("method", "must be set");
    }
    const Request request = {start.token_id, start.method, start.request_id};
    if (!start.request_id.empty() && by_request_.contains(request)) {
      return StartedOperation{operations_[by_request_[request]], true};
    }
    const int64_t id = static_cast<int64_t>(operations_.size()) + 1;
    v1::Operation& operation = operations_[id];
    operation.set_id(id);
    operation.set_method(start.method);
    operation.set_group(start.group);
    operation.set_request_id(start.request_id);
    operation.mutable_progress()->set_total_count(start.total_count);
    if (!start.request_id.empty()) by_request_[request] = id;
    starts_.push_back(start);
    return StartedOperation{operation, false};
  }

  absl::StatusOr<bool> ReportProgress(
      int64_t id, const v1::Operation::Progress& progress) override {
    MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    const auto found = operations_.find(id);
    if (found == operations_.end()) {
      return errors::NoSuch("operation", absl::StrCat(id));
    }
    if (found->second.done()) {
      return absl::FailedPreconditionError("the operation has ended");
    }
    *found->second.mutable_progress() = progress;
    ++reports_;
    changed_.SignalAll();
    return found->second.cancel_requested();
  }

  absl::Status Finish(
      int64_t id, const v1::Operation::Progress& progress,
      const absl::StatusOr<google::protobuf::Any>& result) override {
    MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    const auto found = operations_.find(id);
    if (found == operations_.end()) {
      return errors::NoSuch("operation", absl::StrCat(id));
    }
    if (found->second.done()) return absl::OkStatus();
    *found->second.mutable_progress() = progress;
    End(found->second, result);
    return absl::OkStatus();
  }

  // Every call fails with `status` from now on; OK = none does.
  void FailWith(absl::Status status) {
    MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  // As CancelOperation.
  void Cancel(int64_t id) {
    MutexLock lock(&mutex_);
    operations_[id].set_cancel_requested(true);
  }
  // As if nothing had been reported of it for kOperationLease.
  void EndLease(int64_t id) {
    MutexLock lock(&mutex_);
    End(operations_[id], absl::UnavailableError("its worker is gone"));
  }
  // What was started anew.
  std::vector<OperationStart> starts() const {
    MutexLock lock(&mutex_);
    return starts_;
  }
  v1::Operation operation(int64_t id) const {
    MutexLock lock(&mutex_);
    const auto found = operations_.find(id);
    return found == operations_.end() ? v1::Operation() : found->second;
  }
  // Blocks until it has ended.
  v1::Operation AwaitEnd(int64_t id) const {
    MutexLock lock(&mutex_);
    while (true) {
      const auto found = operations_.find(id);
      if (found != operations_.end() && found->second.done()) {
        return found->second;
      }
      changed_.Wait(&mutex_);
    }
  }
  // Blocks until progress was reported so often since the start.
  void AwaitReports(int count) const {
    MutexLock lock(&mutex_);
    while (reports_ < count) changed_.Wait(&mutex_);
  }
  int reports() const {
    MutexLock lock(&mutex_);
    return reports_;
  }

 private:
  using Request = std::tuple<int64_t, std::string, std::string>;

  void End(v1::Operation& operation,
           const absl::StatusOr<google::protobuf::Any>& result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    operation.set_done(true);
    if (result.ok()) {
      *operation.mutable_response() = *result;
    } else {
      *operation.mutable_error() = ErrorToWire(result.status());
    }
    changed_.SignalAll();
  }

  mutable Mutex mutex_;
  mutable CondVar changed_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, v1::Operation> operations_ ABSL_GUARDED_BY(mutex_);
  std::map<Request, int64_t> by_request_ ABSL_GUARDED_BY(mutex_);
  std::vector<OperationStart> starts_ ABSL_GUARDED_BY(mutex_);
  int reports_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_IN_MEMORY_OPERATION_RECORDER_H_
