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

// Reads one stored blob. The blob's bytes are not evicted or freed as long as
// the reader lives, even if the blob is deleted. Thread-safe.
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

// One upload to the blob store. Its bytes are invisible to others until
// Commit() succeeds, so a crash or a wrong digest never leaves a partial blob.
// Destroying the writer without Commit() deletes the bytes, except after
// Suspend(), which keeps them so that a later download can resume.
//
// After the first error every call returns the same error; create a new writer
// to retry. One thread writes; ReadChunk(), readable_size() and Disown() may be
// called from any thread.
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

  // Makes the blob readable, durably and as a whole or not at all. Call at most
  // once, after verifying that the bytes match the digest: the store does not.
  // If the digest has been stored meanwhile, that copy is kept, this one is
  // deleted, and the result is OK.
  // Errors: as Append(). After a disk error the outcome is unknown: after a
  // restart the whole blob may be there.
  virtual absl::Status Commit() = 0;

  // Ends the upload and keeps its bytes for the next Create() of the same
  // digest and owner, also over a restart, so that an interrupted download can
  // resume. Best effort; without an owner, after an error or after Commit()
  // nothing is kept. Idempotent. Afterwards Append() and Commit() return
  // FAILED_PRECONDITION, or the earlier error if there was one.
  virtual void Suspend() = 0;

  // Removes the upload's owner. Call it before appending bytes that were not
  // delivered to the owner alone: after it neither Suspend() nor a crash leaves
  // the bytes to a later upload. Any thread.
  virtual void Disown() = 0;

  // The number of bytes from the start that ReadChunk() can return now.
  virtual uint64_t readable_size() const = 0;

  // As BlobReader::ReadChunk(), for offsets below readable_size(). Works also
  // after Commit() and Suspend(), whether they succeeded or not.
  virtual absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const = 0;
};

// A committed blob.
struct StoredBlob {
  Digest digest;
  // When the blob was last used, or else stored, by the store's clock. The
  // latest uses may be missing, because they are written down in batches.
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

  // Starts an upload of `digest`, whether that is stored already or not.
  // Concurrent uploads of one digest are legal: each has its own bytes, each
  // Commit() succeeds, and one copy is kept.
  //
  // `owner` is a number of the caller's choice for the party that the bytes
  // belong to until they are committed; 0 = none. If an upload of the same
  // digest and owner was interrupted (by Suspend() or a crash, not too long
  // ago), the new writer begins with its bytes: readable_size() is their
  // number, a multiple of limits::kChunkBytes, and Append() continues after
  // them. They are NOT verified: the caller must read them with ReadChunk() and
  // hash them like bytes from an upstream. At most one writer gets them, and
  // uploads of other owners have no influence on this, so that a tenant cannot
  // find out what others download.
  // Errors: RESOURCE_EXHAUSTED if the store accepts no new content.
  virtual absl::StatusOr<std::shared_ptr<BlobWriter>> Create(
      const Digest& digest, int64_t owner) = 0;

  // Stores content of up to limits::kManifestBytesMax bytes in one call. The
  // caller must have verified the digest. Otherwise like an upload.
  // Errors: those of BlobWriter; INVALID_ARGUMENT for larger content.
  virtual absl::Status Put(const Digest& digest, absl::string_view bytes) = 0;

  // Deletes the blob; open readers can still read it. Deleting a blob that is
  // not stored succeeds. Errors: as BlobWriter::Append(); the blob may then
  // still be there.
  virtual absl::Status Delete(const Digest& digest) = 0;

  // The first `max` (at least 1) committed blobs after `start_after`, in a
  // stable order; `start_after` need not be stored. A blob that is stored or
  // deleted between two calls may be listed or not. Errors: INTERNAL if the
  // disk fails.
  virtual absl::StatusOr<std::vector<StoredBlob>> List(
      const std::optional<Digest>& start_after, int max) const = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_H_
