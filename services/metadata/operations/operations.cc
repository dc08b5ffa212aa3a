#include "services/metadata/operations/operations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/access/access_policy.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/operation_record_wire.h"
#include "services/metadata/conversion/operation_conversion.h"
#include "services/metadata/operations/operation_visibility.h"
#include "services/metadata/resources/filter.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/operation_tables.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr absl::Duration kCheckInterval = absl::Seconds(10);
constexpr absl::Duration kRemoveInterval = absl::Minutes(10);
constexpr absl::Duration kStoreInterval = absl::Seconds(1);
constexpr absl::Duration kWaitDefault = absl::Minutes(1);
constexpr absl::Duration kWaitMax = absl::Minutes(10);
constexpr char kAllGroups[] = "-";
constexpr absl::string_view kFilterFields[] = {"done", "method"};

// Made by transactions of this thread that are not committed yet, or were
// discarded.
thread_local std::vector<std::pair<const Operations*, int64_t>> made_here;

absl::Status NoSuchOperation(int64_t id) {
  return errors::NoSuch("operation", absl::StrCat(id));
}

std::string ScopeOf(const v1::ListOperationsRequest& request) {
  return KeyBuilder()
      .String("operations")
      .String(request.group())
      .Rest(request.filter())
      .Build();
}

}  // namespace

google::protobuf::Any PackedResponse(
    const google::protobuf::Message& response) {
  google::protobuf::Any any;
  any.PackFrom(response);
  return any;
}

void OperationRun::Report(const v1::Operation::Progress& progress) {
  progress_ = progress;
  const absl::Time now = operations_.clock_.SteadyNow();
  if (now < stored_at_ + kStoreInterval) return;
  stored_at_ = now;
  const absl::Status stored = operations_.Store(id(), progress);
  if (!stored.ok()) {
    spdlog::warn("cannot store the progress of operation {}: {}", id(),
                 stored.ToString());
  }
}

bool OperationRun::cancelled() const { return operations_.IsCancelled(id()); }
bool OperationRun::stopping() const { return operations_.IsStopping(); }

Operations::Operations(MetadataStore& store, const Clock& clock,
                       const Options& options)
    : store_(store),
      clock_(clock),
      options_(options),
      waiting_(options.waiting, "WaitOperation"),
      housekeeping_(std::make_unique<PeriodicThread>("operations", [this] {
        KeepHouse();
        return kCheckInterval;
      })) {
  for (int i = 0; i < options.workers; ++i) {
    workers_.push_back(std::make_unique<PeriodicThread>("operation", [this] {
      Work();
      return absl::InfiniteDuration();
    }));
  }
}

Operations::~Operations() {
  Stop();
  Join();
}

void Operations::KeepHouse() {
  std::vector<int64_t> again;
  {
    MutexLock lock(&mutex_);
    again.swap(again_);
  }
  for (const int64_t id : again) Queue(id);
  absl::Status status = EndOverdue();
  if (clock_.SteadyNow() >= removed_at_ + kRemoveInterval) {
    removed_at_ = clock_.SteadyNow();
    status.Update(RemoveOld());
  }
  if (!status.ok()) {
    spdlog::warn("operations are not up to date: {}", status.ToString());
  }
}

void Operations::Register(const std::string& method, OperationWork work) {
  work_[method] = std::move(work);
}

void Operations::Start() {
  const absl::Status taken = TakeUnfinished();
  if (!taken.ok()) {
    spdlog::error("operations of an earlier process do not go on: {}",
                  taken.ToString());
  }
  for (const auto& worker : workers_) worker->Start(absl::ZeroDuration());
  housekeeping_->Start(absl::ZeroDuration());
}

void Operations::Stop() {
  if (housekeeping_ != nullptr) housekeeping_->Stop();
  for (const auto& worker : workers_) worker->Stop();
  changes_.Stop();
}

// On the thread of the transaction that made them, after its commit.
void Operations::NoteChange() {
  std::vector<std::pair<const Operations*, int64_t>> made;
  made.swap(made_here);
  for (const auto& [owner, id] : made) {
    if (owner == this) Queue(id);
  }
  changes_.Notify();
}

void Operations::Queue(int64_t id) {
  {
    MutexLock lock(&mutex_);
    if (!taken_.insert(id).second) return;
    queue_.push_back(id);
  }
  for (const auto& worker : workers_) worker->Wake();
}

absl::Status Operations::TakeUnfinished() {
  std::vector<stored::Operation> unfinished;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitOperations(
        transaction, /*before=*/0,
        [&](const stored::Operation& row) -> absl::StatusOr<bool> {
          if (!row.has_end_time()) unfinished.push_back(row);
          return true;
        });
  }));
  std::reverse(unfinished.begin(), unfinished.end());
  for (const stored::Operation& row : unfinished) {
    if (!row.is_remote()) {
      Queue(row.id());
      continue;
    }
    MutexLock lock(&mutex_);
    leases_[row.id()] = clock_.SteadyNow() + kOperationLease;
  }
  return absl::OkStatus();
}

