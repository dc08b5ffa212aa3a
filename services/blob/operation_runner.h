#ifndef SERVICES_BLOB_OPERATION_RUNNER_H_
#define SERVICES_BLOB_OPERATION_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/operation.pb.h"
#include "google/protobuf/any.pb.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
#include "services/concurrency/share_limiter.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/operation_recorder.h"

namespace cvr {

// One operation, as the code that works on it and the code that reports it see
// it. Thread-safe.
class RunningOperation {
 public:
  // --- The work --------------------------------------------------------------

  // How many things there are to do.
  void SetTotal(int64_t count);
  // So many things more are done, which have so many bytes together.
  void Add(int64_t count, int64_t bytes = 0);
  // Says when to end early. Work that ends because of it may return any error.
  std::stop_token stop_token() const { return stop_.get_token(); }

  // --- The runner ------------------------------------------------------------

  // Lets the work end early; the operation then ends with `why`. The first call
  // counts.
  void Stop(const absl::Status& why);
  v1::Operation::Progress progress() const;
  // OK when nobody has called Stop().
  absl::Status why_stopped() const;

 private:
  std::stop_source stop_;
  mutable Mutex mutex_;
  v1::Operation::Progress progress_ ABSL_GUARDED_BY(mutex_);
  absl::Status why_stopped_ ABSL_GUARDED_BY(mutex_);
};

// Works on operations in the background and tells the OperationRecorder how far
// they are, so that a method can answer at once with an Operation.
//
// So many run at the same time, and no group has more than its share of them
// (see ShareLedger); each has a thread. Work must be able to run again: an
// operation that ends with its process is started anew by its caller.
// Thread-safe.
class OperationRunner {
 public:
  struct Options {
    size_t running_max = 16;
    // Between two reports of an operation; far less than kOperationLease.
    absl::Duration report_interval = absl::Seconds(2);
    PeriodicThread::Wait wait = PeriodicThread::RealWait;
    // --instance_name.
    std::string instance;
  };

  using Work = absl::AnyInvocable<absl::StatusOr<google::protobuf::Any>(
      RunningOperation& operation)>;

  // `recorder` must outlive it.
  OperationRunner(Options options, OperationRecorder& recorder);
  // As Stop(), and waits for all work.
  ~OperationRunner();
  OperationRunner(const OperationRunner&) = delete;
  OperationRunner& operator=(const OperationRunner&) = delete;

  // Records an operation and begins to work on it; `start.instance` is filled
  // in. For a request that was repeated it returns the first operation, and
  // `work` is not called. Errors, without calling `work`: UNAVAILABLE when too
  // many run, or too many of `start.group`, and after Stop(); those of
  // OperationRecorder::Start().
  absl::StatusOr<v1::Operation> Start(OperationStart start, Work work);

  // Starts nothing more and lets what runs end early, with UNAVAILABLE. Does
  // not wait. Idempotent.
  void Stop();

 private:
  using Result = absl::StatusOr<google::protobuf::Any>;
  struct Entry {
    std::shared_ptr<RunningOperation> operation;
    // The work has ended like that, and the recorder could not be told.
    std::optional<Result> result;
  };

  absl::StatusOr<std::shared_ptr<RunningOperation>> Register(int64_t id);
  void Run(int64_t id, RunningOperation& operation, Work work);
  // False when it has to be tried again.
  bool Finish(int64_t id, const RunningOperation& operation,
              const Result& result);
  void ReportAll();
  void Report(int64_t id, const Entry& entry);
  void Remove(int64_t id);

  const Options options_;
  OperationRecorder& recorder_;
  ShareLimiter places_;

  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<int64_t, Entry> running_ ABSL_GUARDED_BY(mutex_);

  ThreadPool threads_;
  PeriodicThread reporter_;  // Ends first: it uses all of the above.
};

}  // namespace cvr

#endif  // SERVICES_BLOB_OPERATION_RUNNER_H_
