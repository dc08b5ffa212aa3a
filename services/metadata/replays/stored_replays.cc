#include "services/metadata/replays/stored_replays.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/api/field_behavior.pb.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/secrets/kept_answers.h"
#include "services/metadata/store/answer_sink.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/operation_tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

tables::ReplayKey KeyOf(const RepeatableRequest& request) {
  return {request.token_id, request.method, request.request_id};
}

bool IsInputOnly(const FieldDescriptor& field) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) ==
        google::api::INPUT_ONLY) {
      return true;
    }
  }
  return false;
}

// What is in no answer, but perhaps still in what a transaction comes to.
void ClearInputOnly(Message& message) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* const field : set) {
    if (IsInputOnly(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->message_type() != nullptr && !field->is_repeated()) {
      ClearInputOnly(*reflection.MutableMessage(&message, field));
    }
  }
}

std::string BytesOf(const Message& answer) {
  const std::unique_ptr<Message> copy(answer.New());
  copy->CopyFrom(answer);
  ClearInputOnly(*copy);
  return copy->SerializeAsString();
}

}  // namespace

// At work on one request, on the thread of its call.
class StoredReplays::StoredClaim : public RequestReplays::Claim,
                                   public AnswerSink {
 public:
  StoredClaim(StoredReplays& replays, const RepeatableRequest& request,
              const google::protobuf::Descriptor& type)
      : replays_(replays), request_(request), type_(type) {
    AnswerSink::SetCurrent(this);
  }
  ~StoredClaim() override {
    AnswerSink::SetCurrent(nullptr);
    replays_.Leave(KeyOf(request_).Encode());
  }

  absl::Status Note(WriteTransaction& transaction,
                    const Message& answer) override {
    if (answer.GetDescriptor() != &type_) return absl::OkStatus();
    noted_ = BytesOf(answer);
    Put(transaction, noted_);
    return absl::OkStatus();
  }

  absl::Status Keep(const Message& answer) override {
    AnswerSink::SetCurrent(nullptr);
    std::string bytes = BytesOf(answer);
    if (was_noted_ && bytes == noted_) return absl::OkStatus();
    return replays_.store_.Write(
        [&](WriteTransaction& transaction) {
          Put(transaction, bytes);
          return absl::OkStatus();
        },
        Durability::kSynced);
  }

 private:
  void Put(WriteTransaction& transaction, const std::string& bytes) {
    was_noted_ = true;
    const tables::ReplayKey key = KeyOf(request_);
    stored::KeptAnswer answer;
    answer.set_request_hash(request_.hash);
    answer.set_type(type_.full_name());
    answer.set_answer(bytes);
    stored::RequestReplay row;
    *row.mutable_create_time() = ToWire(replays_.clock_.SteadyNow());
    row.set_sealed_answer(SealAnswer(replays_.box_, key.Encode(), answer));
    tables::PutReplay(transaction, key, row);
  }

  StoredReplays& replays_;
  const RepeatableRequest request_;
  const google::protobuf::Descriptor& type_;
  // What the last transaction has come to.
  bool was_noted_ = false;
  std::string noted_;
};

StoredReplays::StoredReplays(MetadataStore& store, const SecretBox& box,
                             const Clock& clock, const Options& options)
    : store_(store),
      box_(box),
      clock_(clock),
      options_(options),
      thread_("replays", [this] {
        if (const absl::Status status = Sweep(); !status.ok()) {
          spdlog::warn("old answers of repeatable requests are kept: {}",
                       status.ToString());
        }
        return options_.sweep_interval;
      }) {}

absl::StatusOr<std::unique_ptr<RequestReplays::Claim>> StoredReplays::Begin(
    const RepeatableRequest& request, absl::Time deadline, Message& answer) {
  const std::string key = KeyOf(request).Encode();
  RETURN_IF_ERROR(Enter(key, deadline));
  absl::StatusOr<bool> found = FindAnswer(request, answer);
  if (found.ok() && !*found) {
    const absl::Status counted = CheckCount(request.token_id);
    if (!counted.ok()) found = counted;
  }
  if (!found.ok() || *found) {
    Leave(key);
    RETURN_IF_ERROR(found.status());
    return nullptr;
  }
  return std::make_unique<StoredClaim>(*this, request, *answer.GetDescriptor());
}

absl::Status StoredReplays::Enter(const std::string& key, absl::Time deadline) {
  MutexLock lock(&mutex_);
  while (at_work_.contains(key)) {
    if (left_.WaitWithDeadline(&mutex_, deadline) && at_work_.contains(key)) {
      return WithReason(
          absl::AbortedError("the first call with this request_id is still "
                             "at work; repeat the request later"),
          Reason::kConcurrentChange);
    }
  }
  at_work_.insert(key);
  return absl::OkStatus();
}

void StoredReplays::Leave(const std::string& key) {
  MutexLock lock(&mutex_);
  at_work_.erase(key);
  left_.SignalAll();
}

bool StoredReplays::IsOld(absl::Time create_time) const {
  return create_time + options_.keep <= clock_.SteadyNow();
}

absl::StatusOr<bool> StoredReplays::FindAnswer(const RepeatableRequest& request,
                                               Message& answer) const {
  const tables::ReplayKey key = KeyOf(request);
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::RequestReplay>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindReplay(transaction, key);
                       }));
  if (!row || IsOld(FromWire(row->create_time()))) return false;
  ASSIGN_OR_RETURN(const auto kept, OpenAnswer(box_, key.Encode(), *row));
  if (kept.request_hash() != request.hash) {
    return WithReason(
        errors::FieldInvalid("request_id", "was that of another request"),
        Reason::kRequestIdReused);
  }
  if (kept.type() != answer.GetDescriptor()->full_name() ||
      !answer.ParseFromString(kept.answer())) {
    return absl::DataLossError(
        absl::StrCat("the answer that is kept for request_id ",
                     request.request_id, " is of another type"));
  }
  return true;
}

absl::Status StoredReplays::CheckCount(int64_t token_id) const {
  int64_t count = 0;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitReplays(
        transaction, token_id,
        [&](absl::string_view,
            const stored::RequestReplay&) -> absl::StatusOr<bool> {
          return ++count < options_.per_caller_max;
        });
  }));
  if (count < options_.per_caller_max) return absl::OkStatus();
  return errors::LimitReached(absl::StrCat("access token ", token_id),
                              "kept answers", options_.per_caller_max);
}

absl::Status StoredReplays::Sweep() {
  std::vector<std::string> old;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitReplays(
        transaction, /*token_id=*/0,
        [&](absl::string_view key,
            const stored::RequestReplay& row) -> absl::StatusOr<bool> {
          if (IsOld(FromWire(row.create_time()))) old.emplace_back(key);
          return !thread_.stopping();
        });
  }));
  for (size_t next = 0; next < old.size() && !thread_.stopping();) {
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          for (int left = limits::kRowsPerTransaction;
               left > 0 && next < old.size(); --left) {
            const std::string& key = old[next++];
            ASSIGN_OR_RETURN(const auto row,
                             tables::FindReplay(transaction, key));
            // The id may have been used again meanwhile.
            if (row && IsOld(FromWire(row->create_time()))) {
              tables::DeleteReplay(transaction, key);
            }
          }
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

}  // namespace cvr
