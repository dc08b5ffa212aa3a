#ifndef SERVICES_BLOB_STORE_DATABASE_CHUNK_KEY_H_
#define SERVICES_BLOB_STORE_DATABASE_CHUNK_KEY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"

// The keys of the store, as DESIGN.md has them. Pure; any thread.
namespace cvr {

// One copy of a blob's bytes. Every upload makes a copy of its own, so uploads
// of one digest, and what was deleted before them, never meet.
struct CopyId {
  Digest digest;
  uint64_t generation;

  friend bool operator==(const CopyId& a, const CopyId& b) {
    return a.generation == b.generation && a.digest == b.digest;
  }
  friend bool operator<(const CopyId& a, const CopyId& b) {
    if (!(a.digest == b.digest)) return a.digest < b.digest;
    return a.generation < b.generation;
  }
};

// Adding a file to a column family costs time in proportion to the files that
// it has, so there are several.
inline constexpr size_t kChunkShards = 16;

// Which column family has the chunks of `digest`: below kChunkShards.
size_t ChunkShard(const Digest& digest);

// Sorts by digest, generation, number.
std::string ChunkKey(const CopyId& copy, uint32_t number);

// The inverse of ChunkKey; absent if `key` is not a chunk key.
std::optional<std::pair<CopyId, uint32_t>> ParseChunkKey(absl::string_view key);

// Sorts as ChunkKey does by digest.
std::string BlobKey(const Digest& digest);
std::optional<Digest> ParseBlobKey(absl::string_view key);

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_DATABASE_CHUNK_KEY_H_
