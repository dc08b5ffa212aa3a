#include "services/blob/chunk_table.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/convenience.h"
#include "services/blob/blob_store_status.h"
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

absl::Status ChunkTable::Drop(const CopyId& copy) {
  const std::string first = ChunkKey(copy, 0);
  const std::string last = ChunkKey(copy, 0xffffffff);
  const rocksdb::Slice begin = first, end = last;
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
  std::vector<StoredCopy> copies;
  for (const rocksdb::LiveFileMetaData& file : files) {
    const auto key = ParseChunkKey(file.smallestkey);
    if (key.has_value()) {
      copies.push_back({.id = key->first, .segments = 1});
    }
  }
  std::sort(copies.begin(), copies.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  size_t last = 0;
  for (size_t i = 1; i < copies.size(); ++i) {
    if (copies[i].id == copies[last].id) {
      copies[last].segments += copies[i].segments;
    } else {
      copies[++last] = copies[i];
    }
  }
  if (!copies.empty()) copies.erase(copies.begin() + last + 1, copies.end());
  return copies;
}

}  // namespace cvr
