#ifndef SERVICES_BLOB_STORE_TESTING_IN_MEMORY_BLOB_STORE_H_
#define SERVICES_BLOB_STORE_TESTING_IN_MEMORY_BLOB_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/blob/store/blob_store.h"
#include "services/common/digest.h"
#include "services/common/limits.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Keeps everything in memory: for tests. Notes when something is stored, not
// when it is used.
class InMemoryBlobStore final : public BlobStore {
 public:
  struct Options {
    // As on a disk, what is written becomes readable a segment at a time.
    uint64_t segment_bytes = 4 * limits::kChunkBytes;
    uint64_t blob_bytes_max = limits::kBlobBytesMax;
  };

  InMemoryBlobStore() : InMemoryBlobStore(Options()) {}
  explicit InMemoryBlobStore(Options options) : options_(options) {}

  absl::StatusOr<std::shared_ptr<const BlobReader>> Open(
      const Digest& digest) override;
  absl::StatusOr<std::shared_ptr<BlobWriter>> Create(const Digest& digest,
                                                     int64_t owner) override;
  absl::Status Put(const Digest& digest, absl::string_view bytes) override;
  absl::Status Delete(const Digest& digest) override;
  absl::StatusOr<std::vector<StoredBlob>> List(
      const std::optional<Digest>& start_after, int max) const override;

 private:
  class Reader;
  class Writer;

  using Owned = std::pair<Digest, int64_t>;

  void Publish(const Owned& upload, std::vector<Chunk> chunks);
  // Whole chunks, for the next Create().
  void Keep(const Owned& upload, std::vector<Chunk> chunks);

  const Options options_;

  mutable Mutex mutex_;
  absl::flat_hash_map<Digest, std::shared_ptr<const BlobReader>> blobs_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Digest, absl::Time> stored_at_ ABSL_GUARDED_BY(mutex_);
  // What suspended uploads have left.
  absl::flat_hash_map<Owned, std::vector<Chunk>> interrupted_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_TESTING_IN_MEMORY_BLOB_STORE_H_
