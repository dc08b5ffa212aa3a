#ifndef SERVICES_METADATA_OPERATIONS_OPERATIONS_H_
#define SERVICES_METADATA_OPERATIONS_OPERATIONS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/operation.pb.h"
#include "cvr/v1/operation_service.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "services/access/caller.h"
#include "services/concurrency/change_signal.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/long_calls.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
#include "services/metadata/api/operation_recorder.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_operation.pb.h"

namespace cvr {

class Operations;

// An operation of this process while it is worked on, for who works on it. Used
// by one thread.
class OperationRun {
 public:
  OperationRun(Operations& operations, stored::Operation row)
      : operations_(operations), row_(std::move(row)) {}
  OperationRun(const OperationRun&) = delete;
  OperationRun& operator=(const OperationRun&) = delete;

  int64_t id() const { return row_.id(); }
  const std::string& group() const { return row_.group(); }
  // NewOperation::argument.
  const std::string& argument() const { return row_.argument(); }
  // What was reported last, by an earlier process perhaps.
  const v1::Operation::Progress& progress() const { return progress_; }

  // Records how far the work has come. Cheap: it is stored once a second at
  // most, and when the work ends. Failures to store are logged.
  void Report(const v1::Operation::Progress& progress);

  // Whether the work is to end early because somebody has cancelled it: return
  // CANCELLED soon. What was done stays done.
  bool cancelled() const;
  // Whether the process stops: return anything soon. The operation stays
  // unfinished, and the next process begins the work anew with the same
  // argument.
  bool stopping() const;

 private:
  friend class Operations;

  Operations& operations_;
  const stored::Operation row_;
  v1::Operation::Progress progress_;
  absl::Time stored_at_ = absl::InfinitePast();
};

// Work on operations of one method: returns the response that the method
// describes, packed. Called on threads of Operations, for several operations at
// a time. It may be called again for an operation whose process has ended
// before it was finished: it must come to the same end.
using OperationWork =
    std::function<absl::StatusOr<google::protobuf::Any>(OperationRun&)>;

// `response` packed, as an OperationWork returns it.
google::protobuf::Any PackedResponse(const google::protobuf::Message& response);

struct NewOperation {
  // `CacheService.PurgeUpstreamCache`.
  std::string method;
  // Empty = of the whole installation: for administrators alone.
  std::string group;
  // Of the request; empty = it had none.
  std::string request_id = {};
  // Caller::token_id.
  int64_t token_id = 0;
  int64_t total_count = 0;
  // What the work needs to know, as bytes of its own choice.
  std::string argument = {};
  // False = CancelOperation is refused.
  bool can_cancel = true;
};

// What OperationService promises, without the wire: the operations of the whole
// installation, in the store. Works on those of this process, and keeps record
// of those that blob services work on. Thread-safe.
//
// A method that starts one, in its own transaction, so that both or neither
// happen:
//   ASSIGN_OR_RETURN(auto operation, operations.StartIn(transaction, {...}));
// The work begins after the commit by itself, and again after a restart, by
// what Register() was told for the method.
class Operations : public OperationRecorder {
 public:
  // Changes of which NoteChange() must be told, on the thread of the write, as
  // a WatchedMetadataStore does.
  static constexpr Table kTables[] = {Table::kOperations};

  struct Options {
    // How long operations are kept after their end.
    absl::Duration keep = absl::Hours(7 * 24);
    // Operations that are kept: the oldest that have ended go first.
    int kept_max = 10'000;
    // Operations that have not ended, at the same time.
    int unfinished_max = 1000;
    // Calls of WaitOperation at the same time.
    LongCalls::Options waiting;
    // Operations at work at the same time in this process; others wait.
    int workers = 2;
  };

  // Both must outlive it.
  Operations(MetadataStore& store, const Clock& clock, const Options& options);
  Operations(MetadataStore& store, const Clock& clock)
      : Operations(store, clock, Options{}) {}
  // Stop()s and waits for the work at hand.
  ~Operations() override;

  // To be called before Start().
  void Register(const std::string& method, OperationWork work);

  // Begins to work, first on what an earlier process has left. Leases of
  // operations of blob services begin anew. To be called once.
  void Start();
  // Lets WaitOperation() return and ends the work at hand early. Final.
  void Stop();
  // Waits for the work at hand, after Stop(): to be called before what the work
  // uses is destroyed.
  void Join() {
    housekeeping_.reset();  // It wakes workers.
    workers_.clear();
  }
  void NoteChange();

