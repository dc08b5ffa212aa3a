#include "services/blob/operation_runner.h"

#include <utility>

#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

absl::Status ShuttingDown() { return errors::ShuttingDown("the blob service"); }

}  // namespace

void RunningOperation::SetTotal(int64_t count) {
  MutexLock lock(&mutex_);
  progress_.set_total_count(count);
}

void RunningOperation::Add(int64_t count, int64_t bytes) {
  MutexLock lock(&mutex_);
  progress_.set_done_count(progress_.done_count() + count);
  progress_.set_done_bytes(progress_.done_bytes() + bytes);
}

void RunningOperation::Stop(const absl::Status& why) {
  {
    MutexLock lock(&mutex_);
    if (!why_stopped_.ok()) return;
    why_stopped_ = why;
  }
  stop_.request_stop();
}

v1::Operation::Progress RunningOperation::progress() const {
  MutexLock lock(&mutex_);
  return progress_;
}

absl::Status RunningOperation::why_stopped() const {
  MutexLock lock(&mutex_);
  return why_stopped_;
}

OperationRunner::OperationRunner(Options options, OperationRecorder& recorder)
    : options_(std::move(options)),
      recorder_(recorder),
      places_(options_.running_max, "operations"),
      threads_({.name = "operation",
                .threads_max = options_.running_max,
                // A place is free a moment before its thread is.
                .queued_tasks_max = options_.running_max}),
      reporter_(
          "operation-report",
          [this] {
            ReportAll();
            return options_.report_interval;
          },
          options_.wait) {
  reporter_.Start(options_.report_interval);
}

OperationRunner::~OperationRunner() {
  Stop();
  threads_.Shutdown();
}

absl::StatusOr<v1::Operation> OperationRunner::Start(OperationStart start,
                                                     Work work) {
  ASSIGN_OR_RETURN(auto place, places_.Enter({.tenant = start.group}));
  {
    MutexLock lock(&mutex_);
    if (stopping_) return ShuttingDown();
  }
  start.instance = options_.instance;
  ASSIGN_OR_RETURN(StartedOperation started, recorder_.Start(start));
  if (started.already_started) return std::move(started.operation);
  const int64_t id = started.operation.id();
  auto operation = Register(id);
  const bool begun =
      operation.ok() && threads_.Schedule([this, id, operation = *operation,
                                           work = std::move(work),
                                           place = std::move(place)]() mutable {
        Run(id, *operation, std::move(work));
      });
  if (!begun) {
    if (operation.ok()) Remove(id);
    const absl::Status told = recorder_.Finish(id, {}, ShuttingDown());
    if (!told.ok()) {
      spdlog::warn("cannot end operation {}: {}", id, told.ToString());
    }
    return ShuttingDown();
  }
  return std::move(started.operation);
}

absl::StatusOr<std::shared_ptr<RunningOperation>> OperationRunner::Register(
    int64_t id) {
  auto operation = std::make_shared<RunningOperation>();
  MutexLock lock(&mutex_);
  if (stopping_) return ShuttingDown();
  running_[id] = {operation, std::nullopt};
  return operation;
}

void OperationRunner::Remove(int64_t id) {
  MutexLock lock(&mutex_);
  running_.erase(id);
}

void OperationRunner::Run(int64_t id, RunningOperation& operation, Work work) {
  Result result = work(operation);
  // What was to end early, and has come to its end all the same, is done.
  const absl::Status why = operation.why_stopped();
  if (!result.ok() && !why.ok()) result = why;
  if (Finish(id, operation, result)) {
    Remove(id);
    return;
  }
  MutexLock lock(&mutex_);
  running_[id].result = std::move(result);
}

bool OperationRunner::Finish(int64_t id, const RunningOperation& operation,
                             const Result& result) {
  const absl::Status told = recorder_.Finish(id, operation.progress(), result);
  if (told.ok()) return true;
  spdlog::warn("cannot record the end of operation {}: {}", id,
               told.ToString());
  return !absl::IsUnavailable(told);
}

void OperationRunner::ReportAll() {
  std::map<int64_t, Entry> running;
  {
    MutexLock lock(&mutex_);
    running = running_;
  }
  for (const auto& [id, entry] : running) Report(id, entry);
}

void OperationRunner::Report(int64_t id, const Entry& entry) {
  RunningOperation& operation = *entry.operation;
  if (entry.result) {
    if (Finish(id, operation, *entry.result)) Remove(id);
    return;
  }
  const auto cancel = recorder_.ReportProgress(id, operation.progress());
  if (cancel.ok()) {
    if (*cancel) operation.Stop(absl::CancelledError("cancelled by a caller"));
  } else if (!absl::IsUnavailable(cancel.status())) {
    // It has ended, or is not kept any more: nobody waits for it.
    operation.Stop(cancel.status());
  }
}

void OperationRunner::Stop() {
  std::vector<std::shared_ptr<RunningOperation>> stopped;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& [id, entry] : running_) stopped.push_back(entry.operation);
  }
  for (const auto& operation : stopped) operation->Stop(ShuttingDown());
}

}  // namespace cvr
