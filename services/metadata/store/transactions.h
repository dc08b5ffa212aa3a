#ifndef SERVICES_METADATA_STORE_TRANSACTIONS_H_
#define SERVICES_METADATA_STORE_TRANSACTIONS_H_

#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/metadata/store/answer_sink.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// MetadataStore::Read() for a function `fn` that returns a StatusOr<T>.
template <typename T, typename Fn>
absl::StatusOr<T> ReadValue(const MetadataStore& store, Fn&& fn) {
  absl::StatusOr<T> result = absl::UnknownError("not run");
  const absl::Status status =
      store.Read([&](const ReadTransaction& transaction) {
        result = fn(transaction);
        return result.status();
      });
  if (!status.ok()) return status;
  return result;
}

// MetadataStore::Write(), synced, for a function that returns a StatusOr<T>. A
// result that is a message is told to the thread's AnswerSink.
template <typename T, typename Fn>
absl::StatusOr<T> WriteValue(MetadataStore& store, Fn&& fn) {
  absl::StatusOr<T> result = absl::UnknownError("not run");
  const absl::Status status = store.Write(
      [&](WriteTransaction& transaction) {
        result = fn(transaction);
        if constexpr (std::is_base_of_v<google::protobuf::Message, T>) {
          AnswerSink* const sink = AnswerSink::Current();
          if (result.ok() && sink != nullptr) {
            return sink->Note(transaction, *result);
          }
        }
        return result.status();
      },
      Durability::kSynced);
  if (!status.ok()) return status;
  return result;
}

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_TRANSACTIONS_H_
