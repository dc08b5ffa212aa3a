#ifndef GATEWAY_OUTAGE_METADATA_CONTACT_H_
#define GATEWAY_OUTAGE_METADATA_CONTACT_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// What all questions to the metadata service together tell of it: whether it is
// away, and which of its answers may still be true. Thread-safe.
//
// Answers have a generation. It ends with the first answer to a question that
// was asked after the service was found to be away, since it may have been
// changed meanwhile, and when the service tells of a change. What was answered
// in another generation than the present one is not to be used any more.
class MetadataContact {
 public:
  // Asks the service: calls `ask`, notes what its answer tells of the service,
  // and returns that answer, a StatusOr or a Status. The generation of the
  // answer is written to `*generation` unless that is null.
  template <typename Call>
  auto Query(Call&& ask, uint64_t* generation = nullptr) {
    const Question question = Begin();
    auto answer = std::forward<Call>(ask)();
    Note(question, StatusOf(answer));
    if (generation != nullptr) *generation = question.generation;
    return answer;
  }

  // The service tells that something was changed.
  void NoteChange();

  uint64_t generation() const;
  // Whether the last that was heard of it is that it gave no answer.
  bool is_away() const;

  // Whether the status says that the metadata service gave no answer at all.
  static bool IsSilence(const absl::Status& status);

 private:
  // One that is about to be asked.
  struct Question {
    uint64_t number = 0;
    uint64_t generation = 0;  // Of its answer, if it has not ended meanwhile.
  };
  Question Begin();
  // What it came to.
  void Note(const Question& question, const absl::Status& answer);

  static const absl::Status& StatusOf(const absl::Status& answer) {
    return answer;
  }
  template <typename T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& answer) {
    return answer.status();
  }

  mutable Mutex mutex_;
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  // The first question that was asked after the service was found to be away;
  // 0 = it is there. Answers to earlier ones may still be on their way then.
  uint64_t away_since_number_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // GATEWAY_OUTAGE_METADATA_CONTACT_H_
