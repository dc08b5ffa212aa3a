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

// The data about a document that must be known before its first byte is sent.
struct ListSummary {
  uint64_t size_bytes = 0;
  Digest digest;
  std::optional<std::string> goes_on_after;
  Chunk whole;  // All of it, if it is small; else empty.
};

// Summaries of documents that are generated while they are sent. To get a
// summary, the document is generated once and discarded. Concurrent requests
// for one document share this work, and summaries of large documents are
// cached; a document never changes, because its key has the digests of its
// texts. Thread-safe.
class ListSummaries {
 public:
  using MakeDocument = absl::FunctionRef<std::unique_ptr<ListDocument>()>;

  // `key` must identify everything that the document is generated from.
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
