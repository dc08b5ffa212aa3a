#ifndef SERVICES_BLOB_STORE_BLOB_STORE_SPACE_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_SPACE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rocksdb/env.h"
#include "services/blob/store/blob_catalog.h"
#include "services/blob/store/blob_evictor.h"
#include "services/blob/store/blob_store_parts.h"
#include "services/common/digest.h"
#include "services/concurrency/clock.h"

namespace cvr {

// The disk space of a RocksDbBlobStore: how much is used, what goes first when
// it is short, and the work that gives deleted bytes back. BlobEvictor decides
// when; this class does it. What goes are interrupted uploads, which serve
// nobody, then the least recently used blobs that nobody reads or writes.
class BlobStoreSpace final : public EvictableSpace {
 public:
  // Is told which blobs are gone, in batches: those that Evict() deleted, and
  // those that SetDamaged() named. Called by Evict() and Maintain(), without a
  // lock.
  using Listener = std::function<void(absl::Span<const Digest>)>;

  struct Options {
    std::string directory;    // Whose disk is measured.
    rocksdb::Env* env;        // Must outlive this.
    const Clock* clock;       // Likewise.
    uint64_t min_free_bytes;  // Below, deleted bytes are given back sooner.
    Listener listener;        // May be absent.
  };

  // `parts` must outlive it.
  BlobStoreSpace(BlobStoreParts& parts, Options options)
      : parts_(parts), options_(std::move(options)) {}

  uint64_t used_bytes() const override;
  uint64_t free_bytes() const override;
  bool Evict(uint64_t bytes) override;
  void Maintain() override;

  // Blobs that opening found damaged; the first Maintain() tells the listener.
  // Before anybody evicts.
  void SetDamaged(std::vector<Digest> digests) {
    damaged_ = std::move(digests);
  }

  // Writes when blobs were last used. What a disk refuses is lost, for the next
  // start only. From one thread at a time.
  void SaveUses();

  // Ends a Maintain() that takes long, and keeps later ones short. From any
  // thread.
  void Cancel() { cancelled_ = true; }

 private:
  // The least recently used that nobody holds: enough for `bytes`, or a batch.
  std::vector<Digest> EvictionCandidates(uint64_t bytes) const;
  // Answers what is gone. Errors: as BlobStore::Delete(); then all may still be
  // there.
  absl::StatusOr<std::vector<Digest>> DeleteBatch(
      const std::vector<Digest>& digests);
  // Gives the space of deleted inline content back, when that is worth it.
  void ReturnInlineSpace();
  absl::Status SaveBatch(absl::Span<const BlobCatalog::Use> uses);

  BlobStoreParts& parts_;
  const Options options_;
  std::atomic<bool> cancelled_ = false;
  std::vector<Digest> damaged_;  // Of the thread that calls Maintain().
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_SPACE_H_