stored::Operation Operations::RowOf(const NewOperation& operation) const {
  stored::Operation row;
  row.set_method(operation.method);
  row.set_group(operation.group);
  row.set_request_id(operation.request_id);
  row.set_token_id(operation.token_id);
  row.set_total_count(operation.total_count);
  row.set_argument(operation.argument);
  row.set_can_cancel(operation.can_cancel);
  *row.mutable_start_time() = ToWire(clock_.Now());
  return row;
}

absl::Status Operations::Insert(WriteTransaction& transaction,
                                stored::Operation& row) {
  {
    MutexLock lock(&mutex_);
    const size_t unfinished = taken_.size() + again_.size() + leases_.size();
    if (unfinished >= static_cast<size_t>(options_.unfinished_max)) {
      return errors::LimitReached("the installation", "unfinished operations",
                                  options_.unfinished_max);
    }
  }
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kOperationIds));
  row.set_id(id);
  tables::PutOperation(transaction, row);
  return absl::OkStatus();
}

absl::StatusOr<v1::Operation> Operations::StartIn(
    WriteTransaction& transaction, const NewOperation& operation) {
  stored::Operation row = RowOf(operation);
  RETURN_IF_ERROR(Insert(transaction, row));
  made_here.emplace_back(this, row.id());
  return ToApi(row);
}

absl::StatusOr<v1::Operation> Operations::StartNew(
    const NewOperation& operation) {
  return WriteValue<v1::Operation>(store_, [&](WriteTransaction& transaction) {
    return StartIn(transaction, operation);
  });
}

v1::Operation Operations::Imagined(
    const NewOperation& operation,
    const google::protobuf::Message& response) const {
  stored::Operation row = RowOf(operation);
  *row.mutable_end_time() = row.start_time();
  *row.mutable_response() = PackedResponse(response);
  return ToApi(row);
}

void Operations::Work() {
  while (true) {
    int64_t id = 0;
    {
      MutexLock lock(&mutex_);
      if (queue_.empty() || IsStopping()) return;
      id = queue_.front();
      queue_.pop_front();
    }
    RunOne(id);
    MutexLock lock(&mutex_);
    taken_.erase(id);
    cancelled_.erase(id);
  }
}

void Operations::RunOne(int64_t id) {
  const auto row = Find(id);
  // Its transaction was discarded.
  if (absl::IsNotFound(row.status())) return;
  absl::Status ended = row.status();
  if (row.ok() && row->has_end_time()) return;
  if (row.ok()) {
    OperationRun run(*this, *row);
    run.progress_ = ProgressOf(*row);
    absl::StatusOr<google::protobuf::Any> result =
        absl::UnimplementedError(absl::StrCat(
            row->method(), " is not known to this version of the server"));
    const auto work = work_.find(row->method());
    if (row->cancel_requested()) {
      result = absl::CancelledError("cancelled before it had begun");
    } else if (work != work_.end()) {
      result = work->second(run);
    }
    // The next process goes on.
    if (!result.ok() && IsStopping()) return;
    ended = End(id, &run.progress_, result);
  }
  if (ended.ok()) return;
  spdlog::error("operation {} is begun again later: {}", id, ended.ToString());
  MutexLock lock(&mutex_);
  again_.push_back(id);
}

absl::Status Operations::End(
    int64_t id, const v1::Operation::Progress* progress,
    const absl::StatusOr<google::protobuf::Any>& result) {
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto row, tables::FindOperation(transaction, id));
        if (!row) return NoSuchOperation(id);
        if (row->has_end_time()) return absl::OkStatus();
        if (progress != nullptr) SetProgress(*progress, *row);
        *row->mutable_end_time() = ToWire(clock_.Now());
        if (result.ok()) {
          *row->mutable_response() = *result;
        } else {
          *row->mutable_error() = ErrorToWire(WithSomeReason(result.status()));
        }
        row->clear_argument();
        tables::PutOperation(transaction, *row);
        return absl::OkStatus();
      },
      Durability::kSynced));
  MutexLock lock(&mutex_);
  leases_.erase(id);
  return absl::OkStatus();
}

absl::Status Operations::Store(int64_t id,
                               const v1::Operation::Progress& progress) {
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto row, tables::FindOperation(transaction, id));
        if (!row || row->has_end_time()) return absl::OkStatus();
        SetProgress(progress, *row);
        tables::PutOperation(transaction, *row);
        return absl::OkStatus();
      },
      Durability::kBuffered);
}

bool Operations::IsCancelled(int64_t id) const {
  MutexLock lock(&mutex_);
  return cancelled_.contains(id);
}

bool Operations::IsStopping() const { return changes_.stopped(); }

