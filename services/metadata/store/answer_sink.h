#ifndef SERVICES_METADATA_STORE_ANSWER_SINK_H_
#define SERVICES_METADATA_STORE_ANSWER_SINK_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// Hears of the answers that transactions of a call come to, so that an answer
// can be stored in the transaction of the change that it tells of: then there
// is no moment at which one is there and the other is not. WriteValue()
// (transactions.h) tells it. It is set for the thread of a call, since
// everything between the call and its transaction would have to hand it on
// otherwise.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;

  // `answer` is what a transaction that is about to be committed comes to.
  // Errors discard the transaction.
  virtual absl::Status Note(WriteTransaction& transaction,
                            const google::protobuf::Message& answer) = 0;

  // That of this thread; null = none.
  static AnswerSink* Current();
  // `sink` must outlive its being set. Null = none from now on.
  static void SetCurrent(AnswerSink* sink);
};

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_ANSWER_SINK_H_