  // Makes an operation that begins when the transaction is committed. Errors:
  // those of tables.h; RESOURCE_EXHAUSTED when unfinished_max operations go on.
  absl::StatusOr<v1::Operation> StartIn(WriteTransaction& transaction,
                                        const NewOperation& operation);
  // The same in a transaction of its own.
  absl::StatusOr<v1::Operation> StartNew(const NewOperation& operation);
  // One that has ended and is not stored, with the id 0: for `validate_only`.
  v1::Operation Imagined(const NewOperation& operation,
                         const google::protobuf::Message& response) const;

  // OperationService. Hidden operations are NOT_FOUND.
  absl::StatusOr<v1::Operation> Get(const v1::GetOperationRequest& request,
                                    const Caller& caller) const;
  absl::StatusOr<v1::ListOperationsResponse> List(
      const v1::ListOperationsRequest& request, const Caller& caller) const;
  // `is_cancelled` says whether the caller has gone; it is asked every second.
  // Errors: NOT_FOUND; RESOURCE_EXHAUSTED when too many calls wait.
  absl::StatusOr<v1::Operation> Wait(
      const v1::WaitOperationRequest& request, const Caller& caller,
      const std::function<bool()>& is_cancelled) const;
  absl::StatusOr<v1::CancelOperationResponse> Cancel(
      const v1::CancelOperationRequest& request, const Caller& caller);

  // OperationRecorder, for blob services.
  absl::StatusOr<StartedOperation> Start(const OperationStart& start) override;
  absl::StatusOr<bool> ReportProgress(
      int64_t id, const v1::Operation::Progress& progress) override;
  absl::Status Finish(
      int64_t id, const v1::Operation::Progress& progress,
      const absl::StatusOr<google::protobuf::Any>& result) override;

  // Ends operations whose lease is over, and removes what is older than `keep`.
  // For tests: the background thread does the former every ten seconds and the
  // latter every ten minutes. Errors: those of tables.h.
  absl::Status Sweep();

 private:
  friend class OperationRun;

  void KeepHouse();
  // Runs what is queued until nothing is.
  void Work();
  void RunOne(int64_t id);
  // Queues what an earlier process has left, and gives leases.
  absl::Status TakeUnfinished();
  void Queue(int64_t id);
  // Ends the operation, unless it has ended.
  absl::Status End(int64_t id, const v1::Operation::Progress* progress,
                   const absl::StatusOr<google::protobuf::Any>& result);
  absl::Status EndOverdue();
  absl::Status RemoveOld();
  absl::Status Store(int64_t id, const v1::Operation::Progress& progress);
  bool IsCancelled(int64_t id) const;
  bool IsStopping() const;
  // Without an id yet.
  stored::Operation RowOf(const NewOperation& operation) const;
  // Gives the row its id and stores it.
  absl::Status Insert(WriteTransaction& transaction, stored::Operation& row);
  absl::StatusOr<stored::Operation> Find(int64_t id) const;
  // One of the last day with the request's id.
  absl::StatusOr<std::optional<stored::Operation>> FindRepeated(
      const ReadTransaction& transaction, const OperationStart& start) const;

  MetadataStore& store_;
  const Clock& clock_;
  const Options options_;
  absl::flat_hash_map<std::string, OperationWork> work_;  // Set before Start().

  mutable LongCalls waiting_;
  // Something about operations has changed; or the process stops.
  ChangeSignal changes_;

  mutable Mutex mutex_;
  // Operations of this process that are to be begun.
  std::deque<int64_t> queue_ ABSL_GUARDED_BY(mutex_);
  // Queued or at work.
  absl::flat_hash_set<int64_t> taken_ ABSL_GUARDED_BY(mutex_);
  // Whose end could not be stored: to be begun again later.
  std::vector<int64_t> again_ ABSL_GUARDED_BY(mutex_);
  // Those of `taken_` that were cancelled.
  absl::flat_hash_set<int64_t> cancelled_ ABSL_GUARDED_BY(mutex_);
  // When the leases of operations of blob services end, by SteadyNow().
  absl::flat_hash_map<int64_t, absl::Time> leases_ ABSL_GUARDED_BY(mutex_);

  absl::Time removed_at_ = absl::InfinitePast();  // Housekeeping's.

  // They use all of the above; gone after Join().
  std::vector<std::unique_ptr<PeriodicThread>> workers_;
  std::unique_ptr<PeriodicThread> housekeeping_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_OPERATIONS_OPERATIONS_H_
