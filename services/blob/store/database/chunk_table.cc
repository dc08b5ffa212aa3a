#include "services/blob/store/database/chunk_table.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/convenience.h"
#include "services/blob/store/database/blob_store_status.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

// The slice refers to the cache until it is destroyed: it must be last.
struct PinnedBlock {
  std::shared_ptr<rocksdb::Cache> cache;
  rocksdb::PinnableSlice slice;
};

rocksdb::IngestExternalFileOptions IngestOptions() {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.failed_move_fall_back_to_copy = false;
  // Keys are never reused, so nothing can overlap; were it otherwise, files
  // would end up on upper levels, where they cannot be dropped.
  options.allow_global_seqno = false;
  options.snapshot_consistency = false;
  options.allow_blocking_flush = false;
  options.write_global_seqno = false;
  options.fail_if_not_bottommost_level = true;
  return options;
}

// One file.
struct Segment {
  CopyId copy;
  uint32_t first;
  uint32_t last;
  uint64_t file_bytes;
  absl::Time time;

  friend bool operator<(const Segment& a, const Segment& b) {
    if (!(a.copy == b.copy)) return a.copy < b.copy;
    return a.first < b.first;
  }
};

std::optional<Segment> ParseSegment(const rocksdb::LiveFileMetaData& file) {
  const auto first = ParseChunkKey(file.smallestkey);
  const auto last = ParseChunkKey(file.largestkey);
  if (!first.has_value() || !last.has_value()) return std::nullopt;
  return Segment{first->first, first->second, last->second, file.size,
                 absl::FromUnixSeconds(file.file_creation_time)};
}

void AddSegment(const Segment& segment, ChunkTable::StoredCopy* copy) {
  const bool whole = copy->segments == 0 || copy->chunks > 0;
  copy->chunks =
      whole && segment.first == copy->chunks ? uint64_t{segment.last} + 1 : 0;
  ++copy->segments;
  copy->file_bytes += segment.file_bytes;
  copy->last_segment = segment.first;
  copy->time = std::max(copy->time, segment.time);
}

}  // namespace

absl::StatusOr<Chunk> ChunkTable::Read(const CopyId& copy,
                                       uint32_t number) const {
  auto block = std::make_shared<PinnedBlock>();
  block->cache = database_->chunk_cache();
  const std::string key = ChunkKey(copy, number);
  const rocksdb::Status status = database_->Read([&](rocksdb::DB& db) {
    return db.Get(rocksdb::ReadOptions(), database_->chunks(copy.digest), key,
                  &block->slice);
  });
  if (status.IsAborted()) return FromRocksDb(status, "reading a chunk");
  if (!status.ok()) {
    return errors::ContentDamaged(
        copy.digest.ToString(),
        absl::StrCat("chunk ", number, ": ", status.ToString()));
  }
  const absl::string_view bytes(block->slice.data(), block->slice.size());
  return Chunk(bytes, std::move(block));
}

absl::Status ChunkTable::Ingest(const CopyId& copy, const std::string& path) {
  const rocksdb::Status status = database_->Change([&](rocksdb::DB& db) {
    return db.IngestExternalFile(database_->chunks(copy.digest), {path},
                                 IngestOptions());
  });
  return FromRocksDb(status, "adding a segment");
}

absl::Status ChunkTable::Drop(const CopyId& copy, uint32_t first) {
  const std::string first_key = ChunkKey(copy, first);
  const std::string last_key = ChunkKey(copy, 0xffffffff);
  const rocksdb::Slice begin = first_key, end = last_key;
  const rocksdb::Status status = database_->Change([&](rocksdb::DB& db) {
    return rocksdb::DeleteFilesInRange(&db, database_->chunks(copy.digest),
                                       &begin, &end);
  });
  return FromRocksDb(status, "dropping segments");
}

std::vector<ChunkTable::StoredCopy> ChunkTable::List() const {
  std::vector<rocksdb::LiveFileMetaData> files;
  database_
      ->Read([&](rocksdb::DB& db) {
        db.GetLiveFilesMetaData(&files);
        return rocksdb::Status::OK();
      })
      .PermitUncheckedError();
  std::vector<Segment> segments;
  segments.reserve(files.size());
  for (const rocksdb::LiveFileMetaData& file : files) {
    if (const auto segment = ParseSegment(file)) segments.push_back(*segment);
  }
  std::sort(segments.begin(), segments.end());
  std::vector<StoredCopy> copies;
  for (const Segment& segment : segments) {
    if (copies.empty() || !(copies.back().id == segment.copy)) {
      copies.push_back({.id = segment.copy, .time = absl::InfinitePast()});
    }
    AddSegment(segment, &copies.back());
  }
  return copies;
}

}  // namespace cvr
