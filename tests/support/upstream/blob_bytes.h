#ifndef TESTS_SUPPORT_UPSTREAM_BLOB_BYTES_H_
#define TESTS_SUPPORT_UPSTREAM_BLOB_BYTES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/blob/store/blob_store.h"
#include "services/common/chunk.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

// Content for tests, and the loops that write and read it.
namespace cvr::testing {

// Bytes that differ from chunk to chunk and from seed to seed.
inline std::string PatternBytes(uint64_t size, uint64_t seed = 0) {
  std::string bytes(size, '\0');
  uint64_t word = seed * 0x9e3779b97f4a7c15 + 1;
  for (uint64_t at = 0; at < size; at += sizeof(word)) {
    word = word * 6364136223846793005 + 1442695040888963407;
    std::memcpy(&bytes[at], &word, std::min<uint64_t>(sizeof(word), size - at));
  }
  return bytes;
}

inline absl::Status AppendAll(BlobWriter& writer, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size(); at += limits::kChunkBytes) {
    RETURN_IF_ERROR(
        writer.Append(Chunk::OfString(bytes.substr(at, limits::kChunkBytes))));
  }
  return absl::OkStatus();
}

// From `offset` to the end, through a reader or a writer.
template <typename Source>
absl::StatusOr<std::string> ReadFrom(const Source& source, uint64_t offset,
                                     uint64_t end) {
  std::string bytes;
  while (offset < end) {
    ASSIGN_OR_RETURN(const Chunk chunk, source.ReadChunk(offset));
    if (chunk.empty()) return absl::InternalError("an empty chunk");
    bytes.append(chunk.bytes().data(), chunk.size());
    offset += chunk.size();
  }
  return bytes;
}

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_BLOB_BYTES_H_
