#ifndef SERVICES_BLOB_STORE_BLOB_STORE_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/chunk.h"
#include "services/common/digest.h"

namespace cvr {

// Reads one blob, whole or in the making. Keeps its bytes from being evicted as
// long as it lives. Thread-safe.
class BlobReader {
 public:
  virtual ~BlobReader() = default;

  // Bytes.
  virtual uint64_t size() const = 0;

  // The bytes from `offset` to the end of the chunk that holds it
  // (limits::kChunkBytes), without copying; never empty.
  // Errors: OUT_OF_RANGE from size() on; DATA_LOSS when the stored bytes are
  // damaged or missing.
  virtual absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const = 0;
};

// One upload in progress. Nobody but the writer sees its bytes until Commit()
// succeeds; destroying an uncommitted writer throws them away, save after
// Suspend(). After its first error a writer is spent: every later call returns
// that same error.
// One thread drives a writer; ReadChunk() and readable_size() may be called
// from any thread.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;

  // Adds the next chunk. All but the last have limits::kChunkBytes bytes.
  // Holds on to `chunk` instead of copying it. An empty one changes nothing.
  // Errors: RESOURCE_EXHAUSTED when the disk is full or the blob outgrows
  // limits::kBlobBytesMax; INVALID_ARGUMENT after a short chunk and for one
  // that is too long; INTERNAL when the disk fails; FAILED_PRECONDITION after
  // Commit().
  virtual absl::Status Append(Chunk chunk) = 0;

  // Makes the whole blob readable, or none of it, durably. Call at most once.
  // The caller has verified that the bytes hash to the digest. A blob that is
  // stored by now is kept and this copy dropped, which is success.
  // Errors: as Append(). After one of the disk the blob may, by a later start,
  // turn out to be stored whole.
  virtual absl::Status Commit() = 0;

  // Ends the upload and leaves what is stored of it for the next Create() of
  // the digest by the same owner, also after a restart. Best effort: nothing
  // may be left, and without an owner, after an error or Commit() nothing is.
  // Idempotent. Afterwards Append() and Commit() answer FAILED_PRECONDITION, if
  // nothing before has failed.
  virtual void Suspend() = 0;

  // From now on the upload has no owner: what comes next is not the owner's
  // alone, so it must be left to nobody, by a crash neither. Any thread.
  virtual void Disown() = 0;

  // How many bytes, from the start, ReadChunk() can supply already.
  virtual uint64_t readable_size() const = 0;

  // As BlobReader::ReadChunk, below readable_size(). Still works after
  // Commit() and Suspend(), whatever became of the blob.
  virtual absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const = 0;
};

// A committed blob.
struct StoredBlob {
  Digest digest;
  // When it was stored or, as far as that is written down, used last, by the
  // store's clock.
  absl::Time last_use_time;
};

// Immutable blobs, each addressed by the digest of its bytes. Thread-safe. Must
// outlive its readers and writers.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Errors: NOT_FOUND (reason BLOB_UNKNOWN).
  virtual absl::StatusOr<std::shared_ptr<const BlobReader>> Open(
      const Digest& digest) = 0;

  // Starts an upload of what will be `digest`, whether that is stored or not.
  // Racing uploads of one digest are legal: each has bytes of its own, each
  // Commit() succeeds and one copy is kept.
  //
  // `owner` is who these bytes belong to until they are committed, by a number
  // of the user's; 0 = nobody. The writer may begin with bytes of an
  // interrupted upload of the same digest and owner, never with others', and
  // what becomes of others changes nothing in that: readable_size() then says
  // how many, a multiple of
  // limits::kChunkBytes, and Append() continues there. They have NOT been
  // verified: the writer's user hashes them with ReadChunk() like bytes from an
  // upstream. At most one writer gets them. They are left by Suspend() and by a
  // crash, for a limited time.
  // Errors: RESOURCE_EXHAUSTED when nothing new may be stored.
  virtual absl::StatusOr<std::shared_ptr<BlobWriter>> Create(
      const Digest& digest, int64_t owner) = 0;

  // Stores small content at once: up to limits::kManifestBytesMax. The caller
  // has verified the digest. Like an upload otherwise.
  // Errors: those of BlobWriter; INVALID_ARGUMENT for larger content.
  virtual absl::Status Put(const Digest& digest, absl::string_view bytes) = 0;

  // Drops the blob; readers that have it open read on. Dropping what is not
  // there succeeds. Errors: as BlobWriter::Append; then it may still be there.
  virtual absl::Status Delete(const Digest& digest) = 0;

  // The first `max` (at least 1) committed blobs after `start_after`, which
  // need not be stored (any more), in an order that does not change. What is
  // stored or deleted between two calls may be listed or not. Errors: INTERNAL
  // when the disk fails.
  virtual absl::StatusOr<std::vector<StoredBlob>> List(
      const std::optional<Digest>& start_after, int max) const = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_H_
