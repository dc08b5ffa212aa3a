#include "services/blob/store/database/segment_writer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rocksdb/slice.h"
#include "services/blob/store/database/blob_store_status.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {

SegmentWriter::SegmentWriter(BlobStoreDatabase* database, ChunkTable* chunks,
                             const CopyId& copy, SegmentSizes sizes,
                             SegmentsBegun begun)
    : database_(database),
      chunks_(chunks),
      copy_(copy),
      sizes_(sizes),
      next_file_bytes_(std::min(sizes.first_bytes, sizes.max_bytes)),
      next_chunk_(begun.chunks),
      ingested_bytes_(uint64_t{begun.chunks} * limits::kChunkBytes),
      segments_(begun.segments) {
  for (uint64_t i = 0; i < begun.segments; ++i) {
    next_file_bytes_ = std::min(2 * next_file_bytes_, sizes_.max_bytes);
  }
}

SegmentWriter::~SegmentWriter() {
  if (file_ == nullptr) return;
  file_.reset();
  database_->env().DeleteFile(path_).PermitUncheckedError();
}

absl::Status SegmentWriter::Append(absl::string_view chunk) {
  if (file_ == nullptr) RETURN_IF_ERROR(OpenFile());
  RETURN_IF_ERROR(
      FromRocksDb(file_->Put(ChunkKey(copy_, next_chunk_),
                             rocksdb::Slice(chunk.data(), chunk.size())),
                  "writing a segment"));
  ++next_chunk_;
  file_bytes_ += chunk.size();
  return file_bytes_ >= next_file_bytes_ ? CloseFile() : absl::OkStatus();
}

absl::Status SegmentWriter::Finish() {
  return file_ == nullptr ? absl::OkStatus() : CloseFile();
}

absl::Status SegmentWriter::OpenFile() {
  path_ = absl::StrCat(database_->IncomingDirectory(), "/",
                       copy_.digest.hex().substr(0, 16), "-", copy_.generation,
                       "-", segments_, ".sst");
  const rocksdb::Options options = database_->ChunkFileOptions();
  // Readers are right behind: the file must stay in the page cache.
  file_ = std::make_unique<rocksdb::SstFileWriter>(
      rocksdb::EnvOptions(options), options, /*column_family=*/nullptr,
      /*invalidate_page_cache=*/false);
  return FromRocksDb(file_->Open(path_), "opening a segment");
}

absl::Status SegmentWriter::CloseFile() {
  RETURN_IF_ERROR(FromRocksDb(file_->Finish(), "syncing a segment"));
  RETURN_IF_ERROR(chunks_->Ingest(copy_, path_));
  file_ = nullptr;
  ingested_bytes_ += file_bytes_;
  file_bytes_ = 0;
  ++segments_;
  next_file_bytes_ = std::min(2 * next_file_bytes_, sizes_.max_bytes);
  return absl::OkStatus();
}

}  // namespace cvr
