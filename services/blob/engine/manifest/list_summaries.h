#ifndef SERVICES_BLOB_ENGINE_MANIFEST_LIST_SUMMARIES_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_LIST_SUMMARIES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "services/blob/engine/manifest/list_document.h"
#include "services/blob/engine/walk/single_flight.h"
#include "services/common/chunk.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// What has to be known of a document before its first byte is sent.
struct ListSummary {
  uint64_t size_bytes = 0;
  Digest digest;
  std::optional<std::string> goes_on_after;
  Chunk whole;  // All of it, if it is small; else empty.
};

// Summaries of documents that are made as they are sent: to have one, the
// document is made once without keeping it. One making serves all who want the
// same at the same time, and what was found of large ones is remembered, since
// texts never change. Thread-safe.
class ListSummaries {
 public:
  using MakeDocument = absl::FunctionRef<std::unique_ptr<ListDocument>()>;

  // `key` says what the document is made of, all of it.
  // Errors: those of the document; DEADLINE_EXCEEDED; CANCELLED.
  absl::StatusOr<std::shared_ptr<const ListSummary>> Get(
      const std::string& key, const Patience& patience, MakeDocument make);

 private:
  using Answer = absl::StatusOr<std::shared_ptr<const ListSummary>>;
  // Guarded by mutex_.
  struct Making {
    CondVar changed;
    std::optional<Answer> answer;
  };

  Answer Await(Making& making, const Patience& patience);
  void Land(const std::string& key, Making& making, Answer answer);

  Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Making>> makings_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::shared_ptr<const ListSummary>>
      remembered_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_LIST_SUMMARIES_H_
