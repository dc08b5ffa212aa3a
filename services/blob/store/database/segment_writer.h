#ifndef SERVICES_BLOB_STORE_DATABASE_SEGMENT_WRITER_H_
#define SERVICES_BLOB_STORE_DATABASE_SEGMENT_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rocksdb/sst_file_writer.h"
#include "services/blob/store/database/blob_store_database.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/blob/store/database/chunk_table.h"

namespace cvr {

// Sizes of segments. The first one is small, so that readers get its bytes
// soon; each next one is twice as large, so that large blobs have few files.
struct SegmentSizes {
  uint64_t first_bytes = uint64_t{4} << 20;
  uint64_t max_bytes = uint64_t{64} << 20;
};

// The part of a copy that is already in the table: whole chunks only.
struct SegmentsBegun {
  uint32_t chunks = 0;
  uint64_t segments = 0;
};

// Writes the chunks of one copy into files and adds each full file to the
// table. Destroying the writer removes the unfinished file and leaves the files
// that were added. Not thread-safe. Its constructor's arguments must outlive
// it.
class SegmentWriter {
 public:
  SegmentWriter(BlobStoreDatabase* database, ChunkTable* chunks,
                const CopyId& copy, SegmentSizes sizes,
                SegmentsBegun begun = {});
  ~SegmentWriter();
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;

  // After an error, nothing more may be added.
  // Errors: RESOURCE_EXHAUSTED when the disk is full; INTERNAL.
  absl::Status Append(absl::string_view chunk);

  // Adds the last file. Errors: as Append().
  absl::Status Finish();

  // How many bytes, from the start, are in the table.
  uint64_t ingested_bytes() const { return ingested_bytes_; }
  // In how many files.
  uint64_t segments() const { return segments_; }

 private:
  absl::Status OpenFile();
  absl::Status CloseFile();

  BlobStoreDatabase* const database_;
  ChunkTable* const chunks_;
  const CopyId copy_;
  const SegmentSizes sizes_;

  std::unique_ptr<rocksdb::SstFileWriter> file_;  // Absent between files.
  std::string path_;
  uint64_t file_bytes_ = 0;
  uint64_t next_file_bytes_;
  uint32_t next_chunk_;
  uint64_t ingested_bytes_;
  uint64_t segments_;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_DATABASE_SEGMENT_WRITER_H_
