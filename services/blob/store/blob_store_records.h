#ifndef SERVICES_BLOB_STORE_BLOB_STORE_RECORDS_H_
#define SERVICES_BLOB_STORE_BLOB_STORE_RECORDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/blob/store/blob_record.pb.h"
#include "services/blob/store/database/blob_store_database.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/common/chunk.h"
#include "services/common/digest.h"

namespace cvr {

// The records of all blobs, and the bytes of small ones. Thread-safe, but does
// not order changes of one record. Must not outlive `database`.
class BlobStoreRecords {
 public:
  using Record = blob::v1::BlobRecord;

  explicit BlobStoreRecords(BlobStoreDatabase* database)
      : database_(database) {}

  // Nothing when there is no record. Errors: DATA_LOSS when it is damaged;
  // INTERNAL.
  absl::StatusOr<std::optional<Record>> Find(const Digest& digest) const;

  // As Find(), but never before it is settled what an earlier write that
  // failed has left. Errors: also those of Put().
  absl::StatusOr<std::optional<Record>> FindSettled(const Digest& digest);

  // Nothing when there are none. Errors: as Find(), with the reason
  // CONTENT_DAMAGED.
  absl::StatusOr<std::optional<Chunk>> FindInline(const Digest& digest) const;

  // Durable when it returns; with a record of generation 0 go its bytes.
  // Errors: RESOURCE_EXHAUSTED when the disk is full; INTERNAL.
  absl::Status Put(const Digest& digest, const Record& record,
                   absl::string_view inline_bytes);

  // Replaces records whose bytes stay, all or none. A crash may undo it.
  // Errors: as Put().
  absl::Status Amend(absl::Span<const std::pair<Digest, Record>> records);

  // All or none of them; durable when it returns. Errors: as Put().
  absl::Status Delete(absl::Span<const Digest> digests);

  // Whose an upload's bytes are. Durable when it returns. Goes by itself when
  // Put() makes the copy that of a record. Errors: as Put().
  absl::Status PutOwner(const CopyId& copy, int64_t owner);
  // Durable when it returns. Errors: as Put().
  absl::Status DeleteOwners(absl::Span<const CopyId> copies);
  // Errors: as ForEach().
  absl::StatusOr<std::map<CopyId, int64_t>> Owners() const;

  // Visits all records in order. Errors: DATA_LOSS, also for a single record;
  // INTERNAL.
  absl::Status ForEach(
      absl::FunctionRef<void(const Digest&, const Record&)> visit) const;

  // Visits the records after `start_after` in order, those that are damaged
  // left out, as long as `visit` answers true. Errors: INTERNAL.
  absl::Status VisitAfter(
      const std::optional<Digest>& start_after,
      absl::FunctionRef<bool(const Digest&, const Record&)> visit) const;

 private:
  rocksdb::Status Get(rocksdb::DB& db, const Digest& digest,
                      std::string* bytes) const;

  BlobStoreDatabase* const database_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_STORE_RECORDS_H_
