#ifndef SERVICES_BLOB_CHUNK_TABLE_H_
#define SERVICES_BLOB_CHUNK_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/blob/blob_store_database.h"
#include "services/blob/chunk_key.h"
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

  // Removes the copy's files; their space is free when this returns, unless a
  // Read() is running. Removing what is not there succeeds.
  // Errors: as Ingest().
  absl::Status Drop(const CopyId& copy);

  // All copies, in order. Costs memory per copy: for the start.
  std::vector<StoredCopy> List() const;

 private:
  BlobStoreDatabase* const database_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_CHUNK_TABLE_H_
