#ifndef SERVICES_BLOB_STORE_DATABASE_CHUNK_TABLE_H_
#define SERVICES_BLOB_STORE_DATABASE_CHUNK_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/store/database/blob_store_database.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/common/chunk.h"

namespace cvr {

// The chunks of all copies, in files of one copy each. Thread-safe. Must
// not outlive `database`.
class ChunkTable {
 public:
  // What there is of a copy, whether it is complete or not.
  struct StoredCopy {
    CopyId id;
    uint64_t segments = 0;
    // Bytes of all its files, which is a bit more than they have in chunks.
    uint64_t file_bytes = 0;
    // How many, when none is missing between the first and the last; else 0.
    uint64_t chunks = 0;
    // Where the last segment begins.
    uint32_t last_segment = 0;
    // When the last segment was added.
    absl::Time time;
  };

  explicit ChunkTable(BlobStoreDatabase* database) : database_(database) {}

  // Its bytes, verified against their checksum and not copied. May outlive the
  // table.
  // Errors: DATA_LOSS (reason CONTENT_DAMAGED) when it is damaged or missing.
  absl::StatusOr<Chunk> Read(const CopyId& copy, uint32_t number) const;

  // Makes the file of a SegmentWriter part of the table, durably; the file at
  // `path` is gone then.
  // Errors: RESOURCE_EXHAUSTED when the disk is full; INTERNAL.
  absl::Status Ingest(const CopyId& copy, const std::string& path);

  // Removes the copy's files that begin at chunk `first` or later; their space
  // is free when this returns, unless a Read() is running. Removing what is not
  // there succeeds.
  // Errors: as Ingest().
  absl::Status Drop(const CopyId& copy, uint32_t first = 0);

  // All copies, in order. Costs memory per copy: for the start.
  std::vector<StoredCopy> List() const;

 private:
  BlobStoreDatabase* const database_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_DATABASE_CHUNK_TABLE_H_