absl::StatusOr<stored::Operation> Operations::Find(int64_t id) const {
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::Operation>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindOperation(transaction, id);
                       }));
  if (!row) return NoSuchOperation(id);
  return *row;
}

absl::StatusOr<v1::Operation> Operations::Get(
    const v1::GetOperationRequest& request, const Caller& caller) const {
  ASSIGN_OR_RETURN(const auto row, Find(request.id()));
  if (!MaySeeOperation(caller, row)) return NoSuchOperation(request.id());
  return ToApi(row);
}

absl::StatusOr<v1::ListOperationsResponse> Operations::List(
    const v1::ListOperationsRequest& request, const Caller& caller) const {
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const auto filter,
                   Filter::Parse(request.filter(), *v1::Operation::descriptor(),
                                 kFilterFields));
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t before,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListOperationsResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitOperations(
        transaction, before,
        [&](const stored::Operation& row) -> absl::StatusOr<bool> {
          const bool is_asked_for =
              request.group() == kAllGroups || row.group() == request.group();
          if (!is_asked_for || !MaySeeOperation(caller, row)) return true;
          const v1::Operation operation = ToApi(row);
          if (!filter.Matches(operation)) return true;
          if (response.operations_size() == page_size) {
            response.set_next_page_token(
                MakePageToken(scope, response.operations(page_size - 1).id()));
            return false;
          }
          *response.add_operations() = operation;
          return true;
        });
  }));
  return response;
}

absl::StatusOr<v1::CancelOperationResponse> Operations::Cancel(
    const v1::CancelOperationRequest& request, const Caller& caller) {
  const int64_t id = request.id();
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto row, tables::FindOperation(transaction, id));
        if (!row || !MaySeeOperation(caller, *row)) return NoSuchOperation(id);
        if (row->has_end_time() || !row->can_cancel()) {
          return errors::PreconditionFailed(
              Reason::kPreconditionFailed, absl::StrCat("operations/", id),
              row->has_end_time() ? "the operation has ended"
                                  : "operations of this method cannot be "
                                    "cancelled");
        }
        row->set_cancel_requested(true);
        tables::PutOperation(transaction, *row);
        return absl::OkStatus();
      },
      Durability::kSynced));
  MutexLock lock(&mutex_);
  if (taken_.contains(id)) cancelled_.insert(id);
  return v1::CancelOperationResponse();
}

absl::StatusOr<v1::Operation> Operations::Wait(
    const v1::WaitOperationRequest& request, const Caller& caller,
    const std::function<bool()>& is_cancelled) const {
  absl::Duration timeout = kWaitDefault;
  if (request.has_timeout()) timeout = FromWire(request.timeout());
  const SteadyDeadline deadline(std::min(timeout, kWaitMax));
  ASSIGN_OR_RETURN(const auto place, waiting_.Enter(caller.token_id));
  v1::GetOperationRequest get;
  get.set_id(request.id());
  while (true) {
    const uint64_t seen = changes_.version();
    ASSIGN_OR_RETURN(auto operation, Get(get, caller));
    if (operation.done() || deadline.has_passed() || is_cancelled() ||
        changes_.stopped()) {
      return operation;
    }
    changes_.Await(seen, deadline, is_cancelled);
  }
}

absl::Status Operations::EndOverdue() {
  std::vector<int64_t> overdue;
  {
    MutexLock lock(&mutex_);
    for (const auto& [id, end] : leases_) {
      if (end <= clock_.SteadyNow()) overdue.push_back(id);
    }
  }
  for (const int64_t id : overdue) {
    RETURN_IF_ERROR(End(
        id, /*progress=*/nullptr,
        absl::UnavailableError("the blob service that worked on it is gone")));
  }
  return absl::OkStatus();
}

absl::Status Operations::RemoveOld() {
  const absl::Time oldest = clock_.Now() - options_.keep;
  std::vector<int64_t> old;
  // All are queued or at work, as a rule.
  std::vector<int64_t> unfinished;
  int kept = 0;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitOperations(
        transaction, /*before=*/0,
        [&](const stored::Operation& row) -> absl::StatusOr<bool> {
          const bool is_old =
              row.has_end_time() &&
              (FromWire(row.end_time()) <= oldest || kept >= options_.kept_max);
          if (is_old) {
            old.push_back(row.id());
          } else {
            ++kept;
          }
          if (!row.has_end_time() && !row.is_remote()) {
            unfinished.push_back(row.id());
          }
          return true;
        });
  }));
  for (const int64_t id : unfinished) Queue(id);
  for (size_t next = 0; next < old.size() && !IsStopping();) {
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) {
          for (int left = limits::kRowsPerTransaction;
               left > 0 && next < old.size(); --left) {
            tables::DeleteOperation(transaction, old[next++]);
          }
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

absl::Status Operations::Sweep() {
  RETURN_IF_ERROR(EndOverdue());
  return RemoveOld();
}

}  // namespace cvr
